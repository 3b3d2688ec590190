"""The buildings layer -> footprints with ids, counts, levels, height and use."""

from __future__ import annotations

from collections.abc import Mapping

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely import MultiPolygon, Polygon

from gridgis.errors import InputError, some
from gridgis.inputs.columns import as_text, find_column, find_columns, missing_column
from gridgis.inputs.counts import read_counts, read_heights, read_levels
from gridgis.inputs.tables import Table
from gridgis.inputs.uses import building_uses
from gridgis.languages import Said, Words, listed
from gridgis.overlaps import overlapping_pairs
from gridgis.profiles import PROFILES
from gridgis.repair import MIN_BUILDING_M2, Repairs, clean_geometry, find_duplicates

FIELDS = ("households", "population", "levels", "height", "use", "name", "id", "compound", "housing")
"""What a buildings layer may say; each can be named in `columns`."""

_COUNTS = ("households", "population")

_PROFILES = {text for profile in PROFILES.values() for text in (profile.name, profile.title_en, profile.title_zh)}

NOTABLE_M2 = 1.0
"""Buildings that share more than this are reported; less is how they were drawn."""


def unknown_fields(columns: Mapping[str, str]) -> list[Words]:
    """Return a fault for each key of `columns` that is no field of buildings."""
    return [
        Said(
            "“{field}” is no field of buildings; columns can be named for: {fields}", field=field, fields=listed(FIELDS)
        )
        for field in columns
        if field not in FIELDS
    ]


def read_figures(table: Table, columns: Mapping[str, str], repairs: Repairs, faults: list[Words]) -> gpd.GeoDataFrame:
    """Return the footprints, each once, with our columns; what cannot be used is added to `faults`."""
    source, label = table.frame, table.label
    faults += [missing_column(c, source.columns, label) for c in columns.values() if c not in source.columns]
    named = {field: find_column(source, field, columns) for field in FIELDS}
    ids = table.ids()
    if "id" in columns and named["id"] is not None:
        stated = as_text(source[named["id"]])
        ids = stated.where(stated.notna(), ids)
    frame = source[["geometry"]].copy()
    frame["source_id"] = ids
    for field in _COUNTS:
        column = named[field]
        frame[field] = np.nan
        if column is not None:
            frame[field], wrong = read_counts(source[column], ids, layer=label, column=column)
            faults += wrong
    for field, read in (("levels", read_levels), ("height", read_heights)):
        column = named[field]
        frame[field] = np.nan if column is None else read(source[column], ids, repairs, layer=label)
    frame["use"] = building_uses(source, columns)
    named["housing"] = _housing_column(source, columns)
    for field in ("name", "compound", "housing"):
        column = named[field]
        frame[field] = None if column is None else as_text(source[column])
    return _once(frame, label, repairs, faults)


def keep_inside(table: Table, outline: Polygon | MultiPolygon, repairs: Repairs) -> gpd.GeoDataFrame | None:
    """Return the clean footprints that touch the jurisdiction, as `Layers.buildings`; None when none does.

    Raises
    ------
    InputError
        When some touch it, but none lies inside.
    """
    label = table.label
    frame = clean_geometry(table.frame, label, "polygon", table.frame["source_id"], repairs)
    small = frame.geometry.area < MIN_BUILDING_M2
    repairs.add(label, f"footprint below {MIN_BUILDING_M2:g} m²", "left out", frame["source_id"][small].tolist())
    frame = frame[~small]
    shapely.prepare(outline)
    touching = shapely.intersects(outline, frame.geometry.to_numpy())
    if not touching.any():
        return None
    repairs.add(label, "wholly outside the jurisdiction", "left out", frame["source_id"][~touching].tolist())
    frame = frame[touching].reset_index(drop=True).rename_axis("building_id")
    frame["inside"] = _belongs(outline, frame.geometry.to_numpy())
    if not frame["inside"].any():
        raise InputError(
            Said(
                "{label}: {count:,} buildings touch the boundary but none lies inside it; check that both layers fit",
                label=label,
                count=len(frame),
            )
        )
    edge = frame["source_id"][~frame["inside"]].tolist()
    repairs.add(label, "mostly outside the jurisdiction", "kept as shapes, their people not counted", edge)
    for field in _COUNTS:
        unknown = frame["inside"] & frame[field].isna()
        if unknown.sum() < frame["inside"].sum():
            repairs.add(label, f"no {field}", "estimated", frame["source_id"][unknown].tolist())
    names = frame["source_id"].to_numpy()
    pairs = [
        f"{names[a]}/{names[b]}" for a, b in overlapping_pairs(frame.geometry.to_numpy(), over_m2=NOTABLE_M2).tolist()
    ]
    repairs.add(label, "neighbours that overlap", "kept; no boundary parts them", pairs)
    kept = ["source_id", "households", "population", "levels", "height", "use", "name", "compound", "housing", "inside"]
    return frame[["geometry", *kept]]


def _housing_column(frame: gpd.GeoDataFrame, columns: Mapping[str, str]) -> str | None:
    """Return the column of housing types; one that may state uses counts only if it names a ready-made profile."""
    found = find_column(frame, "housing", columns)
    if found is not None or "housing" in columns:
        return found
    stated = (column for column in find_columns(frame, "use") if column != columns.get("use"))
    return next((column for column in stated if as_text(frame[column]).isin(_PROFILES).any()), None)


def _belongs(outline: Polygon | MultiPolygon, footprints: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
    """Whether each footprint's middle, or at least half of it, lies in the outline: then its people are counted."""
    within: npt.NDArray[np.bool_] = shapely.covers(outline, footprints)
    over = np.flatnonzero(~within)
    shared = shapely.area(shapely.intersection(outline, footprints[over]))
    within[over] = shared >= 0.5 * shapely.area(footprints[over])
    within |= shapely.intersects(outline, shapely.point_on_surface(footprints))
    return within


def _once(frame: gpd.GeoDataFrame, label: str, repairs: Repairs, faults: list[Words]) -> gpd.GeoDataFrame:
    """Keep a footprint that is there several times once, with the counts that any of its rows knows."""
    first = find_duplicates(frame.geometry.to_numpy())
    again = first != np.arange(len(frame))
    if not again.any():
        return frame
    groups = frame.groupby(first, sort=False)
    differing: set[int] = set()
    for field in _COUNTS:
        counts = groups[field].nunique()
        differing |= set(counts[counts > 1].index)
    if differing:
        ids = [" = ".join(frame["source_id"][first == at].tolist()) for at in sorted(differing)]
        faults.append(
            Said(
                "{label}: {count:,} footprints are there several times with different counts ({ids}); merge "
                "their rows, adding up the counts if they are parts of one building",
                label=label,
                count=len(differing),
                ids=some(ids),
            )
        )
    for field in (*_COUNTS, "levels", "height", "name", "compound", "housing"):
        known = groups[field].first()
        frame.loc[known.index, field] = known
    repairs.add(label, "the same footprint again", "kept once", frame["source_id"][again].tolist())
    return frame[~again]
