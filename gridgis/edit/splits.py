"""Dividing grids anew: a grid in parts, by itself or along a drawn line, and a region among its grids."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import shapely
from shapely import LineString

from gridgis.edit.change import Edit, change, grids_of, refuse_held
from gridgis.edit.holding import held_among, kept_together
from gridgis.edit.moves import inherit
from gridgis.errors import InfeasibleError, InputError
from gridgis.graph import Graph
from gridgis.languages import Said, Words
from gridgis.options import PlanOptions
from gridgis.partition import partition
from gridgis.partition.moves_regions import Now
from gridgis.partition.priced_moves import improve
from gridgis.pieces import joined
from gridgis.plan import Plan

Ints = npt.NDArray[np.int64]

EFFORT, USUAL = 0.1, 4
"""Few grids need little search: this share of a plan's effort, and from so many grids on less for each."""

MOVE_PRICE = 0.02
"""Points that a moved household costs while grids are balanced."""
DEAR = 10**9
"""Households that a held unit counts for."""


def split_grid(plan: Plan, code: str, parts: int = 2) -> Edit:
    """Divide a grid by itself, as the plan's options ask for: balanced, compact, along good lines.

    Where the bands do not allow so many parts, they are of like load all the same. The part with most households
    keeps the code.

    Raises
    ------
    InputError
        The grid cannot have so many parts, is not in the plan, or is locked or dedicated.
    """
    grid = grids_of(plan, [code])[0]
    members = _members(plan, [grid])
    graph, group = _grouped(plan, members)
    pieces = int(joined(graph.n, graph.u, graph.v).max()) + 1
    if graph.n < parts <= len(members):
        raise InputError(
            Said(
                "the locked units of grid {code} stay together, so that it has at most {units} parts; unlock some "
                "first",
                code=code,
                units=graph.n,
            )
        )
    if not max(2, pieces) <= parts <= graph.n:
        raise InputError(_wrong_parts(code, parts, pieces, graph.n))
    options = _modest(plan.options, parts).replace(grids=parts)
    try:
        answer = partition(graph, options)
    except InfeasibleError:
        answer = partition(_by_load(graph), options.replace(households=None, population=None, housing=None))
    return _divided(plan, "split", members, answer.grid[group])


def split_along(plan: Plan, code: str, line: LineString) -> Edit:
    """Divide a grid along a line, in the plan's CRS: each unit goes to the side that most of it lies on.

    A line that cuts the grid several times makes several parts; the one with most households keeps the code.

    Raises
    ------
    InputError
        The line does not part the grid's units, or the grid is not in the plan, or is locked or dedicated.
    """
    grid = grids_of(plan, [code])[0]
    members = _members(plan, [grid])
    side = _sides(plan.units.frame.geometry.array.take(members).to_numpy(), plan.grids.geometry.iloc[grid], line)
    used, part = np.unique(side, return_inverse=True)
    if len(used) < 2:
        raise InputError(
            Said(
                "the line leaves all units of grid {code} on one side; draw it across the grid from edge to "
                "edge, with at least one unit on either side",
                code=code,
            )
        )
    return _divided(plan, "split-along", members, part)


def resolve_region(plan: Plan, codes: Sequence[str]) -> Edit:
    """Divide some grids anew among themselves, all around them fixed, within the plan's bands.

    Their number may change where the bands allow it, but not where the plan was asked for a number of grids.
    A code stays with the grid that has most of its households.

    Raises
    ------
    InputError
        Grids that the plan does not have, or that are locked or dedicated.
    InfeasibleError
        The number of grids asked for cannot be kept.
    """
    grids = grids_of(plan, codes)
    if not grids:
        raise InputError(Said("no grids were chosen; choose those to be divided anew"))
    members = _members(plan, grids)
    graph, group = _grouped(plan, members)
    options = _modest(plan.options, len(grids))
    answer = partition(graph, options.replace(grids=len(grids) if options.grids else None))
    return _divided(plan, "resolve", members, answer.grid[group])


def balance_region(plan: Plan, codes: Sequence[str], *, move_price: float = MOVE_PRICE) -> Edit:
    """Even out some grids among themselves, all around them fixed, with few households moved.

    Their number stays. A household moves only where that makes the plan better by more points than ``move_price``,
    see `gridgis.partition.priced_moves`; bands count most.

    Raises
    ------
    InputError
        Fewer than two grids, or grids that the plan does not have, or that are locked or dedicated.
    """
    grids = grids_of(plan, codes)
    if len(grids) < 2:
        raise InputError(Said("one grid alone cannot be balanced; choose at least two"))
    members = _members(plan, grids)
    graph = subgraph(plan.graph, members)
    start = np.unique(plan.assignment.grid[members], return_inverse=True)[1].ravel().astype(np.int64)
    # what is held costs more than all the others together, and much more than the heat of the search
    held = held_among(plan, members)
    weight = np.where(held, DEAR, np.maximum(graph.households, 1))
    now = Now(start=start, own=start, weight=weight, fixed=np.zeros(graph.n, bool))
    label = plan.assignment.grid.copy()
    label[members] = np.array(sorted(grids), np.int64)[improve(graph, plan.options, now, start, price=move_price)]
    return change(plan, "balance", label, {})


