"""Figures of buildings and census areas: text to numbers, and what cannot be a count."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pandas as pd

from gridgis.errors import some
from gridgis.languages import Said, Words
from gridgis.repair import Repairs

_NOTHING = {"", "-", "--", "—", "/", "\\", "n/a", "na", "nan", "none", "null", "无", "未知", "不详", "空", "缺"}
_UNIT = re.compile(r"\s*(户|人|persons?|people|households?|hh)$", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")
_MAX_LEVELS = 200
_MAX_HEIGHT_M = 1000
_FOOT_M = 0.3048


def read_counts(values: pd.Series, ids: pd.Series, *, layer: str, column: str) -> tuple[pd.Series, list[Words]]:
    """Return households or people as float (NaN: not known) and the faults found.

    Parameters
    ----------
    values
        The column, numbers or text; ``"1,200"``, ``"１２"`` and ``"35户"`` are numbers too.
    ids
        Names of the rows, index as `values`.
    """
    where = Said("{layer}, column “{column}”", layer=layer, column=column)
    if pd.api.types.is_bool_dtype(values):
        return pd.Series(np.nan, index=values.index), [
            Said("{where}: holds yes/no values, not counts; name the column of the counts", where=where)
        ]
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.astype("float64")
        faults: list[Words] = []
    else:
        numbers, faults = _parse(values, ids, where)
    infinite = np.isinf(numbers)
    if infinite.any():
        faults.append(
            Said(
                "{where}: {count:,} infinite values (ids {ids}); leave unknown ones empty",
                where=where,
                count=int(infinite.sum()),
                ids=some(ids[infinite].tolist()),
            )
        )
    negative = (numbers < 0) & ~infinite
    if negative.any():
        shown = [f"{i}: {v:g}" for i, v in zip(ids[negative], numbers[negative], strict=True)]
        faults.append(
            Said(
                "{where}: {count:,} negative values (id: value {shown}); correct them, or leave unknown ones empty",
                where=where,
                count=int(negative.sum()),
                shown=some(shown),
            )
        )
    return numbers.where(~infinite & ~negative), faults


def read_levels(values: pd.Series, ids: pd.Series, repairs: Repairs, *, layer: str) -> pd.Series:
    """Return numbers of floors above ground, NaN where none can be read; ``3;4`` is 4, ``5+1`` is 6."""
    return _lenient(values, ids, repairs, layer, "levels", _MAX_LEVELS)


def read_heights(values: pd.Series, ids: pd.Series, repairs: Repairs, *, layer: str) -> pd.Series:
    """Return heights in metres, NaN where none can be read; ``40 ft`` and ``40'`` are feet."""
    return _lenient(values, ids, repairs, layer, "height", _MAX_HEIGHT_M)


def _parse(values: pd.Series, ids: pd.Series, where: str) -> tuple[pd.Series, list[Words]]:
    text = values.astype(object).where(values.notna(), "").astype(str)
    numbers: dict[str, float] = {}
    wrong: set[str] = set()
    for value in text.unique():
        plain = _UNIT.sub("", unicodedata.normalize("NFKC", value).strip())
        if plain.casefold() in _NOTHING:
            numbers[value] = np.nan
            continue
        try:
            numbers[value] = float(plain.replace(",", "").replace(" ", "").replace("_", "x"))
        except ValueError:
            numbers[value] = np.nan
            wrong.add(value)
    faults: list[Words] = []
    if wrong:
        rows = text.isin(wrong)
        shown = [f"{i}: “{v}”" for v, i in zip(text[rows], ids[rows], strict=True)]
        faults.append(
            Said(
                "{where}: {count:,} of {total:,} values are text, not numbers (id: value {shown}); write numbers, "
                "leave unknown ones empty, or name another column",
                where=where,
                count=int(rows.sum()),
                total=len(text),
                shown=some(shown, 3),
            )
        )
    return text.map(numbers).astype("float64"), faults


def _lenient(values: pd.Series, ids: pd.Series, repairs: Repairs, layer: str, field: str, limit: float) -> pd.Series:
    if pd.api.types.is_numeric_dtype(values):
        numbers = values.astype("float64")
        stated = numbers.notna()
    else:
        text = values.astype(object).where(values.notna(), "").astype(str)
        read = _levels_of if field == "levels" else _height_of
        numbers = text.map({value: read(value) for value in text.unique()}).astype("float64")
        stated = ~text.str.strip().str.casefold().isin(_NOTHING)
    usable = (numbers > 0) & (numbers <= limit)
    # 0 is how many programs write "not known"
    odd = stated & ~usable & ~(numbers == 0)
    repairs.add(layer, f"{field} that cannot be read or be right", "taken as unknown", ids[odd].tolist())
    return numbers.where(usable)


def _levels_of(text: str) -> float:
    plain = unicodedata.normalize("NFKC", text)
    if re.fullmatch(r"\s*\d+\s*\+\s*\d+\s*", plain):
        return float(sum(int(n) for n in re.findall(r"\d+", plain)))
    found = [float(n) for n in _NUMBER.findall(re.sub(r"(?<=\d)\s*[-~–至到]\s*(?=\d)", " ", plain))]
    return max(found) if found else np.nan


def _height_of(text: str) -> float:
    plain = unicodedata.normalize("NFKC", text).casefold()
    feet = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(?:ft|feet|')\s*(?:(\d+(?:\.\d+)?)\s*(?:\"|in)?)?\s*", plain)
    if feet:
        return (float(feet[1]) + float(feet[2] or 0) / 12) * _FOOT_M
    if re.fullmatch(r"\s*\d+,\d+\s*m?\s*", plain):
        plain = plain.replace(",", ".")
    found = [float(n) for n in _NUMBER.findall(plain)]
    return max(found) if found else np.nan
