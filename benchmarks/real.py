"""Real layers: gridgis and METIS on the same units and the same graph, in the same run, on one core.

    pip install gridgis[bench]
    python benchmarks/real.py [folder with a case's layers ...]

``std`` is the standard deviation of households ÷ their mean, ``strong`` the share of the boundary between grids that
runs along lines which cost at most 0.5 a metre (rivers, railways, roads above a street). METIS has no bands: it gets as
many parts as gridgis makes grids, both counts merged into one weight, and the same prices of lines. It needs connected
graphs, so the largest connected piece without units too large for any grid is what all divide.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from partition import Case, metis, score
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from gridgis.cli.cases import find_files
from gridgis.features import KINDS
from gridgis.graph import Graph
from gridgis.neighbours import build_graph
from gridgis.options import PlanOptions
from gridgis.partition import partition
from gridgis.population import count_people
from gridgis.units import Units, build_units

HOME = Path(__file__).parents[1] / "data" / "shapefiles"
STRONG = 0.5


def largest_piece(graph: Graph, options: PlanOptions) -> tuple[Graph, np.ndarray]:
    """The largest connected piece of what is not too large for any grid, and which units it has."""
    fits = (graph.households <= options.households.high) & (graph.population <= options.population.high)
    kept = fits[graph.u] & fits[graph.v]
    links = coo_matrix((np.ones(kept.sum()), (graph.u[kept], graph.v[kept])), shape=(graph.n, graph.n))
    piece = np.where(fits, connected_components(links, directed=False)[1], graph.n)
    units = np.flatnonzero(piece == np.argmax(np.bincount(piece[fits])))
    place = np.full(graph.n, -1)
    place[units] = np.arange(len(units))
    edge = (place[graph.u] >= 0) & (place[graph.v] >= 0)
    nodes = ("ids", "households", "population", "x", "y", "area_m2", "outer_m", "block")
    return Graph(
        **{name: getattr(graph, name)[units] for name in nodes},
        u=place[graph.u[edge]],
        v=place[graph.v[edge]],
        shared_m=graph.shared_m[edge],
        cost=graph.cost[edge],
    ), place


def strong_share(units: Units, place: np.ndarray, grid: np.ndarray) -> float:
    edges = units.edges[units.edges["right"] >= 0]
    left, right = (place[edges[side].to_numpy(np.int64)] for side in ("left", "right"))
    inner = (left >= 0) & (right >= 0)
    inner[inner] = grid[left[inner]] != grid[right[inner]]
    strong = edges["kind"].map({name: kind.cost <= STRONG for name, kind in KINDS.items()}).to_numpy(bool)
    length = edges["length_m"].to_numpy(float)
    return float(length[inner & strong].sum() / length[inner].sum())


def measure(folder: Path, options: PlanOptions) -> list[dict[str, object]]:
    layers = find_files(folder).read()
    units = build_units(layers, count_people(layers, options), options)
    graph, place = largest_piece(build_graph(units, options, layers)[0], options)
    rows = []

    def note(method: str, seconds: float, grid: np.ndarray) -> None:
        scores = score(case, grid)
        rows.append(
            {
                "case": folder.name,
                "units": graph.n,
                "method": method,
                "grids": scores["grids"],
                "bad": scores["bad"],
                "std": np.bincount(grid, graph.households).std() / np.bincount(grid, graph.households).mean(),
                "strong": strong_share(units, place, grid),
                "cost": graph.cost[grid[graph.u] != grid[graph.v]].sum(),
                "cpu_s": seconds,
            }
        )

    started = time.process_time()
    answer = partition(graph, options)
    seconds = time.process_time() - started
    case = Case(name=folder.name, graph=graph, options=options, grids=answer.grids)
    for tolerance in (0.10, 0.25):
        started = time.process_time()
        grid = metis(case, merged=True, tolerance=tolerance, by_cost=True)
        note(f"METIS merged ±{tolerance:.0%}", time.process_time() - started, grid)
    note("gridgis", seconds, answer.grid)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", help="folders of layers; the demo's towns without any")
    parser.add_argument("--balance", type=float, default=1.0)
    parser.add_argument("--compactness", type=float, default=1.0)
    parser.add_argument("--lines", type=float, default=1.0)
    parser.add_argument("--csv", type=Path, help="table to write as well")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    options = PlanOptions(balance=chosen.balance, compactness=chosen.compactness, lines=chosen.lines)
    tables = []
    for folder in chosen.folders or sorted(path for path in HOME.iterdir() if path.is_dir()):
        tables.append(pd.DataFrame(measure(folder, options)))
        print(tables[-1].round(3).to_string(index=False), flush=True)
    if chosen.csv:
        pd.concat(tables).to_csv(chosen.csv, index=False)


if __name__ == "__main__":
    main()
