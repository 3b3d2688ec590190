"""Towns drawn in ASCII: every letter is a square unit with one building, its letter the grid it goes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely import LineString, Polygon, box

from gridgis.layers import Layers
from gridgis.partition.assignment import Assignment
from gridgis.units import Units

METRIC = CRS.from_epsg(32632)
SIZE = 100.0
BUILDING = 40.0


@dataclass(frozen=True)
class Town:
    units: Units
    assignment: Assignment
    layers: Layers
    letters: dict[str, int]
    cells: list[tuple[int, int]]

    def unit(self, row: int, column: int) -> int:
        return self.cells.index((row, column))


def draw_town(
    picture: str,
    *,
    roads: Mapping[tuple[str, int], tuple[str, str | None]] | None = None,
    households: int = 10,
    population: int = 25,
) -> Town:
    """Build a town; a blank is outside it, letters are grids in the order of the alphabet.

    ``roads``: ("x", 3) is the vertical line left of column 3, ("y", 2) the line above row 2
    -> kind and name; every other line is one between buildings.
    """
    lines = picture.strip("\n").splitlines()
    cells = [(r, c) for r, line in enumerate(lines) for c, letter in enumerate(line) if letter != " "]
    letters = {letter: i for i, letter in enumerate(sorted({lines[r][c] for r, c in cells}))}
    grid = np.array([letters[lines[r][c]] for r, c in cells], np.int64)
    assignment = Assignment(grid=grid, grids=len(letters))
    x = np.array([c * SIZE for _, c in cells])
    y = np.array([(len(lines) - 1 - r) * SIZE for r, _ in cells])
    squares = shapely.box(x, y, x + SIZE, y + SIZE)
    low = (SIZE - BUILDING) / 2
    houses = shapely.box(x + low, y + low, x + low + BUILDING, y + low + BUILDING)
    n = len(cells)
    frame = gpd.GeoDataFrame(
        {
            "households": np.full(n, households),
            "population": np.full(n, population),
            "buildings": np.ones(n, np.int64),
            "area_m2": np.full(n, SIZE * SIZE),
            "x": x + SIZE / 2,
            "y": y + SIZE / 2,
            "block": np.arange(n),
            "face": np.arange(n),
            "compound": np.full(n, -1),
            "community": np.full(n, -1),
            "existing": np.full(n, -1),
            "fixed": np.full(n, -1),
        },
        geometry=squares,
        crs=METRIC,
        index=pd.RangeIndex(n, name="unit_id"),
    )
    units = Units(
        frame=frame,
        measures=(),
        buildings=pd.Series(np.arange(n), index=pd.RangeIndex(n, name="building_id")),
        edges=_edges(cells, len(lines), roads or {}),
    )
    return Town(units, assignment, _layers(squares, houses, households, population), letters, cells)


def _edges(
    cells: list[tuple[int, int]], rows: int, roads: Mapping[tuple[str, int], tuple[str, str | None]]
) -> gpd.GeoDataFrame:
    number = {cell: i for i, cell in enumerate(cells)}
    records = []
    for (r, c), i in number.items():
        top, left = (rows - r) * SIZE, c * SIZE
        bottom, right = top - SIZE, left + SIZE
        for near, line, road in (
            ((r - 1, c), [(left, top), (right, top)], ("y", r)),
            ((r + 1, c), [(left, bottom), (right, bottom)], ("y", r + 1)),
            ((r, c - 1), [(left, bottom), (left, top)], ("x", c)),
            ((r, c + 1), [(right, bottom), (right, top)], ("x", c + 1)),
        ):
            j = number.get(near, -1)
            if j < i:
                kind, name = roads.get(road, ("none", None)) if j >= 0 else ("jurisdiction", None)
                records.append((LineString(line), i, j, SIZE, kind, name, True))
    columns = ["geometry", "left", "right", "length_m", "kind", "name", "walkable"]
    return gpd.GeoDataFrame(pd.DataFrame(records, columns=columns), geometry="geometry", crs=METRIC)


def _layers(squares: np.ndarray, houses: np.ndarray, households: int, population: int) -> Layers:
    n = len(houses)
    buildings = gpd.GeoDataFrame(
        {
            "source_id": [f"b{i}" for i in range(n)],
            "households": np.full(n, float(households)),
            "population": np.full(n, float(population)),
            "inside": np.full(n, True),
        },
        geometry=houses,
        crs=METRIC,
        index=pd.RangeIndex(n, name="building_id"),
    )
    empty = gpd.GeoDataFrame({"name": [], "code": [], "dedicated": []}, geometry=[], crs=METRIC)
    boundary = shapely.union_all(squares)
    return Layers(
        boundary=boundary,
        buildings=buildings,
        lines=gpd.GeoDataFrame({"kind": [], "name": []}, geometry=[], crs=METRIC),
        water=empty,
        compounds=empty,
        communities=empty,
        existing=empty,
        census=empty,
        crs=METRIC,
        repairs=pd.DataFrame(),
        name="Squareton",
    )


def square(x: float, y: float, width: float, height: float | None = None) -> Polygon:
    return box(x, y, x + width, y + (width if height is None else height))
