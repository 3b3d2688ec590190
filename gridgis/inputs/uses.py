"""What buildings are used for: tags and words, English and Chinese, to one of `features.USES`."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from gridgis.inputs.columns import find_column, find_columns, map_words
from gridgis.inputs.words import first_meaning, meanings, patterns

_TAGS = meanings("uses")
_PATTERNS = patterns("use_patterns")
_LIVED_IN = ("detached", "terrace", "apartments", "residential", "dormitory")
_KEPT_AMENITIES = {
    "parking",
    "shelter",
    "toilets",
    "bicycle_parking",
    "waste_disposal",
    "recycling",
    "bench",
    "fountain",
}


def use_of(value: str) -> str | None:
    """Return the use class of one tag or word, or None when it says nothing known."""
    text = value.strip().casefold()
    if not text:
        return None
    parts = [part.strip().replace(" ", "_").replace("-", "_") for part in re.split(r"[;,/、，；]", text)]
    read = (_TAGS.get(part) or first_meaning(part, _PATTERNS) for part in parts if part)
    found = {use for use in read if use is not None}
    known = found - {"unknown"}
    if any(use in known for use in _LIVED_IN) and "nonresidential" in known:
        return "mixed"
    if known:
        return next(use for use in (*_LIVED_IN, "mixed", "nonresidential", "outbuilding") if use in known)
    return "unknown" if found else None


def building_uses(frame: pd.DataFrame, columns: Mapping[str, str] | None = None) -> pd.Series:
    """Return each building's use class, one of `features.USES` (index as `frame`).

    The column that states the use decides; then OpenStreetMap's ``building``;
    ``amenity``, ``shop`` and ``office`` make a plain building non-residential
    and one where people live mixed.
    """
    stated = [columns["use"]] if columns and columns.get("use") in frame.columns else find_columns(frame, "use")
    result = pd.Series("unknown", index=frame.index, dtype=object)
    for column in [*stated, *find_columns(frame, "building")]:
        if column == "landuse":
            continue
        uses = map_words(frame[column], use_of)
        open_rows = result == "unknown"
        result = result.where(~open_rows | uses.isna(), uses)
    for field in ("amenity", "shop", "office"):
        tagged = find_column(frame, field)
        if tagged is None:
            continue
        filled = frame[tagged].notna() & ~frame[tagged].astype(str).str.casefold().isin(("", "no"))
        uses = (
            map_words(frame[tagged], use_of) if field == "amenity" else pd.Series("nonresidential", index=frame.index)
        )
        minor = uses.isin(("outbuilding",)) | frame[tagged].isin(_KEPT_AMENITIES)
        plain = filled & (result == "unknown")
        result[plain] = uses[plain].fillna("nonresidential")
        result[filled & ~minor & result.isin(_LIVED_IN[:4]) & ~(uses == "dormitory")] = "mixed"
    return result
