"""The audit measures compounds, what the inner boundary follows, and shapes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from ascii_town import METRIC, draw_town, square
from audited_town import TOWN, audited, line_layer
from shapely import LineString

from gridgis.profiles import Band

# compounds


def compounds(*shapes, names=None):
    return gpd.GeoDataFrame({"name": names or [f"c{i}" for i in range(len(shapes))]}, geometry=list(shapes), crs=METRIC)


def test_a_split_compound_is_a_fault_unless_it_is_too_large():
    across, within = square(100, 200, 200, 100), square(0, 100, 200, 200)
    certificate = audited(compounds=compounds(across, within), households=Band(10, 40))
    assert certificate.compounds.total == 2 and certificate.compounds.split == ("c0",)
    assert certificate.faults == ["1 compound split though small enough for one grid: c0"]
    large = audited(compounds=compounds(square(0, 100, 400, 200)), households=Band(10, 40))
    assert large.holds
    assert large.compounds.too_large == ("c0",)


def test_a_compound_that_only_reaches_over_the_line_is_not_split():
    assert audited(compounds=compounds(square(0, 100, 225, 200))).compounds.split == ()


def test_shares_are_lengths_along_each_kind():
    # inner boundary: x = 200 from 100 to 300, y = 100 from 0 to 400, x = 200 from 0 to 100
    lines = line_layer(
        ("primary", LineString([(200, 0), (200, 300)])),
        ("residential", LineString([(200, 90), (200, 310)])),
        ("path", LineString([(0, 100.5), (100, 100.5)])),
        ("service", LineString([(300, 0), (300, 300)])),
    )
    found = audited(lines=lines).follows
    assert found.length_m == pytest.approx(700)
    assert found.shares == pytest.approx({"none": 300 / 700, "primary": 300 / 700, "path": 100 / 700}, abs=1e-6)
    assert found.visible_share == pytest.approx(400 / 700)
    reached = audited(lines=lines, visible_at_best=0.5).visible_at_best
    assert reached == found.visible_share, "the best is no less than what was reached"


def test_lines_that_cross_or_lie_apart_or_underground_are_not_followed():
    apart = ("primary", LineString([(202, 0), (202, 300)]))
    crossing = ("rail", LineString([(150, 200), (250, 200)]))
    assert audited(lines=line_layer(apart, crossing)).follows.shares == {"none": 1.0}
    under = line_layer(("rail", LineString([(200, 0), (200, 300)]))).assign(tunnel=True)
    assert audited(lines=under).follows.shares == {"none": 1.0}


def test_shores_compounds_and_walls_are_followed():
    none = line_layer().set_crs(METRIC, allow_override=True)
    water = gpd.GeoDataFrame({"name": ["Lake"]}, geometry=[square(200, 100, 200, 200)], crs=METRIC)
    shares = audited(lines=none, water=water).follows.shares
    assert shares["water"] == pytest.approx(400 / 700, abs=0.01)
    town = draw_town(TOWN)
    buildings = town.layers.buildings.copy()
    buildings.loc[0, "geometry"] = square(130, 120, 70, 160)
    buildings.loc[1, "geometry"] = square(205, 120, 40, 160)
    shares = audited(lines=none, buildings=buildings).follows.shares
    assert shares["building"] == pytest.approx(160 / 700, abs=0.01)
    shares = audited(lines=none, compounds=compounds(square(0, 0, 200, 100))).follows.shares
    assert shares["compound"] == pytest.approx(300 / 700, abs=0.01)


def test_one_grid_has_no_inner_boundary():
    found = audited("aa", lines=line_layer().set_crs(METRIC, allow_override=True)).follows
    assert found.length_m == 0 and found.visible_share is None


def test_compactness_of_known_shapes():
    rows = audited("aaaa").rows
    w, h = 400, 100
    assert rows["polsby_popper"].iloc[0] == pytest.approx(4 * np.pi * w * h / (2 * (w + h)) ** 2)
    assert rows["reock"].iloc[0] == pytest.approx(w * h / (np.pi * (w**2 + h**2) / 4))
