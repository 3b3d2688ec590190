"""What lines and surfaces are: tags and words, English and Chinese, to a key of `features.KINDS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from gridgis.inputs.columns import find_column, find_columns, map_words
from gridgis.inputs.words import NOTHING, first_meaning, meanings, patterns

_ROADS = meanings("roads")
_ROAD_PATTERNS = patterns("road_patterns")
_RAILWAYS = meanings("railways")
_WATERWAYS = meanings("waterways")
_BARRIERS = meanings("barriers")
_NATURAL = meanings("natural")
_MAN_MADE = meanings("man_made")
_LANDUSE = meanings("landuse")
_AMENITIES = meanings("amenities")
_FILE_PATTERNS = patterns("file_patterns")
_GROUND_LEVEL = ("no", "n", "0", "0.0", "false", "f", "none", "building_passage", "否", "无", "nan")


def road_kinds(frame: pd.DataFrame) -> pd.Series:
    """Return each road's kind; ``NOTHING`` where the row is no way on the ground, ``road`` where nothing says."""
    result = pd.Series(None, index=frame.index, dtype=object)
    for named in find_columns(frame, "road_class"):
        kinds = map_words(frame[named], _road_kind)
        result = result.where(result.notna(), kinds)
    other = pd.Series(False, index=frame.index)
    for field in ("railway", "waterway", "barrier", "natural", "man_made"):
        column = find_column(frame, field)
        if column is not None:
            other |= _filled(frame[column])
    result = result.where(result.notna() | ~other, NOTHING).fillna("road")
    return result.where(~flags(frame, "indoor"), NOTHING)


def barrier_kinds(frame: pd.DataFrame, source: str) -> pd.Series:
    """Return each row's kind, ``subway`` for lines under the ground, ``NOTHING`` for what bounds nothing.

    The tags of a row decide; where no column of the file tells anything, its
    name does (``rivers``, ``铁路`` …), and a file that says nothing at all
    holds walls.
    """
    result = pd.Series(None, index=frame.index, dtype=object)
    told = False
    for field, kind_of in _BARRIER_FIELDS.items():
        for named in find_columns(frame, field):
            kinds = map_words(frame[named], kind_of)
            told |= bool(kinds.notna().any())
            # a tag that means nothing yields to another that does, but not to a column of any meaning
            open_rows = result.isna() if field == "boundary_kind" else result.isna() | result.eq(NOTHING)
            result = result.where(~open_rows | kinds.isna(), kinds)
    by_name = kind_of_name(source)
    return result.fillna(by_name or (NOTHING if told else "wall"))


def kind_of_name(source: str) -> str | None:
    """Return the kind that a file's or layer's name speaks of, or None."""
    return first_meaning(source.rpartition("|")[2], _FILE_PATTERNS)


def green_plots(frame: pd.DataFrame) -> pd.Series:
    """Return which rows are grass, beds and the like (bool)."""
    green = pd.Series(False, index=frame.index)
    for field in ("landuse", "leisure", "natural", "boundary_kind"):
        for column in find_columns(frame, field):
            green |= map_words(frame[column], _LANDUSE.get).eq("green")
    return green


def flags(frame: pd.DataFrame, field: str) -> pd.Series:
    """Return whether each row is a ``bridge``, a ``tunnel`` or ``indoor`` (bool).

    A passage through a building lies at ground level and is no tunnel; what
    is underground by its ``location`` is one.
    """
    result = pd.Series(False, index=frame.index)
    column = find_column(frame, field)
    if column is not None:
        result |= map_words(frame[column], lambda value: value not in _GROUND_LEVEL).eq(True)
    if field == "tunnel":
        location = find_column(frame, "location")
        if location is not None:
            result |= frame[location].eq("underground")
    return result.astype(bool)


def _road_kind(value: str) -> str | None:
    value = value.partition(";")[0].strip()
    bare = value.removesuffix("_link").removesuffix(" link")
    if bare in _ROADS:
        return _ROADS[bare]
    return None if value.isdigit() else first_meaning(value, _ROAD_PATTERNS)


def _water(value: str) -> str | None:
    return None if value in ("no", "0", "false") else "water"


def _landuse(value: str) -> str:
    meaning = _LANDUSE.get(value, "landuse")
    return "landuse" if meaning == "green" else meaning


def _any(value: str) -> str | None:
    """Kind of a value in a column that may speak of anything."""
    for table in (_RAILWAYS, _BARRIERS, _WATERWAYS, _NATURAL):
        if value in table:
            return table[value]
    return _landuse(value) if value in _LANDUSE else first_meaning(value, _FILE_PATTERNS)


def _else_nothing(table: Mapping[str, str]) -> Callable[[str], str]:
    return lambda value: table.get(value, NOTHING)


_BARRIER_FIELDS: Mapping[str, Callable[[str], str | None]] = {
    "waterway": _else_nothing(_WATERWAYS),
    "railway": _else_nothing(_RAILWAYS),
    "barrier": _else_nothing(_BARRIERS),
    "natural": _else_nothing(_NATURAL),
    "water": _water,
    "man_made": _else_nothing(_MAN_MADE),
    "landuse": _landuse,
    "leisure": _landuse,
    "amenity": _else_nothing(_AMENITIES),
    "boundary_kind": _any,
}


def _filled(values: pd.Series) -> pd.Series:
    return values.notna() & (values.astype(str).str.strip() != "")
