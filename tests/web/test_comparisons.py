"""Two plans compared by the service: as the engine does, as they stand, over other layers; whose grids change."""

import io
import json

import numpy as np
import pandas as pd
import pytest
import shapely
from edited_towns import even_plan
from gridgis_web.planning.drafts import edit_draft, open_draft, settle
from gridgis_web.planning.succession import make_next, walk_between
from gridgis_web.store import life
from gridgis_web.store.codes import retired_codes
from gridgis_web.store.crosswalk import crosswalk
from people import TODAY
from small_plans import grown_plan, keep
from test_api import Town

from gridgis.compare import compare_plans


@pytest.fixture
def town(store, tmp_path):
    return Town(store, tmp_path / "own")


def move_one(town):
    """Move a block of the draft to the grid beside it; return the unit, and the codes it went from and to."""
    plan, place = open_draft(town.store, town.draft)
    u, v, grid = plan.graph.u, plan.graph.v, plan.assignment.grid
    at = np.flatnonzero(grid[u] != grid[v])[0]
    unit, code = int(u[at]), plan.codes.code
    edit_draft(town.store, town.draft, place.version, "move", {"units": [unit], "to": code[grid[v[at]]]}, who="planner")
    return unit, str(code[grid[u[at]]]), str(code[grid[v[at]]])


def compare(town, after=None, before=None, **how):
    return town.ask(f"/plans/{after or town.draft}/comparison?with={before or town.published}", **how)


def assert_as_the_engine_says(told, before, after):
    found = compare_plans(before, after)
    said = found.to_dict()
    for name in ("matched", "buildings", "households", "population", "boundary_m", "grids"):
        assert told[name] == said[name], name
    for name in ("moved", "new", "demolished"):
        rows = getattr(found, name)
        assert told[name] == {
            "buildings": len(rows), "households": rows["households"].sum(), "population": rows["population"].sum()
        }  # fmt: skip
    pairs = found.moved.groupby(["before", "after"])["households"].sum().to_dict()
    assert {(row["from"], row["to"]): row["households"] for row in told["moves"] if row["buildings"]} == pairs
    for side, plan in (("before", before), ("after", after)):
        summary, figures = plan.report.summary, told[side]["figures"]
        names = ("grids", "kept", "households", "population", "buildings", "spread")
        assert [figures[name] for name in names] == pytest.approx([summary[name] for name in names], abs=1e-6), side
        assert figures["visible_share"] == pytest.approx(summary["visible_share"], abs=0.01)
        assert [feature["id"] for feature in told[side]["grids"]] == list(plan.grids["code"])


def test_what_an_edit_moved_is_told_before_and_after_it_is_drawn(town):
    unit, source, target = move_one(town)
    plan = open_draft(town.store, town.draft).plan
    answer = compare(town)
    told = answer.json
    assert_as_the_engine_says(told, even_plan(), plan)
    (move,) = told["moves"]
    assert (move["from"], move["to"]) == (source, target)
    land = shapely.area(plan.units.frame.geometry.iloc[unit])
    assert move["area_m2"] == pytest.approx(land, abs=0.1)
    assert shapely.contains_xy(shapely.from_geojson(json.dumps(move["geometry"])), *move["label"])
    settle(town.store, town.draft, open_draft(town.store, town.draft).place.version, who="planner")
    drawn = compare(town)
    assert drawn.json == told
    assert drawn.headers["ETag"] != answer.headers["ETag"], "another version of the draft"


def test_it_is_told_once_as_long_as_nothing_changes(town):
    answer = compare(town)
    assert answer.json["moves"] == []
    same = {"If-None-Match": answer.headers["ETag"]}
    assert compare(town, headers=same).status_code == 304
    move_one(town)
    assert len(compare(town, headers=same).json["moves"]) == 1


def test_tables_open_in_a_spreadsheet(town):
    _, source, target = move_one(town)
    path = f"/plans/{town.draft}/comparison/{{}}.csv?with={town.published}"
    for table, extra in (("moves", []), ("buildings", ["建筑"])):
        answer = town.ask(path.format(table), headers={"Accept-Language": "zh"})
        assert (answer.mimetype, answer.data[:3]) == ("text/csv", b"\xef\xbb\xbf")
        rows = pd.read_csv(io.BytesIO(answer.data), dtype=str, encoding="utf-8-sig")
        assert rows[["原网格", "新网格"]].to_numpy().tolist() == [[source, target]]
        assert set(extra) <= set(rows)
        assert rows["户数"].tolist() == ["50"]


def test_whose_grids_change_is_told_to_those_who_may_see_it(town):
    _, source, target = move_one(town)
    serve = {town.codes[0]: ("甲 One", town.first), town.codes[1]: ("乙 Two", town.second)}
    found = compare_plans(
        even_plan(), open_draft(town.store, town.draft).plan, officers={c: n for c, (n, _) in serve.items()}
    )
    expected = found.officers.dropna(subset="officer").set_index("officer").query("changed_grids > 0")
    told = compare(town).json["officers"]
    assert {one["name"] for one in told} == set(expected.index)
    assert {source, target} & set(serve) == {code for one in told for code in one["changed"]}
    for one in told:
        sums = [name for name in expected.columns if name.startswith("households_")]
        assert [one[name] for name in sums] == expected.loc[one["name"], sums].tolist()
    assert compare(town, login="officer").status_code == 403
    assert compare(town, login="stranger").status_code == 404
    assert "13800000000" not in compare(town).get_data(as_text=True)


def test_plans_over_other_layers_compare_too_and_as_the_crosswalk_has_it(town):
    layers, options = grown_plan()
    before = even_plan()
    with town.store.read() as session:
        retired = tuple(retired_codes(session, town.place))
    plan = make_next(layers, options, before=before, retired=retired)
    with town.store.write() as session:
        row = keep(session, town.place, plan, name="明年")
        after = row.id
        life.publish(
            session, row.id, 1, day=TODAY.replace(year=TODAY.year + 1, day=1), today=TODAY, who="planner", files=b"x",
            walk=walk_between(before, plan), walked_from=town.published,
        )  # fmt: skip
    told = compare(town, after=after).json
    assert_as_the_engine_says(told, before, plan)
    assert told["demolished"]["buildings"] == 2
    with town.store.read() as session:
        rows = [(row.old_code, row.new_code, row.buildings) for row in crosswalk(session, after)]
    assert {row for row in rows if row[0] and row[1] and row[0] != row[1]} == {
        (move["from"], move["to"], move["buildings"]) for move in told["moves"] if move["buildings"]
    }
    back = compare(town, after=town.published, before=after).json
    assert back["new"]["buildings"] == 2, "the other way round they are new"


def test_plans_of_two_jurisdictions_do_not_compare(town):
    with town.store.write() as session:
        other = keep(session, town.other, even_plan(), name="别处").id
    answer = compare(town, before=other, login="root")
    assert answer.status_code == 422
    assert "two jurisdictions" in answer.json["detail"]
    assert compare(town, before=10**6).status_code == 404
