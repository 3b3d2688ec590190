"""``grids.shp``: the grids for desktop GIS, with .prj and .cpg; names of at most 10 bytes."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import shapely

from gridgis.errors import ExportError
from gridgis.export.attributes import grid_features
from gridgis.report import Language

if TYPE_CHECKING:
    from gridgis.plan import Plan

TEXT_BYTES = 254
"""The longest text that a DBF field holds."""

FIELDS = {
    "code": "str:40",
    "name": "str:120",
    "name_en": "str:120",
    "households": "int:10",
    "population": "int:10",
    "buildings": "int:10",
    "area_m2": "float:18.2",
    "in_band": "int:1",
    "bounds_zh": f"str:{TEXT_BYTES}",
    "bounds_en": f"str:{TEXT_BYTES}",
    "note": "str:120",
}

SHORTENED = {
    "zh": "有文字超出字段长度，已截短；全文见 grids.gpkg",
    "en": "text was too long for this format and was shortened; see grids.gpkg",
}


def write_shapefile(plan: Plan, path: Path, *, language: Language = "zh", encoding: str = "UTF-8") -> None:
    """Write the grids as a shapefile.

    Parameters
    ----------
    language
        Of the field ``note``, which says where text had to be shortened.
    encoding
        Of the attributes, ``UTF-8`` or ``GBK``. A letter that it lacks loses its accent, or becomes "?".

    Raises
    ------
    ExportError
    """
    import fiona
    from fiona.errors import FionaError

    features = grid_features(plan)
    texts = [name for name, kind in FIELDS.items() if kind.startswith("str") and name != "note"]
    records = []
    for record in features.drop(columns=["geometry", "colour", "label_x", "label_y"]).to_dict("records"):
        shortened = False
        for name in texts:
            fitted = fit_text(str(record[name]), int(FIELDS[name].partition(":")[2]), encoding)
            shortened |= fitted.endswith("…") and fitted != record[name]
            record[name] = fitted
        records.append(record | {"note": SHORTENED[language] if shortened else ""})
    # Outer rings of a shapefile run clockwise.
    shapes = shapely.orient_polygons(features.geometry.to_numpy(), exterior_cw=True)
    try:
        with fiona.open(
            path,
            "w",
            driver="ESRI Shapefile",
            schema={"geometry": "Polygon", "properties": FIELDS},
            crs_wkt=plan.layers.crs.to_wkt("WKT1_ESRI"),
            encoding=encoding,
        ) as file:
            file.writerecords(
                {"type": "Feature", "properties": record, "geometry": shapely.geometry.mapping(shape)}
                for record, shape in zip(records, shapes, strict=True)
            )
    except FionaError as error:
        raise ExportError(f"{path.name} cannot be written: {error}") from error


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
