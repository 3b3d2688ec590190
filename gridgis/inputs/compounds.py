"""Compounds, villager groups and institutions: names, kinds, size profiles, and which have a grid of their own."""

from __future__ import annotations

import re

import geopandas as gpd
import pandas as pd
from shapely import MultiPolygon, Polygon

from gridgis.errors import some
from gridgis.features import COMPOUNDS
from gridgis.inputs.areas import first_text, keep_reaching, texts
from gridgis.inputs.columns import as_text, coalesce, find_columns, map_words
from gridgis.inputs.tables import Table
from gridgis.inputs.words import first_meaning, meanings, patterns
from gridgis.languages import Said, Words
from gridgis.repair import Repairs

COLUMNS = ("name", "kind", "profile", "dedicated")

_KINDS = meanings("compounds")
_PATTERNS = patterns("compound_patterns")
_YES_NO = meanings("yes_no")
_PLAIN = "compound"


def compound_records(table: Table, repairs: Repairs, faults: list[Words]) -> gpd.GeoDataFrame:
    """Return the areas with `name`, `kind`, `profile` and `dedicated`, as `Layers.compounds` holds them.

    The columns of kind, amenity or land use tell the kind; else the area's name, else the layer's, does; what says
    nothing is a compound. Words that say neither yes nor no for `dedicated` are added to `faults`.
    """
    frame = table.frame[["geometry"]].copy()
    frame["name"] = texts(table.frame, "compound", "name")
    frame["kind"] = _kinds(table, frame["name"], repairs)
    frame["profile"] = first_text(table.frame, "profile")
    stated = first_text(table.frame, "dedicated")
    answer = map_words(stated, _YES_NO.get)
    unclear = stated.notna() & answer.isna()
    if unclear.any():
        faults.append(
            Said(
                "{label}: {count:,} rows say neither yes nor no for “dedicated” ({stated}); write yes or no (是 or 否)",
                label=table.label,
                count=int(unclear.sum()),
                stated=some(stated[unclear].unique().tolist()),
            )
        )
    frame["dedicated"] = answer.eq("yes").to_numpy(bool)
    return frame


def compounds_inside(
    table: Table, outline: Polygon | MultiPolygon, repairs: Repairs, faults: list[Words]
) -> gpd.GeoDataFrame:
    """Return the clean areas that reach into the jurisdiction; dedicated ones that do not are added to `faults`."""
    rows = pd.Series([f"row {n + 1}" for n in range(len(table.frame))], index=table.frame.index, dtype=object)
    numbered = Table(table.role, table.name, table.frame.assign(_row=range(len(table.frame))))
    kept = keep_reaching(numbered, outline, repairs)
    lost = table.frame["dedicated"].to_numpy(bool).copy()
    lost[kept["_row"].to_numpy(int)] = False
    if lost.any():
        names = table.frame["name"].where(table.frame["name"].notna(), rows)[lost].tolist()
        faults.append(
            Said(
                "{label}: {count:,} dedicated areas share no ground with the jurisdiction, so they can be no "
                "grids of it: {names}. Correct their place or the boundary, or leave out “dedicated”",
                label=table.label,
                count=len(names),
                names=some(names),
            )
        )
    return kept.drop(columns="_row")


def _kinds(table: Table, names: pd.Series, repairs: Repairs) -> pd.Series:
    columns = find_columns(table.frame, "compound_kind")
    written = {column: as_text(table.frame[column]) for column in columns}
    told = {column: map_words(text, _kind_of) for column, text in written.items()}
    kinds = coalesce(pd.DataFrame(told, index=names.index), columns)
    said = coalesce(pd.DataFrame(written, index=names.index), columns)
    unknown = said[kinds.isna() & said.notna()].unique().tolist()
    repairs.add(table.label, "kinds of areas that are not known", "told by their names, else compounds", unknown)
    by_name = map_words(names, lambda name: first_meaning(name, _PATTERNS))
    by_layer = first_meaning(table.name.rpartition("|")[2], _PATTERNS)
    return kinds.where(kinds.notna(), by_name).fillna(by_layer or _PLAIN)


def _kind_of(value: str) -> str | None:
    word = re.sub(r"[\s-]+", "_", value)
    return _KINDS.get(word) or (word if word in COMPOUNDS else first_meaning(value, _PATTERNS))
