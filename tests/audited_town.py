"""A town of squares, drawn and audited, with whatever spoils it."""

from __future__ import annotations

import geopandas as gpd
from ascii_town import METRIC, draw_town
from hypothesis import strategies as st

from gridgis.audit import audit_grids
from gridgis.grids import draw_grids
from gridgis.options import PlanOptions
from gridgis.profiles import Band

WIDE = Band(1, 10_000)

TOWN = """
aabb
aabb
ccdd
"""


def audited(picture=TOWN, *, change=None, **options):
    """Draw a town, let ``change`` spoil the geometries (a list), and audit."""
    town = draw_town(picture)
    grids = draw_grids(town.units, town.assignment, town.layers, PlanOptions())
    if change is not None:
        shapes = list(grids.geometry)
        change(shapes)
        grids = grids.set_geometry(gpd.GeoSeries(shapes, index=grids.index, crs=grids.crs))
    buildings = options.pop("buildings", town.layers.buildings)
    return audit_grids(grids, town.layers.boundary, buildings, **options)


def with_counts(picture, **counts):
    buildings = draw_town(picture).layers.buildings
    return buildings.assign(**counts)


def move(shapes, piece, source, target):
    shapes[source] -= piece
    shapes[target] |= piece


# what the inner boundary follows


def line_layer(*rows):
    lines = gpd.GeoDataFrame({"kind": [kind for kind, _ in rows]}, geometry=[g for _, g in rows], crs=METRIC)
    return lines.assign(tunnel=False)


# random towns


@st.composite
def pictures(draw):
    rows, columns = draw(st.integers(2, 7)), draw(st.integers(2, 7))
    letters = draw(st.lists(st.sampled_from("abcde"), min_size=rows * columns, max_size=rows * columns))
    return "\n".join("".join(letters[r * columns : (r + 1) * columns]) for r in range(rows))
