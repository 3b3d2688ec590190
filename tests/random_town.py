"""Towns drawn at random, with everything that makes real ones hard: buildings across roads, overlapping, touching,
in two parts, over the edge; dead ends, a river with or without bridges, islands, a hole in the jurisdiction."""

import geopandas as gpd
import numpy as np
import shapely
import shapely.affinity
from shapely import LineString, MultiPolygon, Point, Polygon, box
from shapely.affinity import rotate

from gridgis import read_layers

CRS = "EPSG:32650"
X, Y = 450_000.0, 3_500_000.0


def shift(geometry):
    return shapely.affinity.translate(geometry, X, Y)


def layer(geometry, **columns):
    return gpd.GeoDataFrame(columns, geometry=[shift(g) for g in geometry], crs=CRS)


def random_town(seed, *, size=600.0, buildings=90, river=False, bridges=0, island=False, hole=False, levels=6, **areas):
    """Layers of a town; the same seed, the same town. ``areas``: further layers, as `read_layers` takes them."""
    rng = np.random.default_rng(seed)
    boundary = box(0, 0, size, size)
    if hole:
        boundary -= Point(size * 0.7, size * 0.7).buffer(40)
    if island:
        boundary = MultiPolygon([boundary, box(size + 80, 100, size + 200, 260)])
    roads, kinds, names = [], [], []
    for k, at in enumerate(np.sort(rng.uniform(40, size - 40, rng.integers(3, 7)))):
        bend = np.cumsum(rng.normal(0, 6, 7))
        along = np.linspace(-20, size + 20, 7)
        line = np.column_stack([along, at + bend])
        roads.append(LineString(line if k % 2 else line[:, ::-1]))
        kinds.append(["residential", "service", "primary"][k % 3])
        names.append([None, "人民路", "Mill Lane"][k % 3])
    for _ in range(4):  # dead ends
        x, y = rng.uniform(0, size, 2)
        roads.append(LineString([(x, y), (x + 50, y + 20)]))
        kinds.append("footway")
        names.append(None)
    barriers = []
    if river:
        barriers = [layer([LineString([(-10, size / 2), (size / 3, size / 2 + 15), (size + 10, size / 2)])],
                          waterway=["river"], name=["清河"])]  # fmt: skip
        roads = [r for r in roads if not r.crosses(barriers[0].geometry.iloc[0].buffer(1))]
        kept = [not shift(r).crosses(barriers[0].geometry.iloc[0]) for r in roads]
        roads = [r for r, keep in zip(roads, kept, strict=True) if keep]
        kinds, names = kinds[: len(roads)], names[: len(roads)]
        for x in np.linspace(0, size, bridges + 2)[1:-1]:
            roads.append(LineString([(x, -10), (x, size + 10)]))
            kinds.append("secondary")
            names.append("Bridge Street")
    shapes = []
    for k in range(buildings):
        w, h = rng.uniform(6, 26, 2)
        x, y = rng.uniform(-4, size - 4, 2)
        shape = rotate(box(x, y, x + w, y + h), float(rng.uniform(0, 90)))
        if k % 11 == 0:
            shape = shape - shape.centroid.buffer(min(w, h) / 5)  # a courtyard
        if k % 13 == 0:
            shape = MultiPolygon([box(x, y, x + 8, y + 8), box(x + 11, y, x + 20, y + 9)])
        if k % 7 == 0 and shapes:  # wall to wall with the one before
            x0, y0, x1, y1 = shapes[-1].envelope.bounds
            shapes[-1] = box(x0, y0, x1, y1)
            shape = box(x1, y0, x1 + w, y1)
        shapes.append(shape)
    if island:
        shapes += [box(size + 100 + 30 * k, 140, size + 120 + 30 * k, 160) for k in range(3)]
    homes = rng.integers(0, 30, len(shapes)).astype(float)
    homes[rng.random(len(shapes)) < 0.2] = np.nan
    return read_layers(
        boundary=layer([boundary], name=["幸福社区"]),
        buildings=layer(
            shapes,
            id=[f"b{k}" for k in range(len(shapes))],
            households=homes,
            levels=rng.integers(1, 10, len(shapes)) if levels is None else [levels] * len(shapes),
        ),
        roads=layer(roads, highway=kinds, name=names),
        barriers=barriers,
        **areas,
    )


def polygons(frame):
    return frame.geometry.to_numpy()


def holds_whole(area, polygon):
    """Area of ``polygon`` that lies outside ``area``."""
    return shapely.area(shapely.difference(polygon, area))


def square(x, y, side):
    return Polygon([(x, y), (x + side, y), (x + side, y + side), (x, y + side)])
