"""Comparing plans: who moved, what is new or gone, which lines stayed, whose grids it concerns."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely.affinity
from finished_plans import town_plan
from test_edit import beside, even_plan, lattice_plan

from gridgis.cli import run
from gridgis.compare import Division, compare_divisions, compare_plans, read_division, read_officers
from gridgis.edit import merge_grids, move_units, split_grid
from gridgis.errors import InputError


def moved_one():
    """The even plan, and with one block of 50 households moved from a grid to another; their codes."""
    plan = even_plan()
    target, source = plan.codes.code[0], beside(plan, 0)[0]
    grid = np.array(plan.codes.code)[plan.assignment.grid]
    u, v = np.concatenate([plan.graph.u, plan.graph.v]), np.concatenate([plan.graph.v, plan.graph.u])
    unit = u[(grid[u] == source) & (grid[v] == target)][:1]
    return plan, move_units(plan, unit, target).plan, source, target


def changed(division, **columns):
    return replace(division, buildings=division.buildings.assign(**columns))


def test_a_plan_and_itself_are_the_same():
    found = compare_plans(town_plan(), town_plan())
    assert (len(found.moved), len(found.new), len(found.demolished), found.moved_households) == (0, 0, 0, 0)
    assert not found.grids["changed"].any()
    assert (found.grids["kept_share"] == 1).all()
    assert found.boundary_m["before"] == found.boundary_m["after"] == pytest.approx(found.boundary_m["shared"])
    overlap = found.overlap.to_numpy()
    assert (overlap == np.diag(np.diag(overlap))).all()
    assert overlap.sum() == town_plan().grids["households"].sum()


def test_what_an_edit_moved_is_what_the_comparison_tells():
    before, after, source, target = moved_one()
    found = compare_plans(before, after)
    assert (found.matched, len(found.moved), found.moved_households) == ("codes", 1, 50)
    assert found.moved.loc[0, ["before", "after"]].tolist() == [source, target]
    assert found.moved_share == pytest.approx(50 / 800)
    rows = found.grids.set_index("code")
    assert rows.loc[source, ["households_before", "households_after", "households_out"]].tolist() == [200, 150, 50]
    assert rows.loc[target, ["households_before", "households_after", "households_in"]].tolist() == [200, 250, 50]
    assert rows["kept_share"][source] == 0.75
    assert set(rows.index[rows["changed"]]) == {source, target}
    assert found.overlap.loc[source, target] == 50
    # the block moved is 100 m square: lines of whole blocks come and go, all others are shared
    length = found.boundary_m
    assert 0 < length["shared"] < min(length["before"], length["after"])
    assert all(value == pytest.approx(round(value, -2), abs=3) for value in length.values())
    assert "50 households" in found.summary("en")
    assert "50户" in found.summary("zh")


def test_merged_and_split_grids_are_gone_and_new():
    plan = even_plan()
    merged = merge_grids(plan, [plan.codes.code[0], beside(plan, 0)[0]])
    rows = compare_plans(plan, merged.plan).grids
    assert rows[rows["code_after"].isna()]["code"].tolist() == list(merged.retired)
    split = split_grid(plan, plan.codes.code[0])
    found = compare_plans(plan, split.plan)
    rows = found.grids
    assert rows[rows["code"].isna()]["code_after"].tolist() == list(split.new)
    assert found.moved["source_id"].tolist() == plan.layers.buildings["source_id"][split.buildings].tolist()


def test_plans_with_other_codes_are_matched_by_what_they_share():
    before, after, source, target = moved_one()
    one, two = Division.of_plan(before), Division.of_plan(after)
    for rename in (lambda code: f"G{code}", lambda code: f"{len(before.grids) + 1 - int(code):03}"):
        renamed = replace(two, grids=two.grids.assign(code=[rename(code) for code in two.grids["code"]]))
        found = compare_divisions(one, renamed)
        assert found.matched == "overlap"
        assert found.moved[["before", "after"]].to_numpy().tolist() == [[source, rename(target)]]


def test_buildings_are_known_by_id_or_place_and_others_are_new_or_gone():
    before, after, *_ = moved_one()
    one, two = Division.of_plan(before), Division.of_plan(after)
    ids = two.buildings["source_id"]
    # all ids given out anew, in another order: only the place tells
    shuffled = changed(two, source_id=ids.to_numpy()[::-1])
    assert compare_divisions(one, shuffled).moved_households == 50
    # redrawn a little beside where it was, with its id
    nudged = two.buildings.set_geometry([shapely.affinity.translate(g, 21, 0) for g in two.buildings.geometry])
    found = compare_divisions(one, replace(two, buildings=nudged))
    assert (found.moved_households, len(found.new)) == (50, 0)
    # the first is gone, the last has a new id far away
    far = two.buildings.copy()
    far.loc[15, "source_id"] = "built"
    far.geometry = [*far.geometry[:15], shapely.affinity.translate(far.geometry[15], 30, 30)]
    found = compare_divisions(one, replace(two, buildings=far.iloc[1:].reset_index(drop=True)))
    assert found.new["source_id"].tolist() == ["built"]
    assert sorted(found.demolished["source_id"]) == sorted(ids[[0, 15]])
    rows = found.grids
    parts = ["households_in", "households_new", "households_recounted"]
    lost = ["households_out", "households_demolished"]
    assert (
        rows["households_before"] + rows[parts].sum(axis=1) - rows[lost].sum(axis=1) == rows["households_after"]
    ).all()
    assert (rows["households_demolished"].sum(), rows["households_new"].sum()) == (100, 50)
    # counted anew
    found = compare_divisions(one, changed(one, households=one.buildings["households"] + 1))
    assert (found.grids["households_recounted"] == 4).all()


def test_plans_over_other_units_share_most_lines():
    counts = np.full((4, 4), 50)
    counts[0, 0] = 80
    found = compare_plans(even_plan(), lattice_plan(counts))
    assert found.buildings == 16
    assert found.boundary_m["shared"] > 0


def test_officers_are_told_what_changes_for_them():
    before, after, source, target = moved_one()
    rest = [code for code in before.codes.code if code not in (source, target)]
    found = compare_plans(before, after, officers={source: "甲", target: "乙", rest[0]: "乙"})
    rows = found.officers.set_index("officer")
    assert rows.loc["甲", ["grids", "changed_grids", "households_out"]].tolist() == [1, 1, 50]
    assert rows.loc["乙", ["grids", "changed_grids", "households_in"]].tolist() == [2, 1, 50]
    assert found.officers["grids"].sum() == len(found.grids)


def test_plans_of_other_places_cannot_be_compared():
    with pytest.raises(InputError, match="no building in common"):
        compare_plans(town_plan(), even_plan())


def write(plan, folder):
    folder.mkdir()
    plan.to_file(folder / "grids.gpkg")
    return folder


def test_the_command_compares_what_was_written(tmp_path, capsys):
    before, after, source, target = moved_one()
    folders = [str(write(plan, tmp_path / name)) for plan, name in ((before, "a"), (after, "b"))]
    table = tmp_path / "officers.csv"
    pd.DataFrame({"网格": [source, target], "网格员": ["甲", "乙"]}).to_csv(table, index=False)
    out = tmp_path / "out" / "changes.json"
    assert run(["compare", *folders, "--officers", str(table), "-o", str(out), "--language", "zh"]) == 0
    text = capsys.readouterr().out
    assert "50户" in text and "划入" in text and "甲" in text
    values = json.loads(out.read_text(encoding="utf-8"))
    told = compare_plans(before, after, officers=read_officers(table)).to_dict()
    assert values == json.loads(json.dumps(told))
    assert [path.name for path in out.parent.iterdir()] == ["changes.json"]
    assert run(["compare", *folders, "--language", "en"]) == 0
    assert "moved in" in capsys.readouterr().out


def test_files_that_are_no_plan_are_refused_with_the_remedy(tmp_path, capsys):
    folder = write(even_plan(), tmp_path / "plan")
    table = tmp_path / "t.csv"
    table.write_text("grid,officer\n001,A\n001,B\n", encoding="utf-8")
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("a,b\n1,2\n", encoding="utf-8")
    for arguments, words in [
        ([tmp_path / "none", folder], "give the folder"),
        ([table, folder], "no layers grids and buildings"),
        ([folder, folder, "--officers", table], "several officers"),
        ([folder, folder, "--officers", wrong], "columns grid and officer"),
        ([folder, folder, "--officers", tmp_path / "none.csv"], "cannot be read"),
    ]:
        assert run(["compare", *map(str, arguments)]) == 2
        assert words in capsys.readouterr().err
    assert len(read_division(folder / "grids.gpkg").grids) == 4
