"""A plan under new counts, told in a moment: which grids leave their bands, before any search for moves begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from gridgis_web.planning.drafts import open_draft
from gridgis_web.planning.succession import layers_after
from gridgis_web.store import Store
from gridgis_web.store.layers import load_layers

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgis.layers import Layers
    from gridgis.measures import Measure
    from gridgis.plan import Plan

Ints = npt.NDArray[np.int64]
COUNTS = ("households", "population")


def outlook_of(store: Store, plan_id: int, layers_id: int, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return plain JSON values: how every grid of a plan would stand with the counts of other layers.

    A building that was there counts where it was; a new one in the grid that its ground is in.

    ``grids``: ``code``, names, ``households`` and ``population`` each ``[before, now]``, ``breaks`` (bands that it is
    outside of: ``rule``, ``low``, ``high``, ``value``), ``was_outside`` (before already). ``nowhere``: buildings in no
    grid. ``holds``: no grid breaks a band that it kept before, and every building lies in a grid.

    Raises
    ------
    InputError
        No plan could follow these options; with every fault.
    """
    from gridgis.conflicts import check_rules
    from gridgis.housing import count_housing
    from gridgis.measures import measure_buildings
    from gridgis.options import PlanOptions

    before = open_draft(store, plan_id).plan
    with store.read() as session:
        layers = layers_after(load_layers(session, layers_id), before)
    options = PlanOptions.from_dict(before.options.to_dict() | wanted)
    check_rules(layers, options)
    counts = count_housing(layers, options)
    inside = layers.buildings["inside"].to_numpy(bool)
    grid, was = _grids_of(layers, before, inside)
    counts = counts[inside]
    k = before.assignment.grids
    breaks = _breaks(measure_buildings(counts, options), grid, k)
    broken = {str(one["code"]) for one in before.certificate.to_dict()["grids"] if not one["in_bands"]}
    sums = {name: _sums(counts[name].to_numpy(np.int64), grid, k) for name in COUNTS}
    drawn = before.grids
    grids = [
        {
            "code": code,
            "name": drawn["name"].iloc[at],
            "name_en": drawn["name_en"].iloc[at],
            **{name: [int(drawn[name].iloc[at]), int(sums[name][at])] for name in COUNTS},
            "breaks": breaks[at],
            "was_outside": code in broken,
        }
        for at, code in enumerate(before.codes.code)
    ]
    nowhere = int((grid < 0).sum())
    return {
        "grids": grids,
        "outside": [one["code"] for one in grids if one["breaks"]],
        "nowhere": nowhere,
        "holds": nowhere == 0 and not any(one["breaks"] and not one["was_outside"] for one in grids),
        **{name: [int(drawn[name].sum()), int(counts[name].sum())] for name in COUNTS},
        "buildings": {
            "before": int((before.units.buildings.to_numpy(np.int64) >= 0).sum()),
            "now": int(inside.sum()),
            "new": int((was < 0).sum()),
            "gone": int((before.units.buildings.to_numpy(np.int64) >= 0).sum() - (was >= 0).sum()),
        },
    }


def _grids_of(layers: Layers, before: Plan, inside: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """Return for each building inside its grid (-1: none), and the place of the one that it was (-1: it is new)."""
    from gridgis.compare import Division
    from gridgis.rebalance.matching import match_buildings

    division = Division.of_plan(before)
    old = division.buildings.to_crs(layers.crs)
    new: gpd.GeoDataFrame = layers.buildings[inside]
    was = match_buildings(new, old)
    grid = np.where(was >= 0, old["grid"].to_numpy(np.int64)[was], -1)
    fresh = np.flatnonzero(was < 0)
    places = shapely.point_on_surface(new.geometry.to_numpy()[fresh])
    areas = division.grids.to_crs(layers.crs).geometry.to_numpy()
    at, of = shapely.STRtree(areas).query(places, predicate="intersects")
    grid[fresh[at[::-1]]] = of[::-1]
    return grid, was


def _breaks(measures: tuple[Measure, ...], grid: Ints, k: int) -> list[list[dict[str, Any]]]:
    """Return for each grid the hard bands that it is outside of, in households, people or whole grids."""
    found: list[list[dict[str, Any]]] = [[] for _ in range(k)]
    for measure in measures:
        if measure.soft:
            continue
        total = _sums(measure.counts, grid, k)
        low, high = (bound / measure.whole for bound in (measure.low, measure.high))
        for at in np.flatnonzero((total < measure.low) | (total > measure.high)).tolist():
            found[at].append(
                {
                    "rule": measure.rule,
                    "share": measure.side != "both",
                    "low": low if low > 0 else None,
                    "high": high if np.isfinite(high) else None,
                    "value": float(total[at] / measure.whole),
                }
            )
    return found


def _sums(counts: npt.NDArray[Any], grid: Ints, k: int) -> Ints:
    held = grid >= 0
    return np.bincount(grid[held], counts[held], k).astype(np.int64)
