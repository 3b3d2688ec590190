"""Photos as they are sent: what their cameras wrote into them is read, then left out of what is kept."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Any

from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from gridgis.errors import InputError
from gridgis.languages import Said

LONGEST_PX = 2048
"""Enough to read a house number; a phone's own pictures are several times that."""
MOST_PX = 80_000_000
QUALITY = 82
KINDS = ("JPEG", "PNG", "WEBP")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A photo without what its camera wrote into it, and what that was.

    Attributes
    ----------
    content
        A JPEG.
    lon, lat
        Where it was taken, WGS 84; None: it does not say.
    taken
        When, as the camera's clock had it, ``2026-11-22 14:03:09``; empty: it does not say.
    """

    content: bytes
    lon: float | None
    lat: float | None
    taken: str


def read_photo(content: bytes, name: str) -> Taken:
    """Read a photo.

    Raises
    ------
    InputError
        It is no picture that can be read, or unreasonably large.
    """
    try:
        with Image.open(io.BytesIO(content), formats=KINDS) as picture:
            if picture.width * picture.height > MOST_PX:
                raise InputError(
                    Said("“{name}” has more than {most} million pixels; send a smaller one", name=name, most=80)
                )
            exif = picture.getexif()
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InputError(
            Said("“{name}” is no picture that can be read; send a photo as JPEG, PNG or WebP", name=name)
        ) from error
    upright.thumbnail((LONGEST_PX, LONGEST_PX))
    out = io.BytesIO()
    # what is not asked to be written is not: neither EXIF nor comments
    Image.frombytes("RGB", upright.size, upright.tobytes()).save(out, "JPEG", quality=QUALITY)
    lon, lat = _position(exif)
    return Taken(content=out.getvalue(), lon=lon, lat=lat, taken=_moment(exif))


def _position(exif: Image.Exif) -> tuple[float | None, float | None]:
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S", 90)
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W", 180)
    # cameras without a fix write zeros
    return (None, None) if lat is None or lon is None or (lat == 0 and lon == 0) else (lon, lat)


def _degrees(parts: Any, side: Any, negative: str, most: float) -> float | None:
    try:
        degrees, minutes, seconds = (float(part) for part in parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    value = degrees + minutes / 60 + seconds / 3600
    return None if not 0 <= value <= most else -value if side == negative else value


def _moment(exif: Image.Exif) -> str:
    said = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
    day, _, time = str(said or "").strip("\0 ").partition(" ")
    return f"{day.replace(':', '-')} {time}" if day and time else ""
