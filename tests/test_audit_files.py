"""The audit takes grids of other programs, and tells what is wrong with their layer."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from ascii_town import METRIC, draw_town, square
from audited_town import TOWN, WIDE, line_layer
from pyproj import CRS
from shapely import LineString, MultiPolygon, Polygon

from gridgis.audit import audit_grids
from gridgis.errors import InputError
from gridgis.grids import draw_grids
from gridgis.options import PlanOptions
from gridgis.profiles import Band

# files of other programs


def test_any_crs_and_column_names_will_do():
    town = draw_town(TOWN)
    grids = draw_grids(town.units, town.assignment, town.layers, PlanOptions())
    foreign = gpd.GeoDataFrame({"WGBH": range(4)}, geometry=grids.geometry.to_numpy(), crs=grids.crs).to_crs(4326)
    certificate = audit_grids(foreign, town.layers.boundary, town.layers.buildings, households=Band(20, 40))
    assert certificate.holds
    assert list(certificate.rows["code"]) == ["0", "1", "2", "3"]
    assert foreign.crs == CRS.from_epsg(4326)


def test_edges_without_common_vertices_are_measured_just_as_well():
    town = draw_town("ab\nac")
    shapes = [square(0, 0, 100, 200), square(100, 100, 100), square(100, 0, 100)]
    plain = gpd.GeoDataFrame(geometry=shapes, crs=METRIC)
    lines = line_layer(("road", LineString([(100, 0), (100, 200)])))
    certificate = audit_grids(plain, town.layers.boundary, town.layers.buildings, lines=lines)
    assert certificate.holds
    assert certificate.follows.shares == pytest.approx({"road": 2 / 3, "none": 1 / 3})


def test_faults_of_the_layer_itself_are_told():
    town = draw_town("abc")
    bowtie = Polygon([(0, 0), (100, 100), (100, 0), (0, 100)])
    two_that_touch = MultiPolygon([square(100, 0, 50, 100), square(150, 0, 50, 100)])
    grids = gpd.GeoDataFrame(
        {"code": ["x", "y", "y", "z"]}, geometry=[bowtie, two_that_touch, square(200, 0, 100), None], crs=METRIC
    )
    certificate = audit_grids(grids, town.layers.boundary, town.layers.buildings)
    assert certificate.defects == (
        "1 grid without geometry: z",
        "2 grids with an invalid outline (it crosses itself): x, y",
        "1 code given to more than one grid: y",
    )
    assert certificate.cover.gap_m2 == pytest.approx(5000)
    # the bow tie's halves touch in a point; the two rectangles share a line and are one piece
    assert list(certificate.cover.pieces) == [2, 1, 1, 0]
    assert len(certificate.faults) == len(certificate.faults_zh)
    assert not certificate.holds


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda g, b: (g.set_crs(None, allow_override=True), b), "the grids have no CRS"),
        (lambda g, b: (g, b.to_crs(4326)), "not in a metric CRS"),
        (lambda g, b: (g.set_geometry(g.boundary), b), "no polygon"),
        (lambda g, b: (g.iloc[:0], b), "no polygon"),
        (lambda g, b: (g, b.iloc[:0]), "no buildings"),
        (lambda g, b: (g, b.drop(columns="households")), "say nothing about households"),
        (lambda g, b: (g, b.assign(households=np.nan)), "say nothing about households"),
    ],
)
def test_input_that_cannot_be_audited_is_refused(spoil, message):
    town = draw_town(TOWN)
    grids = draw_grids(town.units, town.assignment, town.layers, PlanOptions())
    grids, buildings = spoil(grids, town.layers.buildings)
    with pytest.raises(InputError, match=message):
        audit_grids(grids, town.layers.boundary, buildings, households=WIDE)
