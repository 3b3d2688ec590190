"""Rules that cannot hold together, found before any line is drawn: what conflicts, and what would help."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from difflib import get_close_matches

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gridgis.codes import check_templates
from gridgis.errors import InputError, some
from gridgis.graph import Fixed, Graph
from gridgis.languages import Said, Words, listed
from gridgis.layers import Layers
from gridgis.measures import measure_buildings
from gridgis.neighbours import why_dedicated, why_locked
from gridgis.options import PlanOptions
from gridgis.partition import foreseen
from gridgis.partition.assignment import Proof

Pair = tuple[str, str]
"""A text in English and in Chinese."""


def check_rules(layers: Layers, options: PlanOptions) -> None:
    """Raise InputError for what no plan could follow, with every such fault."""
    faults = [
        *_numbers(layers, options),
        *check_templates(layers, options),
        *_locks(layers, options),
        *_dedicated(layers, options),
    ]
    if faults:
        raise InputError(*faults)


def _numbers(layers: Layers, options: PlanOptions) -> Iterator[Words]:
    buildings = int(layers.buildings["inside"].sum())
    if options.grids is not None and options.grids > buildings:
        yield (
            Said(
                "{grids:,} grids were asked for, but the jurisdiction has {buildings:,} buildings, which are "
                "never cut; ask for at most {buildings:,}",
                grids=options.grids,
                buildings=buildings,
            )
        )


def _locks(layers: Layers, options: PlanOptions) -> Iterator[Words]:
    if not options.lock:
        return
    codes = layers.existing["code"].tolist()
    if not codes:
        yield Said(
            "grids are to be locked ({lock}), but there is no existing plan; give its grids",
            lock=some(list(options.lock)),
        )
        return
    missing = [code for code in options.lock if code not in codes]
    if missing:
        near = list(dict.fromkeys(m for code in missing for m in get_close_matches(code, codes, n=2)))
        hint = (
            Said("did you mean {meant}?", meant=listed(near, "or"))
            if near
            else Said("its codes are {codes}", codes=some(codes))
        )
        yield Said(
            "no grid of the existing plan has the code {missing}, which is to be locked; {hint}",
            missing=some(missing),
            hint=hint,
        )


def _dedicated(layers: Layers, options: PlanOptions) -> Iterator[Words]:
    """A dedicated compound that a community's edge or a locked grid runs through cannot be one grid."""
    compounds = layers.compounds
    if not len(compounds) or not compounds["dedicated"].any():
        return
    chosen = compounds[compounds["dedicated"].to_numpy(bool)]
    homes = layers.buildings[layers.buildings["inside"]]
    points = shapely.point_on_surface(homes.geometry.to_numpy())
    locked = layers.existing[layers.existing["code"].isin(options.lock)]
    tree = shapely.STRtree(points)
    for areas, what, remedy in (
        (
            layers.communities,
            Said("lies in several communities"),
            Said("let it be divided, or correct the communities' edges"),
        ),
        (locked, Said("lies partly in a locked grid"), Said("unlock the grid, or let the compound be divided")),
    ):
        if not len(areas):
            continue
        side = np.full(len(points), -1)
        within = tree.query(areas.geometry.to_numpy(), predicate="intersects")
        side[within[1]] = within[0]
        compound, building = tree.query(chosen.geometry.to_numpy(), predicate="intersects")
        pairs = np.unique(np.column_stack([compound, side[building]]), axis=0)
        for place in np.flatnonzero(np.bincount(pairs[:, 0], minlength=len(chosen)) > 1).tolist():
            name = chosen["name"].iloc[place] or Said("without a name (row {row})", row=chosen.index[place] + 1)
            yield Said(
                "the compound {name} is to be a grid of its own, but {what}; {remedy}",
                name=name,
                what=what,
                remedy=remedy,
            )


def foresee(layers: Layers, options: PlanOptions, counts: pd.DataFrame) -> tuple[Proof, ...]:
    """Return what every plan will have to break, told from the buildings' counts alone, before any geometry.

    Communities whose people fit no number of grids, locked grids and dedicated compounds outside the bounds, and
    buildings too large for any grid. It takes milliseconds; where it finds nothing, a plan may still find that ways,
    rivers or blocks leave no choice.

    Parameters
    ----------
    counts
        As from `housing.count_housing`.
    """
    inside = layers.buildings["inside"].to_numpy(bool)
    homes = np.flatnonzero(inside)
    points = shapely.point_on_surface(layers.buildings.geometry.to_numpy()[homes])
    community = _around(layers.communities.geometry.to_numpy(), points)
    locked = layers.existing[layers.existing["code"].isin(options.lock)]
    dedicated = layers.compounds[layers.compounds["dedicated"].to_numpy(bool)]
    fixed = [
        *_held(locked, points, lambda area: why_locked(area["code"])),
        *_held(dedicated, points, why_dedicated),
    ]
    taken = np.zeros(len(homes), bool)
    for group in fixed:
        taken[group.units] = True
    # the buildings of a community, one after the other, stand for any way to reach them all
    order = np.argsort(community, kind="stable")
    order = order[~taken[order]]
    chained = community[order[1:]] == community[order[:-1]]
    u, v = np.sort(np.column_stack([order[:-1][chained], order[1:][chained]]), axis=1).T
    households, population = (counts[name].to_numpy(np.int64)[homes] for name in ("households", "population"))
    none = np.zeros(len(homes))
    measures = tuple(replace(m, counts=m.counts[homes]) for m in measure_buildings(counts, options))
    graph = Graph(
        ids=layers.buildings["source_id"].to_numpy(object)[homes],
        households=households,
        population=population,
        x=none,
        y=none,
        area_m2=none,
        outer_m=none,
        u=u,
        v=v,
        shared_m=np.ones(len(u)),
        cost=np.ones(len(u)),
        block=np.arange(len(homes)),
        measures=measures,
        fixed=tuple(fixed),
    )
    names = layers.communities["name"].fillna(layers.communities["code"]).tolist()
    titles = {
        -1: ("the jurisdiction" if not names else "what lies in no community", "辖区" if not names else "社区以外部分")
    }
    titles |= {i: (f"the community {name}", f"社区{name}") for i, name in enumerate(names)}
    return foreseen(graph, options, {int(v): titles[int(community[v])] for v in range(len(homes))})


def _around(areas: npt.NDArray[np.object_], points: npt.NDArray[np.object_]) -> npt.NDArray[np.int64]:
    """Return the position of the first area around each point, or -1."""
    out = np.full(len(points), -1, np.int64)
    if len(areas):
        point, area = shapely.STRtree(areas).query(points, predicate="intersects")
        out[point[::-1]] = area[::-1]
    return out


def _held(
    areas: gpd.GeoDataFrame, points: npt.NDArray[np.object_], why: Callable[[pd.Series], tuple[Pair, Pair]]
) -> list[Fixed]:
    """Return the buildings of every area that has any, as what must be a grid."""
    of = _around(areas.geometry.to_numpy(), points)
    groups = []
    for place in np.unique(of[of >= 0]).tolist():
        reason, remedy = why(areas.iloc[place])
        groups.append(Fixed(units=np.flatnonzero(of == place), why=reason, remedy=remedy))
    return groups
