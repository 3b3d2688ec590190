"""The partitioner against METIS on the same graphs, in the same run, on one core.

    pip install gridgis[bench]
    python benchmarks/partition.py                       synthetic towns of 1,000 to 100,000 units
    python benchmarks/partition.py --sizes 1000000       as large as you like
    python benchmarks/partition.py --graphs DIR          folders with nodes.csv and edges.csv beside one another
    python benchmarks/partition.py --graphs DIR --parts OK_county=5    few large parts, fewest cut edges
    python benchmarks/partition.py --plot out/benchmark  figures as well

A grid is bad when it breaks either band (households ±25 %, population ±20 % around the mean; 300–500 and
1,000–1,500 in the synthetic towns); proven ones, which no partition avoids, are told apart.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from scipy.spatial import Voronoi

from gridgis.graph import Graph
from gridgis.options import PlanOptions
from gridgis.partition import partition
from gridgis.partition.check import pieces_within
from gridgis.partition.tables import options_for, read_graph
from gridgis.profiles import Band

try:
    import pymetis
except ImportError:
    pymetis = None

CELL_M = 100.0


@dataclass(frozen=True, kw_only=True)
class Case:
    name: str
    graph: Graph
    options: PlanOptions
    grids: int


def voronoi_town(n: int, *, seed: int, mean: float = 40.0, spread: float = 0.8, most: int = 250) -> Graph:
    """Voronoi cells of random points in a square, lognormal households, about 3.1 people in each."""
    rng = np.random.default_rng(seed)
    side = math.sqrt(n)
    points = rng.random((n, 2)) * side
    rim = 3.0 + math.log(n)
    mirrored = [points]
    for axis in (0, 1):
        # mirror images of what is near a side make the side itself an edge of the cells
        everything = np.vstack(mirrored)
        for wall in (0.0, side):
            image = everything[np.abs(everything[:, axis] - wall) < rim].copy()
            image[:, axis] = 2 * wall - image[:, axis]
            mirrored.append(image)
    cells = Voronoi(np.vstack(mirrored) * CELL_M)
    a, b = cells.ridge_points.T
    ends = np.array(cells.ridge_vertices)
    length = np.linalg.norm(cells.vertices[ends[:, 0]] - cells.vertices[ends[:, 1]], axis=1)
    part = length * np.linalg.norm(cells.points[a] - cells.points[b], axis=1) / 4
    count = len(cells.points)
    area = np.bincount(a, part, count) + np.bincount(b, part, count)
    inside, edge = (a < n) & (b < n), (a < n) != (b < n)
    keep = inside & (length > 0.5)
    households = np.clip(np.round(rng.lognormal(math.log(mean) - spread**2 / 2, spread, n)), 1, most).astype(np.int64)
    people = np.round(households * np.clip(rng.normal(3.125, 0.35, n), 1.5, 5)).astype(np.int64)
    return Graph(
        ids=np.arange(n),
        households=households,
        population=np.clip(people, 1, 1350),
        x=points[:, 0] * CELL_M,
        y=points[:, 1] * CELL_M,
        area_m2=area[:n],
        outer_m=np.bincount(np.minimum(a, b)[edge], length[edge], count)[:n],
        u=np.minimum(a, b)[keep].astype(np.int64),
        v=np.maximum(a, b)[keep].astype(np.int64),
        shared_m=length[keep],
        cost=length[keep],
        block=np.arange(n),
    )


def metis(case: Case, *, merged: bool, tolerance: float, by_cost: bool = False) -> np.ndarray:
    """METIS k-way, contiguous: by households alone, or by the mean of both counts; lines by length or by cost."""
    graph = case.graph
    indptr, indices, edge = graph.csr()
    load = graph.households if graph.households.any() else graph.population
    if merged and graph.households.any():
        load = 500 * (graph.households / graph.households.mean() + graph.population / graph.population.mean())
    price = graph.cost if by_cost else graph.shared_m
    lines = np.maximum(1, np.round(100 * price / price.mean())).astype(np.int64)
    options = pymetis.Options()
    options.ufactor = round(1000 * tolerance)
    options.contig = 1
    options.seed = 1
    answer = pymetis.part_graph(
        case.grids,
        xadj=indptr,
        adjncy=indices,
        vweights=np.maximum(1, np.round(load)).astype(np.int64),
        eweights=lines[edge],
        recursive=False,
        options=options,
    )
    return np.unique(np.asarray(answer[1]), return_inverse=True)[1]


def score(case: Case, grid: np.ndarray) -> dict[str, float]:
    graph, k = case.graph, int(grid.max()) + 1
    bad = np.zeros(k, bool)
    spread = math.nan
    for counts, band in ((graph.households, case.options.households), (graph.population, case.options.population)):
        if band is not None:
            sums = np.bincount(grid, counts, k)
            bad |= (sums < band.low) | (sums > band.high)
            spread = sums.std() / sums.mean() if math.isnan(spread) else spread
    _, piece = pieces_within(graph, grid)
    bad |= np.bincount(grid[np.unique(piece, return_index=True)[1]], minlength=k) > 1
    cut = grid[graph.u] != grid[graph.v]
    around = np.bincount(grid, graph.outer_m, k)
    for ends in (graph.u, graph.v):
        around += np.bincount(grid[ends[cut]], graph.shared_m[cut], k)
    area = np.bincount(grid, graph.area_m2, k)
    shape = float(np.mean(4 * np.pi * area / around**2)) if graph.outer_m.any() else math.nan
    return {
        "grids": k,
        "bad": int(bad.sum()),
        "cut": graph.shared_m[cut].sum(),
        "cut_edges": int(cut.sum()),
        "shape": shape,
        "spread": spread,
    }


def measure(case: Case, efforts: list[float]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []

    def note(method: str, seconds: float, grid: np.ndarray, proven: int | None = None) -> None:
        row = {"case": case.name, "units": case.graph.n, "method": method, "cpu_s": seconds, **score(case, grid)}
        rows.append(row | {"proven": proven})
        print(f"  {method:22} {seconds:7.2f} s  bad {row['bad']:5}  shape {row['shape']:.3f}", flush=True)

    print(f"{case.name}: {case.graph.n:,} units", flush=True)
    whole = pieces_within(case.graph, np.zeros(case.graph.n, np.int64))[0] == 1
    if pymetis is not None and whole:  # METIS refuses contiguous parts of a graph in pieces
        for name, merged, tolerance in (("METIS ±25 %", False, 0.25), ("METIS merged ±10 %", True, 0.10)):
            started = time.process_time()
            grid = metis(case, merged=merged, tolerance=tolerance)
            note(name, time.process_time() - started, grid)
    for effort in efforts:
        started = time.process_time()
        answer = partition(case.graph, case.options.replace(effort=effort))
        proven = len({proof.grid for proof in answer.proofs if proof.proven})
        note(f"gridgis, effort {effort:g}", time.process_time() - started, answer.grid, proven)
    return rows


def cases(sizes: list[int], seeds: int, folder: Path | None, parts: dict[str, int]) -> list[Case]:
    out = []
    for n in sizes:
        for seed in range(seeds):
            options = PlanOptions(seed=seed)
            out.append(Case(name=f"town {n:,}", graph=voronoi_town(n, seed=seed), options=options, grids=n // 10))
    if 10_000 in sizes:
        graph = voronoi_town(10_000, seed=0, mean=80.0, spread=0.9, most=450)
        out.append(Case(name="coarse 10,000", graph=graph, options=PlanOptions(), grids=1955))
    for nodes in sorted(folder.glob("*/nodes.csv") if folder else []):
        graph = read_graph(nodes, nodes.with_name("edges.csv"))
        if nodes.parent.name in parts:
            k = parts[nodes.parent.name]
            options = options_for(graph, grids=k, objective="cut-edges")
            out.append(Case(name=f"{nodes.parent.name} in {k}", graph=graph, options=options, grids=k))
            continue
        grids = max(2, graph.n // 7 if graph.households.any() else graph.n // 10)
        bands = {}
        both = bool(graph.households.any())
        for name, share in (("households", 0.25), ("population", 0.2 if both else 0.25)):
            total = getattr(graph, name).sum()
            bands[name] = Band(total / grids * (1 - share), total / grids * (1 + share)) if total else None
        out.append(Case(name=nodes.parent.name, graph=graph, options=PlanOptions(**bands), grids=grids))
    return out


def plot(table: pd.DataFrame, folder: Path) -> None:
    import matplotlib.pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    towns = table[table["case"].str.startswith("town")]
    titles = {"cpu_s": "CPU seconds", "bad": "bad grids", "shape": "mean Polsby–Popper", "spread": "spread of the load"}
    for column, title in titles.items():
        figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
        for method, rows in towns.groupby("method"):
            mean = rows.groupby("units")[column].mean()
            axes.plot(mean.index, mean.to_numpy(), marker="o", label=method)
        axes.set(xscale="log", xlabel="units", ylabel=title)
        if column == "cpu_s":
            axes.set_yscale("log")
        axes.legend()
        figure.savefig(folder / f"partition_{column}.png", dpi=120)
        plt.close(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--efforts", type=float, nargs="*", default=[0.01, 0.2, 1.0])
    parser.add_argument("--graphs", type=Path, help="folder of folders with nodes.csv and edges.csv")
    parser.add_argument(
        "--parts", nargs="*", default=[], metavar="FOLDER=K", help="few parts of ±0.5 %%, fewest cut edges"
    )
    parser.add_argument("--plot", type=Path, help="folder for figures")
    chosen = parser.parse_args()
    if pymetis is None:
        print("METIS is not installed (pip install pymetis), so there is nothing to compare with")
    partition(voronoi_town(500, seed=99), PlanOptions(effort=0.1))  # compiles
    parts = {name: int(k) for name, k in (text.split("=") for text in chosen.parts)}
    wanted = cases(chosen.sizes, chosen.seeds, chosen.graphs, parts)
    rows = [row for case in wanted for row in measure(case, chosen.efforts)]
    table = pd.DataFrame(rows)
    first = table.groupby(["case", "units"])["cut"].transform("first")
    table["cut"] = (table["cut"] / first).round(3)
    print(table.round(3).to_string(index=False))
    if chosen.plot:
        plot(table, chosen.plot)
        table.to_csv(chosen.plot / "partition.csv", index=False)


if __name__ == "__main__":
    main()
