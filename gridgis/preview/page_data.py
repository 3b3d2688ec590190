"""What the page draws: the plan as compact JSON values, coordinates in whole millionths of a degree."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from gridgis.features import KINDS
from gridgis.languages import Language
from gridgis.preview.style import HUES, RAILS, ROAD_CLASSES, STREAMS, base_lines, grid_borders, level_areas, short_codes
from gridgis.report import Report, asked_for, headline, level_word

if TYPE_CHECKING:
    from gridgis.plan import Plan

MANY_BUILDINGS = 20_000
"""Above this the page carries coarser shapes, to stay quick to open."""


def page_data(plan: Plan, language: Language) -> dict[str, Any]:
    """Return everything the page shows; text in Chinese and English as pairs ``[zh, en]``."""
    packer, report = _Packer(plan.layers.crs, plan.layers.boundary), plan.report
    return {
        "language": language,
        "version": version("gridgis"),
        "name": plan.layers.name,
        "bounds": packer.bounds(plan.layers.boundary),
        "hues": HUES,
        "ask": [" · ".join(_asked(plan, language)) for language in ("zh", "en")],
        "byLoad": plan.options.housing is not None,
        "levels": _level_rows(plan),
        "outlines": _outlines(plan, packer),
        "figures": report.summary.to_dict() | {"area_m2": float(plan.grids["area_m2"].sum())},
        "holds": bool(plan.certificate.holds),
        "verdict": [plan.certificate.summary("zh"), plan.certificate.summary("en")],
        "headline": [headline(report, "zh"), headline(report, "en")],
        "faults": list(zip(plan.certificate.faults_zh, plan.certificate.faults, strict=True)),
        "notes": [
            *((note, note) for note in plan.assignment.notes),
            *zip(plan.certificate.notes_zh, plan.certificate.notes, strict=True),
        ],
        "reasons": _reasons(report),
        "lines": [
            [KINDS[str(kind)].zh, KINDS[str(kind)].en, round(length_m / 1000, 3), round(share, 4)]
            for kind, length_m, share in report.boundary[["length_m", "share"]].itertuples()
        ],
        "sources": sorted(set(plan.layers.sources.values())),
        "attribution": plan.layers.attribution,
        "fingerprint": plan.layers.fingerprint,
        "seed": plan.options.seed,
        "grids": _grids(plan, packer),
        "base": _base(plan, packer),
        "buildings": _buildings(plan, packer),
    }


class _Packer:
    """Turns metric shapes into runs of whole numbers: steps of 1e-6 degrees from vertex to vertex."""

    def __init__(self, crs: CRS, boundary: shapely.Geometry) -> None:
        self._to_degrees = Transformer.from_crs(crs, 4326, always_xy=True)
        self._middle, _ = self._to_degrees.transform(boundary.centroid.x, boundary.centroid.y)

    def degrees(self, xy: np.ndarray) -> np.ndarray:
        """Return longitude and latitude; across the antimeridian longitudes run on, beyond 180."""
        lon, lat = self._to_degrees.transform(xy[:, 0], xy[:, 1])
        turns = (lon < self._middle - 180).astype(int) - (lon > self._middle + 180)
        return np.column_stack([lon + 360 * turns, lat])

    def bounds(self, shape: shapely.Geometry) -> list[float]:
        """Return south, west, north, east in degrees."""
        lonlat = self.degrees(shapely.get_coordinates(shape))
        (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
        return [round(float(x), 6) for x in (south, west, north, east)]

    def polygons(self, shapes: np.ndarray) -> dict[str, list[int]]:
        """Return rings a shape, vertices a ring (the closing one left out), and the steps."""
        rings, owner = shapely.get_rings(shapes, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        closing = np.flatnonzero(np.diff(ring, append=-1))
        return self._steps(np.delete(xy, closing, axis=0), np.delete(ring, closing), len(rings)) | {
            "parts": np.bincount(owner, minlength=len(shapes)).tolist()
        }

    def lines(self, lines: np.ndarray) -> dict[str, list[int]]:
        """Return vertices a line and the steps; every line is a shape of one part."""
        xy, line = shapely.get_coordinates(lines, return_index=True)
        return self._steps(xy, line, len(lines)) | {"parts": [1] * len(lines)}

    def _steps(self, xy: np.ndarray, part: np.ndarray, parts: int) -> dict[str, list[int]]:
        whole = np.round(self.degrees(xy) * 1e6).astype(np.int64)
        steps = np.diff(whole, axis=0, prepend=np.zeros((1, 2), np.int64))
        return {"sizes": np.bincount(part, minlength=parts).tolist(), "steps": steps.ravel().tolist()}


def _asked(plan: Plan, language: Language) -> list[str]:
    (grids,) = (level for level in plan.certificate.levels if level.name == plan.options.level)
    return asked_for(plan, grids, language)


def _level_rows(plan: Plan) -> list[dict[str, Any]]:
    """Return what the certificate says of each level, where there are any beside the grids."""
    levels = plan.certificate.levels
    return [
        {
            "name": [level_word(level.name, "zh"), level_word(level.name, "en")],
            "areas": level.areas,
            "ask": [" · ".join(asked_for(plan, level, language)) for language in ("zh", "en")],
            "kept": level.kept if level.bands else None,
            "explained": level.explained,
            "crossing": len(level.crossing),
            "reasons": [
                {"reason": [r.reason_zh, r.reason], "remedy": [r.remedy_zh, r.remedy], "proven": r.proven}
                for r in level.reasons
            ],
        }
        for level in levels
        if len(levels) > 1
    ]


def _outlines(plan: Plan, packer: _Packer) -> list[dict[str, Any]]:
    """Return lines and names of the levels above the grids."""
    return [
        {
            "level": level,
            "names": list(zip(areas["short"], areas["short_en"], strict=True)),
            "room": np.round(np.sqrt(shapely.area(areas.geometry.to_numpy()))).astype(int).tolist(),
            "at": np.round(packer.degrees(_middles(areas.geometry.to_numpy())), 6).tolist(),
        }
        | packer.lines(shapely.simplify(grid_borders(areas), 0.2))
        for level, areas in level_areas(plan)
    ]


def _middles(shapes: np.ndarray) -> np.ndarray:
    return np.asarray(shapely.get_coordinates(shapely.point_on_surface(shapes)))


def _reasons(report: Report) -> list[dict[str, Any]]:
    codes = {code: grid_id for grid_id, code in report.grids["code"].items()}
    return [
        {
            "grid": None if row.grid is None else codes[row.grid],
            "reason": [row.reason_zh, row.reason_en],
            "remedy": [row.remedy_zh, row.remedy_en],
            "proven": bool(row.proven),
        }
        for row in report.explanations.itertuples()
    ]


def _grids(plan: Plan, packer: _Packer) -> dict[str, Any]:
    grids, table = plan.grids, plan.report.grids
    tolerance_m = 0.2 if len(plan.layers.buildings) < MANY_BUILDINGS else 0.6
    shapes = shapely.coverage_simplify(grids.geometry.to_numpy(), tolerance_m)
    borders = shapely.simplify(grid_borders(grids), tolerance_m)
    rim = shapely.get_parts(shapely.simplify(shapely.boundary(plan.layers.boundary), tolerance_m))
    points = grids[["label_x", "label_y"]].to_numpy(dtype=float)
    half_wide_m, half_high_m = _label_room(grids.geometry.to_numpy(), points)
    codes = table["code"].tolist()
    rows = zip(
        codes,
        short_codes(codes, plan.options.parent_code),
        table["name"],
        table["name_en"],
        table["households"].tolist(),
        table["population"].tolist(),
        table["buildings"].tolist(),
        table["area_ha"].round(2).tolist(),
        table["deviation"].round(3).tolist(),
        table["in_band"].tolist(),
        table["compactness"].round(2).tolist(),
        table["load"].round(3).tolist(),
        table["fixed"],
        table["bounds_zh"],
        table["bounds_en"],
        grids["colour"].tolist(),
        np.round(packer.degrees(points), 6).tolist(),
        half_wide_m,
        half_high_m,
        strict=True,
    )
    return {
        "columns": [
            *("code", "short", "zh", "en", "households", "population", "buildings", "area", "deviation", "kept"),
            *("compactness", "load", "fixed", "boundsZh", "boundsEn", "colour", "label", "wide", "high"),
        ],
        "rows": [list(row) for row in rows],
        "shapes": packer.polygons(shapes),
        "borders": packer.lines(borders),
        "rim": packer.lines(rim),
    }


def _label_room(shapes: np.ndarray, points: np.ndarray) -> tuple[list[int], list[int]]:
    """Return half the width and half the height, metres, that a label centred on its point may take."""
    rings = shapely.boundary(shapes)
    high = shapely.distance(rings, shapely.points(points))
    wide = np.empty(len(shapes))
    for i, (x, y) in enumerate(points):
        x0, _, x1, _ = shapely.bounds(shapes[i])
        # The narrowest of three chords: through the label's middle, its top and its bottom.
        lines = [
            shapely.linestrings([(x0 - 1, y + lift), (x1 + 1, y + lift)]) for lift in (0, high[i] / 3, -high[i] / 3)
        ]
        hits = [shapely.get_coordinates(shapely.intersection(line, rings[i]))[:, 0] for line in lines]
        wide[i] = min((np.abs(hit - x).min() for hit in hits if len(hit)), default=high[i])
    return np.round(wide).astype(int).tolist(), np.round(high).astype(int).tolist()


def _base(plan: Plan, packer: _Packer) -> dict[str, Any]:
    layers = plan.layers
    tolerance_m = 0.4 if len(layers.buildings) < MANY_BUILDINGS else 1.5
    water = shapely.simplify(layers.water.geometry.to_numpy(), tolerance_m)
    return {
        "land": packer.polygons(np.array([shapely.simplify(layers.boundary, tolerance_m)])),
        "water": packer.polygons(water),
        "streams": packer.lines(base_lines(layers.lines, STREAMS, tolerance_m)),
        "rails": packer.lines(base_lines(layers.lines, RAILS, tolerance_m)),
        "roads": [
            {"name": road.name, "width": road.width_m} | packer.lines(base_lines(layers.lines, road.kinds, tolerance_m))
            for road in ROAD_CLASSES
        ],
    }


def _buildings(plan: Plan, packer: _Packer) -> dict[str, Any]:
    """Return the shapes and counts of the buildings that a grid holds."""
    grid = plan.building_grid
    held = grid.index[grid >= 0]
    shapes = plan.layers.buildings.geometry.loc[held].to_numpy()
    counts = plan.counts.loc[held]
    tolerance_m = 0.15 if len(held) < MANY_BUILDINGS else 0.5
    source = plan.layers.buildings["source_id"].loc[held]
    return packer.polygons(shapely.simplify(shapes, tolerance_m)) | {
        "id": [str(text) for text in source] if len(held) < MANY_BUILDINGS else held.tolist(),
        "grid": grid.loc[held].tolist(),
        "households": counts["households"].tolist(),
        "population": counts["population"].tolist(),
        "measured": _measured(counts),
    }


def _measured(counts: pd.DataFrame) -> list[int]:
    """Return 0 … 3 a building: 1 where households are measured, plus 2 where people are."""
    households = (counts["households_source"] == "measured").to_numpy(dtype=int)
    people = (counts["population_source"] == "measured").to_numpy(dtype=int)
    return [int(x) for x in households + 2 * people]
