"""From one plan to the next: who goes from which grid to which, and which codes live on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridgis.codes import Codes, keep_most, name_grids
from gridgis.compare import Division
from gridgis.compare.matching import match_buildings
from gridgis.inputs.fingerprint import fingerprint_layers
from gridgis.layers import Layers
from gridgis.options import PlanOptions
from gridgis.plan import Plan, Progress, make_plan

Ints = npt.NDArray[np.int64]

COUNTS = ("households", "population")
BY_BUILDING = 1e-6
"""What a building weighs beside its households: where nobody lives, buildings decide."""


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What went from the grids of one plan to those of the next.

    Attributes
    ----------
    rows
        ``old_code``, ``new_code`` (empty: in one plan only), ``buildings``, and ``households`` and ``population``,
        each ``_before`` and ``_after``, as the two plans count them. Over the rows of an old code, or of a new one,
        they add up to that grid's own number.
    lists
        (old code, new code) -> the source's ids of the buildings, for all pairs of two different codes.
    """

    rows: pd.DataFrame
    lists: Mapping[tuple[str, str], list[str]]


def walk_between(before: Plan, after: Plan) -> Walk:
    """Compare where every building is in two plans; buildings are matched by the source's id, or by their place."""
    old, new, at = _matched(before, after)
    fresh = np.setdiff1d(np.arange(len(new)), at)
    stays = at >= 0
    now = np.where(stays, at, 0)
    codes = np.array([*before.codes.code, ""], object), np.array([*after.codes.code, ""], object)
    was_in = np.append(old["grid"].to_numpy(np.int64), np.full(len(fresh), -1))
    is_in = np.append(np.where(stays, new["grid"].to_numpy(np.int64)[now], -1), new["grid"].to_numpy(np.int64)[fresh])
    columns = {
        "old_code": codes[0][was_in],
        "new_code": codes[1][is_in],
        "buildings": np.ones(len(was_in), np.int64),
    }
    for name in COUNTS:
        values = np.rint(old[name].to_numpy()), np.rint(new[name].to_numpy())
        columns[f"{name}_before"] = np.append(values[0], np.zeros(len(fresh))).astype(np.int64)
        columns[f"{name}_after"] = np.append(np.where(stays, values[1][now], 0), values[1][fresh]).astype(np.int64)
    each = pd.DataFrame(columns)
    ids = np.append(old["source_id"].to_numpy(object), new["source_id"].to_numpy(object)[fresh])
    moved = each["old_code"] != each["new_code"]
    lists: dict[tuple[str, str], list[str]] = {}
    for old_code, new_code, id_ in zip(each["old_code"][moved], each["new_code"][moved], ids[moved], strict=True):
        lists.setdefault((old_code, new_code), []).append(id_)
    rows = each.groupby(["old_code", "new_code"], as_index=False, sort=True).sum()
    return Walk(rows=rows, lists=lists)


def named_after(plan: Plan, before: Plan, retired: Collection[str] = ()) -> Plan:
    """Return a plan with the codes that follow from another one's, made in the meantime.

    A code stays with the grid that keeps most of its households, and so does its name; the others get numbers that
    were never used.
    """
    old, _, at = _matched(before, plan)
    new = Division.of_plan(plan).buildings
    here = np.flatnonzero(at >= 0)
    weight = new["households"].to_numpy(float)[at[here]] + BY_BUILDING
    was_in, is_in = old["grid"].to_numpy(np.int64)[here], new["grid"].to_numpy(np.int64)[at[here]]
    bears = keep_most(was_in, is_in, weight, before.assignment.grids)
    kept = {grid: before.codes.code[place] for grid, place in bears.items()}
    gone = [code for code in before.codes.code if code not in kept.values()]
    codes = name_grids(
        plan.units,
        plan.assignment,
        replace(plan.layers, existing=plan.layers.existing.iloc[:0]),
        plan.options,
        sector=None if plan.sectors is None else plan.sectors.grid,
        retired=tuple(dict.fromkeys([*retired, *before.codes.retired, *gone])),
        kept=kept,
    )
    name, name_en = list(codes.name), list(codes.name_en)
    for grid, place in bears.items():
        name[grid], name_en[grid] = before.codes.name[place], before.codes.name_en[place]
    return replace(plan, codes=Codes(**(vars(codes) | {"name": tuple(name), "name_en": tuple(name_en)})))


def layers_after(layers: Layers, before: Plan) -> Layers:
    """Return layers with a plan's grids as those that are there, clipped to the jurisdiction."""
    existing = before.grids[["geometry", "code", "name"]].reset_index(drop=True)
    existing["code"], existing["name"] = existing["code"].astype(object), existing["name"].astype(object)
    existing = existing.to_crs(layers.crs)
    if not layers.boundary.equals(before.layers.boundary):
        shapes = shapely.intersection(existing.geometry.to_numpy(), layers.boundary)
        existing = existing.set_geometry(_surfaces(shapes), crs=layers.crs)
        existing = existing[~existing.geometry.is_empty].reset_index(drop=True)
    tables = (layers.buildings, layers.lines, layers.water, layers.compounds, layers.communities)
    return replace(
        layers,
        existing=existing,
        sources={**layers.sources, "existing": "grids.gpkg"},
        fingerprint=fingerprint_layers(layers.boundary, *tables, existing, layers.census),
    )


def make_next(
    layers: Layers,
    options: PlanOptions,
    *,
    before: Plan | None = None,
    retired: Collection[str] = (),
    progress: Progress | None = None,
) -> Plan:
    """Make a plan that follows another one: codes stay with their grids, and retired ones are never given again.

    ``retired``: those of the jurisdiction, see `store.codes.retired_codes`.
    """
    if before is not None:
        layers = layers_after(layers, before)
    return make_plan(layers, options, retired=tuple(retired), progress=progress)


def _matched(before: Plan, after: Plan) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, Ints]:
    """Return the buildings that grids hold in either plan, and for each of before its place in those of after."""
    old, new = Division.of_plan(before).buildings, Division.of_plan(after).buildings
    if old.crs != new.crs:
        old = old.to_crs(new.crs)
    return old, new, match_buildings(old, new)


def _surfaces(shapes: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Drop points and lines in which areas only touch."""
    for at in np.flatnonzero(shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION):
        parts = shapely.get_parts(shapes[at])
        shapes[at] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    flat = shapely.get_dimensions(shapes) < 2
    shapes[flat] = shapely.Polygon()
    return shapes
