"""``grids.shp`` and other levels: areas for desktop GIS, with .prj and .cpg; names of at most 10 bytes."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gridgis.export.attributes import level_features
from gridgis.languages import Language
from gridgis.shapefile_io import write_frame

if TYPE_CHECKING:
    from gridgis.plan import Plan

TEXT_BYTES = 254
"""The longest text that a DBF field holds."""

FIELDS = {
    "code": "str:40",
    "name": "str:120",
    "name_en": "str:120",
    "community": "str:40",
    "sector": "str:40",
    "grid": "str:40",
    "grids": "int:10",
    "households": "int:10",
    "population": "int:10",
    "buildings": "int:10",
    "area_m2": "float:18.2",
    "in_band": "int:1",
    "fixed": "str:9",
    "bounds_zh": f"str:{TEXT_BYTES}",
    "bounds_en": f"str:{TEXT_BYTES}",
    "note": "str:120",
}
"""Every field there may be, in its order; a level has those that it has values for."""

SHORTENED = {
    "zh": "有文字超出字段长度，已截短；全文见 grids.gpkg",
    "en": "text was too long for this format and was shortened; see grids.gpkg",
}


def write_shapefile(
    plan: Plan, path: Path, *, language: Language = "zh", encoding: str = "UTF-8", layer: str = "grids"
) -> None:
    """Write the grids, or another level, as a shapefile.

    Parameters
    ----------
    language
        Of the field ``note``, which says where text had to be shortened.
    encoding
        Of the attributes, ``UTF-8`` or ``GBK``. A letter that it lacks loses its accent, or becomes "?".
    layer
        The level, see `attributes.level_features`.

    Raises
    ------
    ExportError
    """
    features = level_features(plan, layer)
    fields = {name: kind for name, kind in FIELDS.items() if name in features or name == "note"}
    texts = {name: int(kind.partition(":")[2]) for name, kind in fields.items() if kind.startswith("str")}
    del texts["note"]
    shortened = np.zeros(len(features), dtype=bool)
    for name, limit in texts.items():
        whole = features[name].fillna("").astype(str)
        features[name] = whole.map(lambda text, limit=limit: fit_text(text, limit, encoding))
        shortened |= (features[name].str.endswith("…") & (features[name] != whole)).to_numpy()
    features["note"] = np.where(shortened, SHORTENED[language], "")
    write_frame(features, path, fields=fields, encoding=encoding)


def fit_text(text: str, limit: int, encoding: str) -> str:
    """Return the text with letters that the encoding has, cut between letters to at most `limit` bytes."""
    text = "".join(letter if _has(letter, encoding) else _plain(letter, encoding) for letter in text)
    if len(text.encode(encoding)) <= limit:
        return text
    room = limit - len("…".encode(encoding))
    return text.encode(encoding)[:room].decode(encoding, errors="ignore") + "…"


def _has(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _plain(letter: str, encoding: str) -> str:
    bare = "".join(part for part in unicodedata.normalize("NFKD", letter) if not unicodedata.combining(part))
    return bare if bare and _has(bare, encoding) else "?"
