"""Real layers: gridgis and METIS on the same units and the same graph, in the same run, on one core.

    pip install gridgis[bench]
    python benchmarks/real.py [folder with a case's layers ...]
    python benchmarks/real.py FOLDER ... --csv real.csv --page docs/partitioner.md

``spread`` is the standard deviation of households ÷ their mean, ``strong`` the share of the boundary between grids that
runs along lines which cost at most 0.5 a metre (rivers, railways, roads above a street). METIS has no bands and gets as
many parts as gridgis makes grids: plain with households alone and lines by their length, which the ratios are held
against; with both counts merged; and with the prices that gridgis gives lines. It needs connected graphs, so the
largest connected piece without units too large for any grid is what all divide.
"""

from __future__ import annotations

import argparse
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from cases import Case
from measure import Method, measure
from peers import gridgis_method, metis, metis_tables
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scores import score
from tables import bad, markdown, number, put_into, seconds, share, text

from gridgis.cli.cases import find_files
from gridgis.features import KINDS
from gridgis.graph import Graph
from gridgis.neighbours import build_graph
from gridgis.options import PlanOptions
from gridgis.population import count_people
from gridgis.units import Units, build_units

HOME = Path(__file__).parents[1] / "data" / "shapefiles"
STRONG = 0.5
LIMIT_S = 600.0


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
    """The share of the boundary between grids that runs along strong lines."""
    edges = units.edges[units.edges["right"] >= 0]
    left, right = (place[edges[side].to_numpy(np.int64)] for side in ("left", "right"))
    inner = (left >= 0) & (right >= 0)
    inner[inner] = grid[left[inner]] != grid[right[inner]]
    strong = edges["kind"].map({name: kind.cost <= STRONG for name, kind in KINDS.items()}).to_numpy(bool)
    length = edges["length_m"].to_numpy(float)
    return float(length[inner & strong].sum() / length[inner].sum())


METHODS = (
    Method(name="METIS ±25 %", solve=metis, prepare=metis_tables),
    Method(name="METIS ±25 %, our prices", solve=partial(metis, by_cost=True), prepare=metis_tables),
    Method(name="METIS merged ±10 %", solve=partial(metis, merged=True, tolerance=0.1), prepare=metis_tables),
    Method(
        name="METIS merged ±10 %, our prices",
        solve=partial(metis, merged=True, tolerance=0.1, by_cost=True),
        prepare=metis_tables,
    ),
)


def measure_town(folder: Path, options: PlanOptions, effort: float) -> list[dict[str, object]]:
    """Divide a town's largest piece by every method; the first row is the bar."""
    layers = find_files(folder).read()
    units = build_units(layers, count_people(layers, options), options)
    graph, place = largest_piece(build_graph(units, options, layers)[0], options)
    ours = gridgis_method(effort)
    whole = Case(family="real", name=folder.name, graph=graph, options=options, grids=0)
    run = measure(whole, ours, limit_s=LIMIT_S)
    case = replace(whole, grids=int(run.grid.max()) + 1)
    runs = [(method, measure(case, method, limit_s=LIMIT_S)) for method in METHODS] + [(ours, run)]
    rows: list[dict[str, object]] = []
    for method, run in runs:
        if run.grid is None:
            raise SystemExit(f"{folder.name}: {method.name} {run.trouble}")
        cost = graph.cost[run.grid[graph.u] != run.grid[graph.v]].sum()
        row = {
            "case": folder.name,
            "units": graph.n,
            "method": method.name,
            **score(case, run.grid),
            "strong": strong_share(units, place, run.grid),
            "cost": cost,
            "cpu_s": run.cpu_s,
            "proven": run.proven,
            "trouble": "",
        }
        bar = rows[0] if rows else row
        rows.append(row | {f"{name}_ratio": row[name] / bar[name] for name in ("spread", "strong", "cost")})
    return rows


def table_of(rows: pd.DataFrame) -> str:
    """Return the rows as Markdown."""
    return markdown(
        rows,
        [
            ("town", "<", text("case")),
            ("units", ">", number("units")),
            ("method", "<", text("method")),
            ("grids", ">", number("grids")),
            ("bad", ">", bad),
            ("spread", ">", share("spread")),
            ("÷ METIS", ">", number("spread_ratio", 2)),
            ("strong", ">", share("strong")),
            ("÷ METIS", ">", number("strong_ratio", 2)),
            ("cost of lines ÷ METIS", ">", number("cost_ratio", 2)),
            ("CPU s", ">", seconds),
        ],
        group=("town", "units"),
    )


def main() -> None:
    """Measure every town, print the table, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", help="folders of layers; the demo's towns without any")
    for name in ("balance", "compactness", "lines", "effort"):
        parser.add_argument(f"--{name}", type=float, default=1.0)
    parser.add_argument("--csv", type=Path, help="file for all rows")
    parser.add_argument("--page", type=Path, help="page with a place for the table, filled in")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    options = PlanOptions(balance=chosen.balance, compactness=chosen.compactness, lines=chosen.lines)
    folders = chosen.folders or sorted(path for path in HOME.iterdir() if path.is_dir())
    rows = pd.DataFrame([row for folder in folders for row in measure_town(folder, options, chosen.effort)])
    table = table_of(rows)
    print(table)
    if chosen.csv:
        rows.to_csv(chosen.csv, index=False)
    if chosen.page:
        put_into(chosen.page, "real", table)


if __name__ == "__main__":
    main()
