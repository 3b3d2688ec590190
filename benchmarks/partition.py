"""The partitioner against its peers: the same graphs, the same run, one core, a process for each measurement.

    pip install gridgis[bench]
    python benchmarks/partition.py                            towns of 1,000 to 1,000,000 units, seeds 0 to 9
    python benchmarks/partition.py --sizes 1000 --seeds 1     a quick look
    python benchmarks/partition.py --graphs DIR --few OK_county=5:40   also folders with nodes.csv and edges.csv;
                                                              of some few large grids are asked, fewest edges cut
    python benchmarks/partition.py --plot docs --page docs/partitioner.md    pictures, and tables put into the page
    python benchmarks/partition.py --from rows.csv --plot docs    the same from rows measured before

CPU seconds count all threads; a peer is stopped after --peer-limit of them, and those slower than METIS get no more
than --peer-units. A grid is bad when it breaks either band (300–500 households and 1,000–1,500 people in the towns,
±25 % and ±20 % around the mean in graphs without) or is in pieces; proven are those that no partition avoids.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
from cases import Case, Few, folder_cases, hopeless_cases, town, town_cases
from measure import Method, Run, measure
from peers import METIS_MERGED, gridgis_method, installed, peers
from scores import score
from tables import (
    few_table,
    graphs_table,
    hopeless_table,
    put_into,
    ratio,
    seeds_table,
    towns_table,
    workers_table,
)

Row = dict[str, object]

MOST_WITH_MUCH_EFFORT = 100_000
"""Above this size efforts over 1 are left out."""
EFFORT_UNITS = 10_000
HOUR_S = 3600.0


def row_of(case: Case, method: Method, run: Run, *, effort: float | None = None) -> Row:
    """Return a measurement as a row: what was divided, how, what it took, and what came of it."""
    scores = {} if run.grid is None else score(case, run.grid)
    bad = scores.get("bad")
    shown = run.trouble or f"bad {bad:.0f}, shape {scores['shape']:.3f}, {run.cpu_s:.2f} s, {run.peak_mb:.0f} MB"
    print(f"  {method.name:26} {shown}", flush=True)
    return {
        "family": case.family,
        "case": case.name,
        "units": case.graph.n,
        "seed": case.seed,
        "method": method.name,
        "effort": effort,
        "cpu_s": run.cpu_s,
        "wall_s": run.wall_s,
        "peak_mb": run.peak_mb,
        "proven": run.proven,
        "trouble": run.trouble,
        "grid_found": run.grid is not None,
        "best_known": case.best_known,
        **scores,
    }


def suits(case: Case, method: Method) -> bool:
    """Tell whether a peer can be given a case at all."""
    return (case.both or method.name != METIS_MERGED) and (case.whole or not method.whole)


def compare(case: Case, efforts: list[float], peer_limit_s: float, peer_units: int) -> Iterator[Row]:
    """Measure gridgis and the peers on a case; of further seeds only what is quick."""
    print(f"{case.name}, {case.graph.n:,} units, seed {case.seed}", flush=True)
    for method in peers(case.tolerance):
        if not installed(method) or not suits(case, method):
            continue
        slow = method.package != "pymetis"
        if not slow or (case.graph.n <= peer_units and case.seed == 0 and case.name != "coarse town"):
            yield row_of(case, method, measure(case, method, limit_s=peer_limit_s))
    for effort in efforts if case.seed == 0 else [1.0]:
        if effort <= 1 or case.graph.n <= MOST_WITH_MUCH_EFFORT:
            method = gridgis_method(effort)
            yield row_of(case, method, measure(case, method, limit_s=HOUR_S), effort=effort)


def what_effort_buys(efforts: list[float], peer_limit_s: float) -> Iterator[Row]:
    """Measure gridgis at many efforts on one town, and METIS for reference."""
    case = town(EFFORT_UNITS, 0)
    print(f"effort, {case.graph.n:,} units", flush=True)
    for method in peers(case.tolerance):
        if installed(method) and method.package == "pymetis":
            yield row_of(case, method, measure(case, method, limit_s=peer_limit_s)) | {"family": "effort"}
    for effort in efforts:
        method = gridgis_method(effort)
        yield row_of(case, method, measure(case, method, limit_s=HOUR_S), effort=effort) | {"family": "effort"}


def refusals() -> Iterator[Row]:
    """Measure how soon gridgis refuses what cannot be."""
    print("what cannot be divided", flush=True)
    for case in hopeless_cases():
        method = gridgis_method(1.0)
        yield row_of(case, method, measure(case, method, limit_s=60.0), effort=1.0)


def with_workers(size: int, most: int) -> Iterator[Row]:
    """Measure the wall time of the largest town with one worker, then with more, and whether the plan is the same."""
    case = town(size, 0)
    print(f"workers, {case.graph.n:,} units", flush=True)
    method = gridgis_method(0.4)
    first: Run | None = None
    for workers in range(1, most + 1):
        run = measure(case, method, limit_s=HOUR_S, workers=workers)
        if run.grid is None:
            raise SystemExit(f"{method.name} with {workers} workers: {run.trouble}")
        first = first or run
        row = row_of(case, method, run, effort=0.4) | {"family": "workers", "workers": workers}
        yield row | {"wall_ratio": run.wall_s / first.wall_s, "same": bool((run.grid == first.grid).all())}


def measured(chosen: argparse.Namespace) -> pd.DataFrame:
    """Measure everything asked for."""
    for method in peers(0.25):
        if not installed(method):
            print(f"{method.name} is left out: pip install {method.package}", flush=True)
    measure(town(1000, 99), gridgis_method(1.0), limit_s=HOUR_S)  # compiles, so that no other process has to
    rows: list[Row] = []
    for part in parts(chosen):
        rows += part
        if chosen.csv:  # what was measured is kept if the rest is broken off
            with_ratios(rows).to_csv(chosen.csv, index=False)
    return with_ratios(rows)


def parts(chosen: argparse.Namespace) -> Iterator[Iterator[Row]]:
    """Go through all there is to measure, one case after the other."""
    for case in town_cases(chosen.sizes, chosen.seeds):
        yield compare(case, chosen.efforts, chosen.peer_limit, chosen.peer_units)
    if chosen.graphs:
        for case in folder_cases(chosen.graphs, dict(Few.parse(text) for text in chosen.few)):
            yield compare(case, [1.0], chosen.peer_limit, chosen.peer_units)
    yield what_effort_buys(chosen.sweep, chosen.peer_limit)
    yield refusals()
    yield with_workers(max(chosen.sizes), chosen.workers)


def with_ratios(rows: list[Row]) -> pd.DataFrame:
    """Return the rows with cut length and time in proportion to the first METIS on the same graph."""
    table = pd.DataFrame(rows)
    bar = table["method"].str.startswith("METIS ±") & table["grid_found"]
    groups = ["family", "case", "units", "seed"]
    first = table[bar].groupby(groups)[["cut", "cpu_s"]].first().rename(columns={"cut": "bar_cut", "cpu_s": "bar_s"})
    table = table.join(first, on=groups)
    return table.assign(cut_ratio=ratio(table["cut"], table["bar_cut"]), times=ratio(table["cpu_s"], table["bar_s"]))


def tables(rows: pd.DataFrame) -> dict[str, str]:
    """Return the tables that the rows hold, by the name of their place in the page."""
    family = rows["family"]
    towns = rows[family == "towns"]
    out = {"towns": towns_table(towns[towns["seed"] == 0])}
    if towns["seed"].max() > 0:
        out["seeds"] = seeds_table(towns[(towns["effort"].isna()) | (towns["effort"] == 1)])
    for name, write in (
        ("graphs", graphs_table),
        ("few", few_table),
        ("hopeless", hopeless_table),
        ("workers", workers_table),
    ):
        if (family == name).any():
            out[name] = write(rows[family == name])
    return out


def main() -> None:
    """Measure, print the tables, and write what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 10_000, 100_000, 1_000_000])
    parser.add_argument(
        "--seeds", type=int, default=10, help="towns of each size up to 100,000; peers but METIS get one"
    )
    parser.add_argument("--efforts", type=float, nargs="*", default=[0.01, 0.2, 1.0])
    parser.add_argument("--sweep", type=float, nargs="*", default=[0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0])
    parser.add_argument("--peer-limit", type=float, default=120.0, metavar="SECONDS", help="of CPU")
    parser.add_argument("--workers", type=int, default=2, help="up to so many, on the largest town")
    parser.add_argument("--peer-units", type=int, default=10_000, help="most units for peers slower than METIS")
    parser.add_argument("--graphs", type=Path, help="folder of folders with nodes.csv and edges.csv")
    parser.add_argument("--few", nargs="*", default=[], metavar="FOLDER=K[:BEST]", help="few grids of ±0.5 %%")
    parser.add_argument("--csv", type=Path, help="file for all rows")
    parser.add_argument("--from", dest="before", type=Path, help="rows measured before, instead of measuring")
    parser.add_argument("--plot", type=Path, help="folder for pictures")
    parser.add_argument("--page", type=Path, help="page with places for the tables, filled in")
    chosen = parser.parse_args()
    rows = pd.read_csv(chosen.before) if chosen.before else measured(chosen)
    rows["trouble"] = rows["trouble"].fillna("")
    for name, body in tables(rows).items():
        print(f"\n{name}\n\n{body}")
        if chosen.page:
            put_into(chosen.page, name, body)
    if chosen.plot:
        from plots import plot

        for path in plot(rows, chosen.plot):
            print(path)


if __name__ == "__main__":
    main()
