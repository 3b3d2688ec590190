"""Units and their assignment -> grids: geometry, code, name, counts, four bounds, colour and label."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridgis.bounds import four_bounds
from gridgis.codes import Codes, name_grids
from gridgis.colour import colour_map, recolour
from gridgis.layers import Layers
from gridgis.options import PlanOptions
from gridgis.partition.assignment import Assignment

if TYPE_CHECKING:
    from gridgis.units import Units

ROW_SHARE = 0.6
"""Grids whose centres lie within this share of a usual grid's height below the row's first are in its row."""


def renumber(units: Units, assignment: Assignment, sector: npt.NDArray[np.int64] | None = None) -> Assignment:
    """Number the grids as one reads, community by community: rows from north to south, in a row from west to east.

    ``sector`` (k,): sector by sector within a community, in the order of their first grids.

    The proofs are renumbered with them, so that everything drawn or written from the
    answer uses one numbering; a grid's number is its ``grid_id`` plus 1.
    """
    frame, grid, k = units.frame, assignment.grid, assignment.grids
    area = np.maximum(frame["area_m2"].to_numpy(float), 1e-9)
    weight = np.bincount(grid, area, k)
    x = np.bincount(grid, area * frame["x"].to_numpy(float), k) / weight
    y = np.bincount(grid, area * frame["y"].to_numpy(float), k) / weight
    limits = shapely.bounds(frame.geometry.to_numpy())
    low, high = np.full(k, np.inf), np.full(k, -np.inf)
    np.minimum.at(low, grid, limits[:, 1])
    np.maximum.at(high, grid, limits[:, 3])
    order = _reading_order(x, y, float(np.median(high - low)))
    community = np.zeros(k, np.int64)
    community[grid] = frame["community"].to_numpy(np.int64)
    order = order[np.argsort(community[order], kind="stable")]
    if sector is not None:
        rank = np.full(int(sector.max()) + 1, k)
        np.minimum.at(rank, sector[order], np.arange(k))
        order = order[np.lexsort((rank[sector[order]], community[order]))]
    new = np.empty(k, np.int64)
    new[order] = np.arange(k)
    proofs = tuple(p if p.grid is None else replace(p, grid=int(new[p.grid])) for p in assignment.proofs)
    return replace(assignment, grid=new[grid], proofs=proofs)


def draw_grids(
    units: Units,
    assignment: Assignment,
    layers: Layers,
    options: PlanOptions,
    *,
    counts: pd.DataFrame | None = None,
    codes: Codes | None = None,
) -> gpd.GeoDataFrame:
    """Draw the grids of an assignment.

    Parameters
    ----------
    assignment
        Its numbers become ``grid_id``; call `renumber` first to have them in reading order.
    counts
        ``households`` and ``population`` by ``building_id``, where the grids' totals shall come
        from the buildings; None: from the units.
    codes
        What the grids are called; None: as `codes.name_grids` has it.

    Returns
    -------
    GeoDataFrame
        Index ``grid_id``; the columns of the contract in ``docs/architecture.md``. A grid is a
        Polygon, or a MultiPolygon where its units do not all touch.
    """
    grid, k = assignment.grid, assignment.grids
    frame = units.frame
    geometry = dissolve(frame.geometry.to_numpy(), grid, k)
    if counts is None:
        owner, source = grid, frame
    else:
        unit = units.buildings.reindex(counts.index, fill_value=-1).to_numpy()
        owner, source = grid[unit[unit >= 0]], counts[unit >= 0]
    codes = codes or name_grids(units, assignment, layers, options)
    bounds = four_bounds(units, assignment, [code.removeprefix(options.parent_code) for code in codes.code])
    label = shapely.get_point(_inscribed_radius(geometry), 0)
    return gpd.GeoDataFrame(
        {
            "code": pd.array(codes.code, dtype="str"),
            "name": pd.array(codes.name, dtype="str"),
            "name_en": pd.array(codes.name_en, dtype="str"),
            "households": _totals(source["households"], owner, k),
            "population": _totals(source["population"], owner, k),
            "buildings": _totals(frame["buildings"], grid, k),
            "area_m2": shapely.area(geometry),
            "bounds_zh": bounds["bounds_zh"].to_numpy(),
            "bounds_en": bounds["bounds_en"].to_numpy(),
            "colour": colour_map(geometry),
            "label_x": shapely.get_x(label),
            "label_y": shapely.get_y(label),
        },
        geometry=geometry,
        crs=layers.crs,
        index=pd.RangeIndex(k, name="grid_id"),
    )


def redraw_grids(
    before: gpd.GeoDataFrame,
    was: npt.NDArray[np.int64],
    changed: npt.NDArray[np.bool_],
    units: Units,
    assignment: Assignment,
    codes: Codes,
    options: PlanOptions,
) -> gpd.GeoDataFrame:
    """Draw grids of which few have changed: all others keep their rows as they are.

    Beside the changed ones, neighbours get new words for what bounds them, and another colour where they would clash.

    Parameters
    ----------
    before
        The grids as they were drawn, see `draw_grids`.
    was
        (k,) each grid's row there; -1: it is new.
    changed
        (k,) it has other units than there, or is new.
    """
    k, frame, grid = assignment.grids, units.frame, assignment.grid
    columns = {name: before[name].array.take(np.maximum(was, 0)) for name in before.columns}
    fresh = np.flatnonzero(changed)
    member = np.flatnonzero(changed[grid])
    of = np.searchsorted(fresh, grid[member])
    geometry = dissolve(frame.geometry.array.take(member).to_numpy(), of, len(fresh))
    columns["geometry"][fresh] = geometry
    columns["area_m2"][fresh] = shapely.area(geometry)
    label = shapely.get_point(_inscribed_radius(geometry), 0)
    columns["label_x"][fresh], columns["label_y"][fresh] = shapely.get_x(label), shapely.get_y(label)
    for name in ("households", "population", "buildings"):
        columns[name][fresh] = _totals(frame[name].iloc[member], of, len(fresh))
    for name, values in (("code", codes.code), ("name", codes.name), ("name_en", codes.name_en)):
        columns[name][fresh] = [values[i] for i in fresh]

    pairs = grid[units.sides[units.sides[:, 1] >= 0]]
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    around = np.union1d(fresh, pairs[changed[pairs].any(axis=1)])
    bounds = four_bounds(units, assignment, [code.removeprefix(options.parent_code) for code in codes.code], around)
    for name in ("bounds_zh", "bounds_en"):
        columns[name][around] = bounds[name].tolist()
    colours = np.where(was < 0, -1, np.asarray(columns["colour"], np.int64))
    near = np.isin(np.arange(k), around)
    if not recolour(colours, fresh, np.unique(pairs[near[pairs].any(axis=1)], axis=0)):
        colours = colour_map(columns["geometry"].to_numpy())
    columns["colour"] = colours
    return gpd.GeoDataFrame(columns, geometry="geometry", crs=before.crs, index=pd.RangeIndex(k, name="grid_id"))


def dissolve(polygons: npt.NDArray[np.object_], group: npt.NDArray[np.int64], groups: int) -> npt.NDArray[np.object_]:
    """Join the polygons of each group; they must share every vertex and not overlap.

    Returns
    -------
    (groups,) Polygon or MultiPolygon, without the lines between the joined
    """
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(1, groups))
    joined = np.empty(groups, object)
    for i, members in enumerate(np.split(polygons[order], starts)):
        joined[i] = shapely.coverage_union_all(members)
    single = shapely.get_num_geometries(joined) == 1
    joined[single] = shapely.get_geometry(joined[single], 0)
    return joined


def _reading_order(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], height: float) -> npt.NDArray[np.int64]:
    """Order points by rows about ``height`` high, the northernmost row first."""
    down = np.lexsort((x, -y))
    row = np.zeros(len(x), np.int64)
    top, current = y[down[0]], 0
    for i in down:
        if y[i] < top - ROW_SHARE * height:
            top, current = y[i], current + 1
        row[i] = current
    return np.lexsort((-y, x, row))


def _inscribed_radius(geometry: npt.NDArray[np.object_]) -> npt.NDArray[Any]:
    """Lines from the pole of inaccessibility, where a label has most room, to the nearest edge."""
    radius: npt.NDArray[Any] = shapely.maximum_inscribed_circle(geometry, np.sqrt(shapely.area(geometry)) / 100)
    return radius


def _totals(values: pd.Series, group: npt.NDArray[np.int64], groups: int) -> npt.NDArray[Any]:
    """Sum by group; whole numbers stay whole."""
    sums = np.bincount(group, values.to_numpy(float), groups)
    whole = pd.api.types.is_integer_dtype(values.dtype)
    return np.rint(sums).astype(np.int64) if whole else sums