def subgraph(graph: Graph, units: Ints) -> Graph:
    """Return the graph of some units alone; what they shared with others is outline."""
    local = np.full(graph.n, -1, np.int64)
    local[units] = np.arange(len(units))
    u, v = local[graph.u], local[graph.v]
    inside = (u >= 0) & (v >= 0)
    outer = graph.outer_m.copy()
    for here, there in ((graph.u, v), (graph.v, u)):
        cut = there < 0
        outer += np.bincount(here[cut], np.nan_to_num(graph.shared_m[cut]), graph.n)
    return Graph(
        ids=graph.ids[units],
        households=graph.households[units],
        population=graph.population[units],
        x=graph.x[units],
        y=graph.y[units],
        area_m2=graph.area_m2[units],
        outer_m=outer[units],
        u=u[inside],
        v=v[inside],
        shared_m=graph.shared_m[inside],
        cost=graph.cost[inside],
        block=graph.block[units],
        measures=tuple(measure.grouped(local, len(units)) for measure in graph.measures),
    )


def _grouped(plan: Plan, members: Ints) -> tuple[Graph, Ints]:
    """Return the graph of some units, held ones of a grid as one node, and the node of every unit."""
    graph = subgraph(plan.graph, members)
    held = held_among(plan, members)
    if not held.any():
        return graph, np.arange(graph.n)
    group = kept_together(graph, plan.assignment.grid[members], held)
    return graph.grouped(group), group


def _members(plan: Plan, grids: list[int]) -> Ints:
    members = np.flatnonzero(np.isin(plan.assignment.grid, grids))
    refuse_held(plan, members, grids)
    return members


def _modest(options: PlanOptions, grids: int) -> PlanOptions:
    effort = options.effort * EFFORT / max(1.0, grids / USUAL)
    return options.replace(effort=effort, method="search", time_limit_s=None)


def _by_load(graph: Graph) -> Graph:
    """Return the graph without bounds; what was bounded is to be balanced."""
    return replace(graph, measures=tuple(replace(measure, low=0.0, high=math.inf) for measure in graph.measures))


def _divided(plan: Plan, action: str, members: Ints, part: Ints) -> Edit:
    label = plan.assignment.grid.copy()
    label[members] = plan.assignment.grids + part
    return change(plan, action, label, inherit(plan, label, members))


def _wrong_parts(code: str, parts: int, pieces: int, units: int) -> Words:
    if parts < 2:
        return Said("{parts} parts of grid {code} were asked for; ask for at least 2", parts=parts, code=code)
    if units == 1:
        return Said("grid {code} is a single unit, which is never cut; it stays whole", code=code)
    if parts > units:
        return Said(
            "{parts} parts were asked for, but grid {code} has {units} units, which are never cut; ask for at most "
            "{units}",
            parts=parts,
            code=code,
            units=units,
        )
    return Said(
        "grid {code} lies in {pieces} places that no way joins; ask for at least {pieces} parts",
        code=code,
        pieces=pieces,
    )


def _sides(units: npt.NDArray[np.object_], whole: shapely.Geometry, line: LineString) -> Ints:
    """Return which face of a grid, cut along a line, holds most of each unit."""
    if not isinstance(line, LineString) or line.is_empty or not np.isfinite(shapely.get_coordinates(line)).all():
        raise InputError(Said("a grid is split along a line of at least two points; draw it across the grid"))
    noded = shapely.union_all([shapely.boundary(whole), line])
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    shapely.prepare(whole)
    faces = faces[shapely.intersects(whole, shapely.point_on_surface(faces))]
    unit, face = shapely.STRtree(faces).query(units, predicate="intersects")
    share = np.zeros((len(units), len(faces)))
    share[unit, face] = shapely.area(shapely.intersection(units[unit], faces[face]))
    side = share.argmax(axis=1)
    # a part of the grid that the line leaves whole goes with the nearest one that it cuts
    part = np.zeros(len(faces), np.int64)
    for number, piece in enumerate(shapely.get_parts(whole)):
        shapely.prepare(piece)
        part[shapely.intersects(piece, shapely.point_on_surface(faces))] = number
    cut = np.bincount(part)[part] > 1
    host = np.arange(len(faces))
    if cut.any():
        for f in np.flatnonzero(~cut).tolist():
            host[f] = np.flatnonzero(cut)[np.argmin(shapely.distance(faces[f], faces[cut]))]
    else:
        host[:] = 0
    chosen: Ints = host[side]
    return chosen
