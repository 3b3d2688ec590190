"""A year of change: how few households move when a plan is rebalanced, against dividing the jurisdiction afresh.

    python benchmarks/rebalance.py [folder with a case's layers ...]
    python benchmarks/rebalance.py FOLDER ... --page docs/rebalance.md
    python benchmarks/rebalance.py FOLDER ... --parts 4:6 --page docs/rebalance.md

Of every plan, a tenth of the buildings get up to 20 % more or fewer households, 20 are demolished, and 20 new ones are
built: footprints of others, set down where nothing stands. Afresh means `make_plan` over the changed layers, its codes
given so that the most households keep theirs.

With ``--parts`` every case is first cut into parts of so many grids, small enough to find the fewest moves there are;
each part is divided, changed and rebalanced by itself.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.optimize import linear_sum_assignment
from tables import markdown, number, put_into, share, text

from gridgis.city.jurisdictions import divide_city, part_layers
from gridgis.cli.cases import find_files
from gridgis.layers import Layers
from gridgis.options import Band, PlanOptions
from gridgis.plan import Plan, make_plan
from gridgis.rebalance import Rebalance, rebalance

HOME = Path(__file__).parents[1] / "data" / "shapefiles"
CHANGED = 0.1
MOST = 0.2
BUILT = 20
BUILT_IN_A_PART = 3
ENOUGH_HOMES = 20
"""A part with fewer buildings to live in is left out."""


def measured(layers: Layers, plan: Plan) -> Layers:
    """The layers with the plan's counts as measured ones, so that a change of one building changes no other."""
    counts = plan.counts
    homes = layers.buildings.assign(
        households=counts["households"].astype(float), population=counts["population"].astype(float)
    )
    return replace(layers, buildings=homes)


def change(layers: Layers, seed: int, built: int) -> Layers:
    """Change counts, demolish and build that many; the same seed, the same changes."""
    rng = np.random.default_rng(seed)
    homes = layers.buildings.copy()
    inside = np.flatnonzero(homes["inside"].to_numpy(bool) & (homes["households"].to_numpy() > 0))
    chosen = rng.choice(inside, max(1, round(CHANGED * len(inside))), replace=False)
    factor = np.ones(len(homes))
    factor[chosen] = rng.uniform(1 - MOST, 1 + MOST, len(chosen))
    for name in ("households", "population"):
        homes[name] = np.rint(homes[name] * factor)
    gone = rng.choice(inside, built, replace=False)
    models = rng.choice(np.setdiff1d(inside, gone), built, replace=False)
    places = places_for(layers, homes.geometry.to_numpy()[models], rng)
    new = homes.iloc[models[: len(places)]].assign(geometry=places)
    new["source_id"] = [f"new-{number}" for number in range(len(places))]
    kept = homes.drop(index=homes.index[gone])
    both = gpd.GeoDataFrame(pd.concat([kept, new], ignore_index=True), crs=homes.crs)
    both.index.name = homes.index.name
    return replace(layers, buildings=both)


def places_for(layers: Layers, shapes: np.ndarray, rng: np.random.Generator) -> list[shapely.Geometry]:
    """Shift footprints to where they touch no building, road or water, and lie inside, while there is room."""
    taken = [layers.buildings.geometry.to_numpy(), layers.lines.geometry.to_numpy(), layers.water.geometry.to_numpy()]
    tree = shapely.STRtree(np.concatenate(taken))
    x0, y0, x1, y1 = shapely.bounds(layers.boundary)
    out: list[shapely.Geometry] = []
    for shape in shapes:
        for _ in range(20_000):
            at = rng.uniform((x0, y0), (x1, y1)) - shapely.get_coordinates(shapely.centroid(shape))[0]
            moved = shapely.transform(shape, lambda xy, at=at: xy + at)
            free = not len(tree.query(shapely.buffer(moved, 1.0), predicate="intersects"))
            if free and layers.boundary.contains(moved) and not any(moved.intersects(other) for other in out):
                out.append(moved)
                break
        else:
            break
    return out


def afresh(found: Rebalance, layers: Layers, options: PlanOptions, came: pd.Series) -> tuple[Plan, int]:
    """Divide anew and count the households whose grid gets another code, at best."""
    plan = make_plan(replace(layers, existing=layers.existing.iloc[:0]), options)
    households = plan.counts["households"]
    grid = plan.building_grid
    old = came.notna().to_numpy() & (grid >= 0).to_numpy()
    code = pd.Categorical(came[old])
    held = np.zeros((plan.assignment.grids, len(code.categories)))
    np.add.at(held, (grid[old].to_numpy(), code.codes), households[old].to_numpy(float))
    row, column = linear_sum_assignment(held, maximize=True)
    return plan, int(held.sum() - held[row, column].sum())


def parts_of(layers: Layers, options: PlanOptions, grids: Band) -> Iterator[Layers]:
    """Cut a jurisdiction into parts of so many grids, each with the counts it has in the whole."""
    whole = make_plan(layers, options.replace(sectors=grids))
    drawn = whole.sector_areas
    assert drawn is not None
    areas = drawn[["code", "name", "geometry"]].reset_index(drop=True)
    cut = replace(measured(layers, whole), communities=gpd.GeoDataFrame(areas, crs=layers.crs))
    for place in divide_city(cut, options).jurisdictions:
        part = part_layers(cut, place)
        lived_in = part.buildings["inside"].to_numpy(bool) & (part.buildings["households"].to_numpy() > 0)
        if lived_in.sum() >= ENOUGH_HOMES:
            yield part


