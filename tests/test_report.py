import io
from dataclasses import replace

import numpy as np
import pytest
from finished_plans import redrawn, suburb_plan, town_plan
from rich.console import Console

from gridgis.audit import audit_grids
from gridgis.features import KINDS
from gridgis.profiles import Band
from gridgis.report import build_report, headline, print_report


@pytest.fixture(scope="module")
def plan():
    return town_plan()


def printed(plan, language, width=120):
    console = Console(file=io.StringIO(), width=width)
    print_report(plan, console, language)
    return console.file.getvalue()


def test_figures_are_those_of_the_buildings(plan):
    report = plan.report
    held = plan.counts[plan.building_grid >= 0]
    assert report.summary["households"] == held["households"].sum() == report.grids["households"].sum()
    assert report.summary["population"] == held["population"].sum() == report.grids["population"].sum()
    assert report.summary["buildings"] == len(held) == report.grids["buildings"].sum()
    assert report.grids["area_ha"].sum() * 10_000 == pytest.approx(plan.layers.boundary.area)


def test_band_and_deviation_follow_from_the_options(plan):
    band, grids = plan.options.households, plan.report.grids
    assert grids["in_band"].tolist() == [count in band for count in grids["households"]]
    assert grids["deviation"].to_numpy() == pytest.approx(grids["households"] / band.middle - 1)
    assert plan.report.summary["kept"] + plan.report.summary["broken"] == len(grids)
    assert plan.report.summary["broken"] > 0, "the town has a tower that no band can hold"


def test_target_is_the_even_share_where_the_number_of_grids_is_given(plan):
    asked = replace(plan, options=plan.options.replace(grids=len(plan.grids)))
    report = build_report(asked)
    assert report.summary["target"] == pytest.approx(plan.grids["households"].mean())
    assert report.grids["deviation"].mean() == pytest.approx(0)


def test_load_is_people_where_only_they_are_bounded(plan):
    asked = replace(plan, options=plan.options.replace(households=None, population=Band(400, 600)))
    deviation = build_report(asked).grids["deviation"]
    assert deviation.to_numpy() == pytest.approx(plan.grids["population"] / 500 - 1)


@pytest.mark.parametrize("make", [town_plan, suburb_plan])
def test_shares_of_the_boundary_are_whole_and_the_certificates(make):
    plan = make()
    boundary = plan.report.boundary
    assert boundary["share"].sum() == pytest.approx(1)
    assert boundary["length_m"].is_monotonic_decreasing
    visible = [KINDS[kind].visible for kind in boundary.index]
    assert boundary.loc[visible, "share"].sum() == pytest.approx(plan.report.summary["visible_share"])
    assert np.isclose(boundary["length_m"].sum() / 1000, plan.report.summary["boundary_km"])


def test_every_grid_outside_a_band_is_explained_in_both_languages(plan):
    told = plan.report.explanations
    assert set(plan.report.grids.loc[~plan.report.grids["in_band"], "code"]) == set(told["grid"])
    for column in ("reason_zh", "reason_en", "remedy_zh", "remedy_en"):
        assert told[column].str.len().gt(0).all()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_terminal_shows_every_grid_its_reasons_and_the_verdict(plan, language):
    text = printed(plan, language, width=400)
    for code in plan.grids["code"]:
        assert code in text
    assert plan.report.explanations["reason_zh" if language == "zh" else "reason_en"][0] in text
    assert plan.certificate.summary(language) in text
    assert headline(plan.report, language) in text


def test_terminal_is_short_where_much_is_wrong(plan, monkeypatch):
    monkeypatch.setattr("gridgis.report.TERMINAL_REASONS", 2)
    monkeypatch.setattr("gridgis.report.TERMINAL_ROWS", 3)
    band = Band(1, 2)
    counted = plan.layers.buildings.assign(households=plan.counts["households"], population=plan.counts["population"])
    certificate = audit_grids(plan.grids, plan.layers.boundary, counted, households=band)
    broken = redrawn(replace(plan, options=plan.options.replace(households=band)), certificate=certificate)
    text = printed(broken, "en", width=400)
    assert len(broken.report.explanations) >= len(plan.grids) - 1
    assert "more in the report" in text
    assert f"{len(plan.grids) - 3} more grids" in text
