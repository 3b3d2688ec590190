"""A small generated town in files, for the command line."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, box

from gridgis.cli import run

CRS = "EPSG:32632"
BLOCK_M, COLUMNS, ROWS = 100.0, 6, 4
EAST, NORTH = 500_000.0, 5_300_000.0
WIDTH_M, HEIGHT_M = COLUMNS * BLOCK_M, ROWS * BLOCK_M
BANDS = ("--households", "80:160", "--population", "200:400")


def buildings_frame() -> gpd.GeoDataFrame:
    """Four buildings a block, 10 households and 25 people in each."""
    x, y = np.meshgrid(np.arange(COLUMNS * 2) * 50.0 + 15.0, np.arange(ROWS * 2) * 50.0 + 15.0)
    x, y = EAST + x.ravel(), NORTH + y.ravel()
    n = len(x)
    counts = {"id": [f"b{i}" for i in range(n)], "households": np.full(n, 10.0), "population": np.full(n, 25.0)}
    return gpd.GeoDataFrame(counts, geometry=shapely.box(x, y, x + 20, y + 20), crs=CRS)


def boundary_frame() -> gpd.GeoDataFrame:
    area = box(EAST, NORTH, EAST + WIDTH_M, NORTH + HEIGHT_M)
    return gpd.GeoDataFrame({"name": ["Testington"]}, geometry=[area], crs=CRS)


def roads_frame() -> gpd.GeoDataFrame:
    across = [LineString([(EAST - 20, y), (EAST + WIDTH_M + 20, y)]) for y in NORTH + np.arange(ROWS + 1) * BLOCK_M]
    along = [LineString([(x, NORTH - 20), (x, NORTH + HEIGHT_M + 20)]) for x in EAST + np.arange(COLUMNS + 1) * BLOCK_M]
    lines = across + along
    names = [f"Road {i}" for i in range(len(lines))]
    return gpd.GeoDataFrame({"highway": "residential", "name": names}, geometry=lines, crs=CRS)


def write_town(home: Path) -> Path:
    """Write the town's layers into a new folder of `home`."""
    folder = home / "town"
    folder.mkdir()
    for name, frame in (("boundary", boundary_frame()), ("buildings", buildings_frame()), ("roads", roads_frame())):
        frame.to_file(folder / f"{name}.gpkg")
    return folder


def layer_arguments(town: Path, **files: Path) -> list[str]:
    paths = {name: town / f"{name}.gpkg" for name in ("boundary", "buildings", "roads")} | files
    return [part for name, path in paths.items() for part in (f"--{name}", str(path))]


def partition(town: Path, *options: str, **files: Path) -> int:
    bands = () if {"--households", "--grids", "--profile"} & set(options) else BANDS
    return run(["partition", *layer_arguments(town, **files), *bands, *options, "-o", str(town / "out")])
