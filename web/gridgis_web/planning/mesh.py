"""A plan's units as a map draws and edits them: shapes, lines between them, neighbours, counts; compact numbers.

Everything that does not change while a draft is edited. Coordinates are Web Mercator (EPSG:3857) from a corner on, in
steps of `STEP_M`, so that a map draws them without computing; equal points stay equal.
"""

from __future__ import annotations

import base64
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from gridgis.features import KINDS
from gridgis.measures import Measure
from gridgis.plan import Plan

STEP_M = 0.05
MERCATOR = 3857


def mesh_of(plan: Plan) -> dict[str, Any]:
    """Return plain JSON values; arrays are little-endian in base64 (``i4`` whole numbers, ``f8`` floats).

    ``rings``: ``x, y`` (differences from point to point), ``ring`` (where each ring starts), ``unit`` (which ring each
    unit starts with); ``arcs``: ``x, y, arc`` likewise, ``left, right`` (units; -1: outside), ``kind`` (of ``kinds``).
    ``edges``: ``u, v`` units between which people can walk. ``counts``, ``measures`` and the rest by unit.
    """
    frame, edges = plan.units.frame, plan.units.edges
    shapes = frame.geometry.to_crs(MERCATOR).to_numpy()
    lines = edges.geometry.to_crs(MERCATOR).to_numpy()
    corner = np.floor(shapely.total_bounds(shapes)[:2])
    _, points, (ring, unit) = shapely.to_ragged_array(shapes)
    _, along, (arc,) = shapely.to_ragged_array(lines)
    kinds = list(KINDS)
    at = {name: number for number, name in enumerate(kinds)}
    return {
        "units": len(frame),
        "corner": corner.tolist(),
        "step": STEP_M,
        "rings": {**_steps(points, corner), "ring": ints(ring), "unit": ints(unit)},
        "arcs": {
            **_steps(along, corner),
            "arc": ints(arc),
            "left": ints(edges["left"].to_numpy()),
            "right": ints(edges["right"].to_numpy()),
            "kind": ints(edges["kind"].map(at).to_numpy()),
        },
        "kinds": [
            {"name": kind.name, "zh": kind.zh, "en": kind.en, "visible": kind.visible, "blocks": kind.blocks}
            for kind in KINDS.values()
        ],
        "edges": {"u": ints(plan.graph.u), "v": ints(plan.graph.v)},
        "counts": {name: ints(frame[name].to_numpy()) for name in ("households", "population", "buildings")},
        "housing": _housing(plan),
        "measures": [_measure(measure) for measure in plan.units.measures],
        "community": ints(frame["community"].to_numpy()),
        "communities": plan.layers.communities["name"].fillna("").tolist(),
        "fixed": ints(frame["fixed"].to_numpy()),
        "names": frame["name"].astype(str).tolist(),
    }


def labels_of(plan: Plan, grids: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    """Return (n, 2) where the labels of some grids stand, in Web Mercator."""
    points = gpd.GeoSeries(gpd.points_from_xy(grids["label_x"], grids["label_y"]), crs=plan.layers.crs)
    placed: npt.NDArray[np.float64] = shapely.get_coordinates(points.to_crs(MERCATOR).to_numpy())
    return placed


def ints(values: npt.NDArray[Any]) -> str:
    """Return whole numbers as little-endian int32 in base64."""
    return base64.b64encode(np.ascontiguousarray(values, "<i4").tobytes()).decode()


def _housing(plan: Plan) -> list[dict[str, Any]]:
    """Return the housing types that a plan knows, with the households of each by unit; none where it has but one."""
    housing = plan.options.housing
    if housing is None:
        return []
    of, profile = plan.units.buildings, plan.counts["profile"]
    households = plan.counts["households"].reindex(of.index).to_numpy(np.int64)
    unit, kind = of.to_numpy(np.int64), profile.reindex(of.index).to_numpy(object)
    found = []
    for name, told in housing.profiles.items():
        chosen = (kind == name) & (unit >= 0)
        if chosen.any():
            sums = np.bincount(unit[chosen], households[chosen], len(plan.units.frame)).astype(np.int64)
            found.append({"zh": told.title_zh, "en": told.title_en, "households": ints(sums)})
    return found


def _steps(points: npt.NDArray[np.float64], corner: npt.NDArray[np.float64]) -> dict[str, str]:
    placed = np.round((points[:, :2] - corner) / STEP_M).astype(np.int64)
    moved = np.diff(placed, axis=0, prepend=np.zeros((1, 2), np.int64))
    return {"x": ints(moved[:, 0]), "y": ints(moved[:, 1])}


def _measure(measure: Measure) -> dict[str, Any]:
    """Return a measure; ``whole`` of it are one household, person or grid."""
    counts = np.ascontiguousarray(measure.counts, "<f8")
    return {
        "rule": measure.rule,
        "side": measure.side,
        "name": measure.name,
        "low": float(measure.low) if measure.low > 0 else None,
        "high": float(measure.high) if np.isfinite(measure.high) else None,
        "soft": bool(measure.soft),
        "whole": float(measure.whole),
        "counts": base64.b64encode(counts.tobytes()).decode(),
    }
