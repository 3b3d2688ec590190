"""Which column means what: usual spellings in English and Chinese, cut to 10 bytes as shapefiles do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import get_close_matches

import pandas as pd

from gridgis.inputs.words import spellings
from gridgis.languages import Said, Words, listed

SPELLINGS: Mapping[str, tuple[str, ...]] = spellings("columns")
"""Field of ours -> the spellings it goes by, best first."""

_POPULATION = re.compile(r"^(tot(al)?_?)?pop(ulation)?([_]?(est|total|tot|sum|count|num|all|\d{2,4}))*$|^pop")
_NOT_A_COUNT = re.compile(
    r"dens|psmi|psqm|sqmi|sq_?km|km2|(^|_)per(_|$)|pct|perc|rate|ratio|share|growth|popup|密度|比|率|每"
)
_CUT_BYTES = (9, 10)


def normal(name: str) -> str:
    """Return a column's name as it is compared: NFKC, lower case, one kind of separator, no bracketed unit."""
    text = unicodedata.normalize("NFKC", str(name)).strip().casefold()
    text = re.sub(r"[(\[（].*?[)\]）]$", "", text).strip()
    return re.sub(r"[\s:：.\-_]+", "_", text).strip("_")


def find_columns(frame: pd.DataFrame, field: str) -> list[str]:
    """Return the columns of `frame` that may hold `field`, the likeliest first.

    A name matches a spelling exactly, without its separators, or as that
    spelling cut to the 10 bytes of a shapefile's field name. For counts of
    people, numeric columns whose names begin with ``pop`` follow; densities
    and rates never match.
    """
    names = {str(c): normal(c) for c in frame.columns if str(c) != "geometry"}
    if field in ("population", "households"):
        names = {c: n for c, n in names.items() if not _NOT_A_COUNT.search(n)}
    found: list[str] = []
    usual = [normal(s) for s in SPELLINGS[field]]
    for spelling in usual:
        found += [c for c, n in names.items() if n == spelling or n.replace("_", "") == spelling.replace("_", "")]
    for spelling in usual:
        found += [c for c, n in names.items() if _is_cut(c, n, spelling)]
    if field == "population":
        found += [c for c, n in names.items() if _POPULATION.search(n) and pd.api.types.is_numeric_dtype(frame[c])]
    return list(dict.fromkeys(found))


def find_column(frame: pd.DataFrame, field: str, columns: Mapping[str, str] | None = None) -> str | None:
    """Return the column that holds `field`: the one `columns` names, else the likeliest, else None."""
    if columns and field in columns:
        return columns[field] if columns[field] in frame.columns else None
    found = find_columns(frame, field)
    return found[0] if found else None


def missing_column(wanted: str, names: Iterable[object], layer: str) -> Words:
    """Say that a column isn't there, which are, and which look like it."""
    there = [str(n) for n in names if str(n) != "geometry"]
    close = get_close_matches(normal(wanted), [normal(n) for n in there], n=3, cutoff=0.6)
    meant = [n for n in there if normal(n) in close]
    fault = Said(
        "{layer}: there is no column “{wanted}”; its columns are: {columns}",
        layer=layer,
        wanted=wanted,
        columns=listed(there) if there else Said("none at all"),
    )
    if not meant:
        return fault
    return Said("{fault}; did you mean {meant}?", fault=fault, meant=listed((f"“{m}”" for m in meant), "or"))


def coalesce(frame: pd.DataFrame, columns: Sequence[str]) -> pd.Series:
    """Return the first value that is filled in, row by row, along `columns` (object dtype, None where none is)."""
    result = pd.Series(None, index=frame.index, dtype=object)
    for column in columns:
        values = frame[column].astype(object)
        filled = values.notna() & (values.astype(str).str.strip() != "")
        result = result.where(result.notna(), values.where(filled, None))
    return result.where(result.notna(), None)


def as_text(values: pd.Series) -> pd.Series:
    """Return values as trimmed text, whole numbers without ``.0``, None where nothing is written."""
    if pd.api.types.is_float_dtype(values):
        whole = values.notna() & (values == values.round()) & (values.abs() < 2**53)
        text = values.astype(object)
        text[whole] = values[whole].astype("int64").astype(object)
        values = text
    elif values.dtype == object:
        values = values.map(lambda v: int(v) if isinstance(v, float) and v.is_integer() else v)
    result = values.astype(object)
    filled = values.notna().to_numpy()
    result[filled] = values[filled].astype(str).str.strip()
    result[~filled | (result.astype(object) == "").to_numpy()] = None
    return result.astype(object)


def map_words(values: pd.Series, meaning: Callable[[str], object]) -> pd.Series:
    """Return what each value means (object dtype), None where nothing is written or known.

    `meaning` gets the trimmed, lower-case text of each different value once.
    """
    text = values.astype(object).where(values.notna(), "").map(str).str.strip().str.casefold()
    known = {word: meaning(word) for word in text.unique() if word}
    result = text.map(known).astype(object)
    return result.where(result.notna(), None)


def _is_cut(column: str, name: str, spelling: str) -> bool:
    if name == spelling or not spelling.startswith(name):
        return False
    return any(len(column.encode(code, "ignore")) in _CUT_BYTES for code in ("utf-8", "gb18030"))
