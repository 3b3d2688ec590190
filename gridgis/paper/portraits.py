"""Photos as they are printed: upright, of one shape, small, and without anything that a camera wrote into them."""

from __future__ import annotations

import io

from gridgis.errors import InputError
from gridgis.languages import Said

WIDE, HIGH = 354, 472
"""Pixels: 30 × 40 mm at 300 a inch."""

LARGEST = 60_000_000
"""Pixels; no camera of a phone takes more."""


def portrait(content: bytes, name: str) -> bytes:
    """Return a photo as a small JPEG of three by four, cut around its upper middle; place and time are left out.

    Raises
    ------
    InputError
        It is no picture.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    refused = InputError(Said("the photo {name} cannot be read; give a JPEG or PNG file", name=name))
    try:
        with Image.open(io.BytesIO(content), formats=("JPEG", "PNG", "WEBP")) as picture:
            if picture.width * picture.height > LARGEST:
                raise refused
            picture.draft("RGB", (2 * WIDE, 2 * HIGH))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError):
        raise refused from None
    fitted = ImageOps.fit(upright, (WIDE, HIGH), centering=(0.5, 0.35))
    out = io.BytesIO()
    Image.frombytes("RGB", fitted.size, fitted.tobytes()).save(out, "JPEG", quality=86, optimize=True)
    return out.getvalue()
