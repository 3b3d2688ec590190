"""How long an edit takes to answer: new plan, geometry of the touched grids, totals, bounds, breaches, crosswalk.

    python benchmarks/edit.py [--units 20000] [folder with a case's layers]

Without a folder the plan is of a made-up city of blocks between bent streets, one building in each. Every operation is
done once beforehand (compiled code is loaded then) and then many times at random places; the table is markdown.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
from shapely import LineString, box

from gridgis import PlanOptions, make_plan, read_layers
from gridgis.cli.cases import find_files
from gridgis.edit import Edit, merge_grids, move_buildings, move_units, resolve_region, split_along, split_grid
from gridgis.plan import Plan

BLOCK = 60.0
CRS = "EPSG:4547"


def city(units: int) -> Plan:
    n = round(units**0.5)
    rng = np.random.default_rng(0)
    x0, y0 = 500_000.0, 3_400_000.0
    lattice = np.stack(np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij"), -1) * BLOCK + [x0, y0]
    corner = lattice + rng.uniform(-12, 12, lattice.shape)
    streets = [LineString(corner[i]) for i in range(1, n)] + [LineString(corner[:, i]) for i in range(1, n)]
    middle = (corner[:-1, :-1] + corner[1:, 1:] + corner[:-1, 1:] + corner[1:, :-1]).reshape(-1, 2) / 4
    kinds = ["primary" if i % 10 == 0 else "residential" for i in range(1, n)] * 2
    layers = read_layers(
        boundary=gpd.GeoDataFrame(geometry=[box(x0, y0, x0 + n * BLOCK, y0 + n * BLOCK)], crs=CRS),
        buildings=gpd.GeoDataFrame(
            {"households": rng.integers(10, 60, n * n).astype(float)},
            geometry=[box(x - 7, y - 7, x + 7, y + 7) for x, y in middle],
            crs=CRS,
        ),
        roads=gpd.GeoDataFrame(
            {"highway": kinds, "name": [f"S{i}" for i in range(2 * n - 2)]}, geometry=streets, crs=CRS
        ),
    )
    return make_plan(layers, PlanOptions(population=None, effort=0.1))


def operations(plan: Plan, rng: np.random.Generator) -> dict[str, Callable[[], Edit]]:
    grid, code = plan.assignment.grid, plan.codes.code
    u, v = plan.graph.u, plan.graph.v
    border = np.flatnonzero(grid[u] != grid[v])
    several = np.flatnonzero(np.bincount(grid) > 1)

    def pair() -> tuple[int, int]:
        edge = rng.choice(border)
        return int(u[edge]), int(v[edge])

    def region(count: int) -> list[str]:
        chosen = [int(grid[pair()[0]])]
        while len(chosen) < count:
            near = np.isin(grid, chosen)
            around = np.setdiff1d(np.concatenate([grid[u[near[v]]], grid[v[near[u]]]]), chosen)
            chosen.append(int(rng.choice(around)))
        return [code[g] for g in chosen]

    def move(count: int) -> Edit:
        a, b = pair()
        units = np.flatnonzero(grid == grid[a])
        near = np.argsort(np.hypot(plan.graph.x[units] - plan.graph.x[a], plan.graph.y[units] - plan.graph.y[a]))
        return move_units(plan, units[near[:count]], code[grid[b]])

    def buildings() -> Edit:
        a, b = pair()
        held = plan.units.buildings.index[plan.units.buildings == a]
        return move_buildings(plan, held[:1].to_numpy() if len(held) else [0], code[grid[b]])

    def merge() -> Edit:
        a, b = pair()
        return merge_grids(plan, [code[grid[a]], code[grid[b]]])

    def along() -> Edit:
        chosen = int(rng.choice(several))
        units = np.flatnonzero(grid == chosen)
        x, y = plan.graph.x[units].mean(), plan.graph.y[units].mean()
        west, south, east, north = plan.grids.geometry.iloc[chosen].bounds
        across = east - west > north - south
        line = [(x, south - 1), (x, north + 1)] if across else [(west - 1, y), (east + 1, y)]
        return split_along(plan, code[chosen], LineString(line))

    return {
        "move one unit": lambda: move(1),
        "move five units": lambda: move(5),
        "move a building": buildings,
        "a unit to a new grid": lambda: move_units(plan, [pair()[0]], None),
        "merge two grids": merge,
        "split a grid in two": lambda: split_grid(plan, code[int(rng.choice(several))]),
        "split along a line": along,
        "divide 2 grids anew": lambda: resolve_region(plan, region(2)),
        "divide 5 grids anew": lambda: resolve_region(plan, region(5)),
        "divide 10 grids anew": lambda: resolve_region(plan, region(10)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", help="folder of a case's layers")
    parser.add_argument("--units", type=int, default=20_000)
    parser.add_argument("--times", type=int, default=60)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    layers = find_files(chosen.folder).read() if chosen.folder else None
    plan = make_plan(layers, PlanOptions(effort=0.1)) if layers is not None else city(chosen.units)
    units, grids = plan.assignment.grid.size, plan.assignment.grids
    print(f"{units:,} units in {grids:,} grids; milliseconds of {chosen.times} edits each\n")
    print("| edit | p50 | p95 | CPU p50 | CPU p95 |\n| --- | --- | --- | --- | --- |")
    for name, edit in operations(plan, np.random.default_rng(1)).items():
        edit()
        wall, cpu = [], []
        while len(wall) < chosen.times:
            before = time.perf_counter(), time.process_time()
            edit()
            wall.append(1000 * (time.perf_counter() - before[0]))
            cpu.append(1000 * (time.process_time() - before[1]))
        row = [f"{np.percentile(times, q):.0f}" for times in (wall, cpu) for q in (50, 95)]
        print(f"| {name} | {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main()
