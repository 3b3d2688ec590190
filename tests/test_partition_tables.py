"""Graphs from tables, assignments to a table, and several plans to choose from."""

import numpy as np
import pandas as pd
import pytest

from gridgis.errors import InfeasibleError, InputError
from gridgis.features import KINDS
from gridgis.options import PlanOptions
from gridgis.partition import candidate_table, candidates, partition
from gridgis.partition.candidates import DIFFERENT, difference
from gridgis.partition.tables import bands_for, options_for, read_graph, write_assignment
from gridgis.profiles import Band
from tests.partition_towns import lattice


@pytest.fixture
def tables(tmp_path):
    def write(nodes, edges):
        (tmp_path / "nodes.csv").write_text(nodes, encoding="utf-8")
        (tmp_path / "edges.csv").write_text(edges, encoding="utf-8")
        return tmp_path / "nodes.csv", tmp_path / "edges.csv"

    return write


def test_what_is_in_the_tables_is_in_the_graph(tables):
    graph = read_graph(
        *tables(
            "id,pop,hh,x,y,area_m2,outer_len\n甲,30,10,0,0,100,5\nB,60,20,1,0,200,6\nC,0,0,2,0,50,7\n",
            "u,v,shared_len,road_class\n甲,B,7,0\nC,B,3,5\nB,甲,2,1\n",
        )
    )
    assert graph.ids.tolist() == ["甲", "B", "C"]
    assert graph.households.tolist() == [10, 20, 0]
    assert graph.population.tolist() == [30, 60, 0]
    assert graph.outer_m.tolist() == [5, 6, 7]
    assert list(zip(graph.u.tolist(), graph.v.tolist(), strict=True)) == [(0, 1), (1, 2)]
    assert graph.shared_m.tolist() == [9, 3]
    assert graph.cost[0] == pytest.approx(7 * KINDS["none"].cost + 2 * KINDS["residential"].cost)
    assert graph.cost[1] < 3 * 0.2


def test_a_missing_count_does_not_count(tables):
    graph = read_graph(*tables("id,pop\n1,30\n2,30\n", "u,v\n1,2\n"))
    assert bands_for(graph, grids=2, tolerance=0.1) == {"households": None, "population": Band(27, 33)}
    answer = partition(graph, options_for(graph, grids=2, tolerance=0.1))
    assert answer.grids == 2
    with pytest.raises(InputError, match="no households"):
        bands_for(graph, households=Band(1, 2))
    with pytest.raises(InputError, match="nothing says how large"):
        bands_for(graph)
    with pytest.raises(InfeasibleError, match="no whole number"):
        bands_for(graph, grids=7, tolerance=0.001)


@pytest.mark.parametrize(
    ("nodes", "edges", "words"),
    [
        ("id,pop\n1,3\n1,4\n", "u,v\n1,1\n", ["1 ids occur more than once", "(1)"]),
        ("id,pop\n1,x\n2,-4\n", "u,v\n1,2\n", ["pop is not a number of at least 0 in 2 lines (2, 3)"]),
        ("id,pop\n1,3\n", "u,v\n1,9\n8,1\n", ["2 ends are no unit of the nodes (8, 9)"]),
        ("name,pop\n1,3\n", "u,v\n", ["the column id is missing"]),
        ("id,pop\n1,3\n2,3\n", "u,v,road_class\n1,2,9\n", ["road_class goes up to 9"]),
        ("", "u,v\n", ["cannot be read as CSV"]),
        ("id,pop\n1,x\n1,4\n", "u,v\n7,1\n", ["more than once", "not a number", "no unit"]),
    ],
)
def test_faults_are_told_together(tables, nodes, edges, words):
    with pytest.raises(InputError) as caught:
        read_graph(*tables(nodes, edges))
    assert all(word in str(caught.value) for word in words)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        read_graph(tmp_path / "nodes.csv", tmp_path / "edges.csv")


def test_the_assignment_is_written_whole(tmp_path):
    graph = lattice(6, 6, low=40, high=41)
    answer = partition(graph, PlanOptions())
    path = tmp_path / "assignment.csv"
    write_assignment(path, graph, answer)
    table = pd.read_csv(path)
    assert table.columns.tolist() == ["id", "grid"]
    assert table["id"].tolist() == graph.ids.tolist()
    assert table["grid"].tolist() == answer.grid.tolist()
    assert [file.name for file in tmp_path.iterdir()] == ["assignment.csv"]


def test_the_difference_of_plans_does_not_depend_on_numbers():
    graph = lattice(2, 2)
    load = np.ones(4)
    assert difference(graph, np.array([0, 0, 1, 1]), np.array([1, 1, 0, 0]), load) == 0
    assert difference(graph, np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), load) == 0.5


def test_candidates_differ_and_keep_the_bands():
    graph = lattice(15, 15)
    options = PlanOptions(effort=0.1)
    found = candidates(graph, options, count=3)
    assert len(found) == 3
    assert (found[0].assignment.grid == partition(graph, options).grid).all()
    assert all(not candidate.assignment.proofs for candidate in found)
    for i, one in enumerate(found):
        for other in found[:i]:
            grids = one.assignment.grid, other.assignment.grid
            assert difference(graph, *grids, graph.households.astype(float)) > DIFFERENT / 2
    table = candidate_table(found)
    assert table["difference"].iloc[0] == 0
    assert (table["difference"].iloc[1:] >= DIFFERENT).all()
    assert (table["outside_bands"] == 0).all()
