"""Rules that cannot hold together, found before any work: what conflicts, and what would help."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

import numpy as np
import shapely

from gridgis.errors import InputError, some
from gridgis.layers import Layers
from gridgis.options import PlanOptions


def check_rules(layers: Layers, options: PlanOptions) -> None:
    """Raise InputError for what no plan could follow, with every such fault."""
    faults = [*_numbers(layers, options), *_locks(layers, options), *_dedicated(layers, options)]
    if faults:
        raise InputError(*faults)


def _numbers(layers: Layers, options: PlanOptions) -> Iterator[str]:
    buildings = int(layers.buildings["inside"].sum())
    if options.grids is not None and options.grids > buildings:
        yield (
            f"{options.grids:,} grids were asked for, but the jurisdiction has {buildings:,} buildings, which are "
            f"never cut; ask for at most {buildings:,}"
        )


def _locks(layers: Layers, options: PlanOptions) -> Iterator[str]:
    if not options.lock:
        return
    codes = layers.existing["code"].tolist()
    if not codes:
        yield f"grids are to be locked ({some(list(options.lock))}), but there is no existing plan; give its grids"
        return
    missing = [code for code in options.lock if code not in codes]
    if missing:
        near = list(dict.fromkeys(m for code in missing for m in get_close_matches(code, codes, n=2)))
        hint = f"; did you mean {' or '.join(near)}?" if near else f"; its codes are {some(codes)}"
        yield f"no grid of the existing plan has the code {some(missing)}, which is to be locked{hint}"


def _dedicated(layers: Layers, options: PlanOptions) -> Iterator[str]:
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
        (layers.communities, "lies in several communities", "let it be divided, or correct the communities' edges"),
        (locked, "lies partly in a locked grid", "unlock the grid, or let the compound be divided"),
    ):
        if not len(areas):
            continue
        side = np.full(len(points), -1)
        within = tree.query(areas.geometry.to_numpy(), predicate="intersects")
        side[within[1]] = within[0]
        compound, building = tree.query(chosen.geometry.to_numpy(), predicate="intersects")
        pairs = np.unique(np.column_stack([compound, side[building]]), axis=0)
        for place in np.flatnonzero(np.bincount(pairs[:, 0], minlength=len(chosen)) > 1).tolist():
            name = chosen["name"].iloc[place] or f"without a name (row {chosen.index[place] + 1})"
            yield f"the compound {name} is to be a grid of its own, but {what}; {remedy}"
