"""Finished plans for the tests of reports, previews and exports."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
from shapely import LineString, box

from gridgis import Band, PlanOptions, make_plan, read_layers

SHAPEFILES = Path(__file__).parents[1] / "data" / "shapefiles"
BLOCK = 120.0
SPITEFUL = "</script><script>alert(1)</script>"
LONG = "中华人民共和国成立七十周年纪念大道北段延长线"


def chinese_town():
    """Sixteen blocks of four buildings, half of them counted, one a tower too large for any grid; and a neighbour."""
    crs, x0, y0 = "EPSG:4547", 500_000.0, 3_400_000.0
    side = 4 * BLOCK
    streets = [LineString([(x0 + BLOCK * i, y0 - 20), (x0 + BLOCK * i, y0 + side + 20)]) for i in range(1, 4)]
    streets += [LineString([(x0 - 20, y0 + BLOCK * i), (x0 + side + 20, y0 + BLOCK * i)]) for i in range(1, 4)]
    names = [f"{LONG}{i}" for i in range(3)] + ["朝阳路", "解放路", SPITEFUL]
    corners = [(x, y) for y in np.arange(0, side, BLOCK / 2) for x in np.arange(0, side, BLOCK / 2)]
    houses = [box(x0 + x + 15, y0 + y + 15, x0 + x + 45, y0 + y + 40) for x, y in corners]
    # One building stands across a street and has to stay whole.
    houses[9] = box(x0 + 75, y0 + 75, x0 + 130, y0 + 100)
    # The last one belongs to the neighbours: it only reaches over the edge.
    houses.append(box(x0 + side - 4, y0 + 200, x0 + side + 30, y0 + 215))
    counted = np.where(np.arange(65) % 2 == 0, 24.0, np.nan)
    counted[44] = 420.0
    buildings = gpd.GeoDataFrame(
        {"id": [f"楼{i:02d}" for i in range(65)], "户数": counted, "levels": 6}, geometry=houses, crs=crs
    )
    return read_layers(
        boundary=gpd.GeoDataFrame({"name": ["幸福社区"]}, geometry=[box(x0, y0, x0 + side, y0 + side)], crs=crs),
        buildings=buildings,
        roads=gpd.GeoDataFrame({"name": names, "highway": "residential"}, geometry=streets, crs=crs),
        attribution="幸福社区测绘 & gridgis",
    )


@cache
def town_plan():
    options = PlanOptions(households=Band(150, 260), population=None, parent_code="330102001-", effort=0.1, seed=7)
    return make_plan(chinese_town(), options)


@cache
def suburb_plan():
    """Real layers: a suburb of 2,171 buildings."""
    folder = SHAPEFILES / "kotka_karhula"
    layers = read_layers(
        boundary=folder / "boundary.shp",
        buildings=folder / "buildings.shp",
        roads=folder / "roads.shp",
        barriers=[folder / "barriers.shp"],
    )
    return make_plan(layers, PlanOptions(population=None, effort=0.1))


def redrawn(plan, **parts):
    """A copy of a plan whose grids or certificate are not the ones it would draw."""
    copy = replace(plan)
    copy.__dict__.update(parts)
    return copy
