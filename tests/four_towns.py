"""A city of four communities, with buildings over their edges."""

import geopandas as gpd
from shapely import LineString, box

from gridgis import Band, PlanOptions
from gridgis.city.jurisdictions import divide_city

CRS = "EPSG:32632"
EAST, NORTH, SIDE = 500_000.0, 5_300_000.0, 300.0
OPTIONS = PlanOptions(households=Band(30, 70), population=None, effort=0.1)
COMPARED = ("plan.json", "grids.geojson", "audit.json")


def square(x, y, width, height):
    return box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def frames(*, extra=(), covered=4):
    """Four communities of 150 m; 36 houses, one of them mostly in the second, a clump of two over two edges."""
    n = 6
    step = SIDE / n
    houses = [square(step * c + 15, step * r + 15, 18, 18) for r in range(n) for c in range(n)]
    across = [square(147, 30, 10, 8), square(140, 146, 6, 6), square(144, 142, 8, 6), *extra]
    shapes = houses + across
    roads = [LineString([(EAST - 20, NORTH + y), (EAST + SIDE + 20, NORTH + y)]) for y in (50, 100, 200, 250)]
    roads += [LineString([(EAST + x, NORTH - 20), (EAST + x, NORTH + SIDE + 20)]) for x in (50, 100, 200, 250)]
    half = SIDE / 2
    parts = [square(x, y, half, half) for y in (0, half) for x in (0, half)][:covered]
    return {
        "boundary": gpd.GeoDataFrame({"name": ["Fourtown"]}, geometry=[square(0, 0, SIDE, SIDE)], crs=CRS),
        "buildings": gpd.GeoDataFrame(
            {"id": [f"b{k}" for k in range(len(shapes))], "households": [10.0] * len(shapes)}, geometry=shapes, crs=CRS
        ),
        "roads": gpd.GeoDataFrame({"highway": ["residential"] * len(roads)}, geometry=roads, crs=CRS),
        "communities": gpd.GeoDataFrame(
            {"code": ["A1", "A2", "B1", "B2"][:covered], "name": ["North", "East", "South", "West"][:covered]},
            geometry=parts,
            crs=CRS,
        ),
    }


def jobs(town, options=OPTIONS):
    from gridgis.city.work import _jobs
    from gridgis.housing import count_housing

    return list(_jobs(town, divide_city(town, options), count_housing(town, options), options, "en", False))
