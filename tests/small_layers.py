"""A street corner of three buildings, as layers that tests write to files and spoil."""

import geopandas as gpd
from shapely import LineString, Polygon, box

CRS = "EPSG:4547"
X, Y = 500_000.0, 3_400_000.0


def at(*corners):
    return [(X + x, Y + y) for x, y in corners]


def square(x, y, size=10.0, height=None):
    return box(X + x, Y + y, X + x + size, Y + y + (height or size))


def boundary(**columns):
    return gpd.GeoDataFrame({"name": ["幸福社区"], **columns}, geometry=[square(0, 0, 200)], crs=CRS)


def buildings(**columns):
    shapes = [square(20, 20), square(60, 20), square(20, 120)]
    base = {"id": ["a", "b", "c"], "名称": ["一号楼", "二号楼", "三号楼"], "户数": [12, 30, 8]}
    return gpd.GeoDataFrame({**base, **columns}, geometry=shapes, crs=CRS)


def roads(**columns):
    lines = [LineString(at((-500, 100), (700, 100))), LineString(at((100, 0), (100, 200)))]
    base = {"名称": ["人民路", None], "highway": ["primary", "footway"]}
    return gpd.GeoDataFrame({**base, **columns}, geometry=lines, crs=CRS)


def polygon(*corners):
    return Polygon(at(*corners))


def town(**changed):
    """Arguments of `read_layers`, with some replaced."""
    return {"boundary": boundary(), "buildings": buildings(), "roads": roads(), **changed}