def measure(
    layers: Layers, options: PlanOptions, *, name: str, seed: int, seconds: float, built: int
) -> dict[str, object]:
    """Make a plan, change its buildings, rebalance, and divide afresh."""
    first = make_plan(layers, options)
    options = options.replace(total_population=None, total_households=None)
    layers = measured(layers, first)
    was = layers.buildings[["source_id", "geometry"]].assign(
        grid=first.building_grid.map(first.grids["code"]).reindex(layers.buildings.index)
    )
    grids = first.grids[["code", "name", "geometry"]].reset_index(drop=True)
    changed = replace(change(layers, seed, built), existing=gpd.GeoDataFrame(grids, crs=layers.crs))
    start = time.perf_counter()
    found = rebalance(changed, options, was=was, time_limit_s=seconds)
    took = time.perf_counter() - start
    from gridgis.rebalance.matching import came_from

    _, other = afresh(found, changed, options, came_from(changed.buildings, was))
    kept = int(found.plan.certificate.rows["in_bands"].sum())
    return {
        "case": name,
        "buildings": len(changed.buildings),
        "grids": found.plan.assignment.grids,
        "broken": int((~found.before.certificate.rows["in_bands"]).sum()),
        "first_broken": int((~first.certificate.rows["in_bands"]).sum()),
        "kept": kept,
        "left": found.plan.assignment.grids - kept,
        "holds": "yes" if found.plan.certificate.holds else "no",
        "moved": found.moved_households,
        "share": found.share,
        "least": found.fewest_possible,
        "afresh": other,
        "ratio": found.moved_households / max(other, 1),
        "seconds": took,
    }


def table_of(rows: pd.DataFrame) -> str:
    """Return the rows as Markdown."""
    return markdown(
        rows,
        [
            ("case", "<", text("case")),
            ("buildings", ">", number("buildings")),
            ("grids", ">", number("grids")),
            ("outside a band: at first", ">", number("first_broken")),
            ("after the change", ">", number("broken")),
            ("rebalanced", ">", number("left")),
            ("households moved", ">", number("moved")),
            ("of all", ">", share("share")),
            ("at least", ">", number("least")),
            ("afresh", ">", number("afresh")),
            ("moved ÷ afresh", ">", share("ratio")),
            ("s", ">", number("seconds")),
        ],
    )


def of_parts(rows: pd.DataFrame) -> pd.DataFrame:
    """Sum the parts of every case; only those count where something had to move."""
    out = []
    for case, own in rows.groupby("case", sort=False):
        need = own[own["moved"] > 0]
        proven = need["moved"] <= need["least"]
        near = need["moved"] <= 1.1 * need["least"]
        sums = need[["moved", "least", "afresh"]].sum()
        out.append(
            {"case": case, "parts": len(own), "need": len(need), "proven": proven.sum(), "near": near.sum()}
            | sums.to_dict()
            | {"over": sums["moved"] / max(sums["least"], 1), "ratio": sums["moved"] / max(sums["afresh"], 1)}
            | {"left": need["left"].sum(), "seconds": own["seconds"].median(), "longest": own["seconds"].max()}
        )
    return pd.DataFrame(out)


def parts_table(rows: pd.DataFrame) -> str:
    """Return the sums over parts as Markdown."""
    return markdown(
        of_parts(rows),
        [
            ("case", "<", text("case")),
            ("parts", ">", number("parts")),
            ("where something has to move", ">", number("need")),
            ("moved the fewest there are", ">", number("proven")),
            ("within a tenth", ">", number("near")),
            ("households moved", ">", number("moved")),
            ("at least", ">", number("least")),
            ("moved ÷ at least", ">", number("over", 2)),
            ("afresh", ">", number("afresh")),
            ("moved ÷ afresh", ">", share("ratio")),
            ("s: median", ">", number("seconds", 1)),
            ("longest", ">", number("longest")),
        ],
    )


def main() -> None:
    """Measure every case, print the table, and write it where it was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*", help="folders of layers; the demo's towns without any")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=60.0, help="what the search for the fewest moves may take")
    parser.add_argument("--parts", type=Band.parse, help="grids of a part, like 4:6")
    parser.add_argument("--csv", type=Path, help="file for all rows")
    parser.add_argument("--page", type=Path, help="page with a place for the table, filled in")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    folders = chosen.folders or sorted(path for path in HOME.iterdir() if path.is_dir())
    rows = []
    options = PlanOptions()
    for folder in folders:
        layers = find_files(folder).read()
        cut = [layers] if chosen.parts is None else parts_of(layers, options, chosen.parts)
        built = BUILT if chosen.parts is None else BUILT_IN_A_PART
        for part in cut:
            for seed in range(chosen.seeds):
                rows.append(measure(part, options, name=folder.name, seed=seed, seconds=chosen.seconds, built=built))
                print(rows[-1], flush=True)
    table = pd.DataFrame(rows)
    shown = table_of(table) if chosen.parts is None else parts_table(table)
    print(shown)
    if chosen.csv:
        table.to_csv(chosen.csv, index=False)
    if chosen.page:
        put_into(chosen.page, "rebalance" if chosen.parts is None else "rebalance-parts", shown)


if __name__ == "__main__":
    main()
