"""Two plans compared for people: figures of both, who goes from which grid to which and where, whom it concerns.

What moved is what `gridgis.compare` says; here it is summed up by pairs of grids, and drawn.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgis.compare import Comparison, Division, compare_divisions
from gridgis.edit import find_breaches
from gridgis.features import KINDS
from gridgis.languages import Language
from gridgis.plan import Plan
from gridgis.rebalance.tables import WORDS
from gridgis.report import load_and_target
from gridgis_web.planning.areas import COUNTS, geojson_of
from gridgis_web.store.models import Posting

LEAST_M2 = 1.0
"""Pieces of land that are smaller come of rounding."""
NARROW_M = 2.0
"""Land without buildings that is narrower than this on average did not move: its line was drawn anew."""
COLUMNS = {
    "moves": ("from", "to", "buildings", "households", "population"),
    "buildings": ("source_id", "from", "to", "households", "population"),
}
"""Table -> its columns in a file."""
GRID = ("code", "name", "name_en", *COUNTS, "area_m2", "colour")
SUMS = ("before", "after", "in", "out", "new", "demolished", "recounted")


class Side(NamedTuple):
    """One of the two plans as it stands, with its certificate; None where it was edited since that was made."""

    plan: Plan
    certificate: Mapping[str, Any] | None


@dataclass(frozen=True, kw_only=True)
class Compared:
    """What differs between two plans.

    Attributes
    ----------
    told
        Plain JSON values: ``before`` and ``after`` (bands, ``broken`` grids, ``figures``, ``grids`` as features), how
        grids were ``matched``, what both hold (``buildings``, ``households``, ``population``), what of it ``moved``,
        ``new`` and ``demolished``, ``boundary_m``, ``moves`` from grid to grid, the most households first, with the
        land that goes, and ``grids`` as `Comparison.grids`.
    tables
        All that moved by the names and with the columns of `COLUMNS`.
    """

    told: dict[str, Any]
    tables: dict[str, pd.DataFrame]


def compare_sides(before: Side, after: Side) -> Compared:
    """Compare two plans of one jurisdiction, over the same layers or others.

    Raises
    ------
    InputError
        They have no building in common.
    """
    old, new = Division.of_plan(before.plan), Division.of_plan(after.plan)
    found = compare_divisions(old, new)
    moved = found.moved.rename(columns={"before": "from", "after": "to"})
    moved = moved.round({"households": 0, "population": 0}).astype({"households": np.int64, "population": np.int64})
    land = _land_moved(old.grids, new.grids.to_crs(old.grids.crs), found)
    moves = _by_pairs(moved, land)
    summary = found.to_dict()
    told = {
        "before": _side(before),
        "after": _side(after),
        **{name: summary[name] for name in ("matched", "buildings", "households", "population", "boundary_m")},
        **{name: _counted(getattr(found, name)) for name in ("moved", "new", "demolished")},
        "moves": _moves_told(moves),
        "grids": summary["grids"],
    }
    rows = {"moves": moves[moves["buildings"] > 0], "buildings": moved.sort_values(["from", "to", "source_id"])}
    return Compared(told=told, tables={name: pd.DataFrame(rows[name][list(COLUMNS[name])]) for name in COLUMNS})


def table_file(table: pd.DataFrame, language: Language) -> bytes:
    """Return a table of a `Compared` as CSV that spreadsheets open rightly in Chinese: UTF-8, byte order mark."""
    head = [WORDS[str(name)][language] for name in table]
    return table.to_csv(index=False, header=head, lineterminator="\n").encode("utf-8-sig")


def officers_touched(postings: Sequence[Posting], grids: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return whose grids changed: the sums of their grids, as `Comparison.officers` has them.

    Parameters
    ----------
    postings
        With their officers.
    grids
        Of a `Compared`. A grid is its officer's by the code of either plan.
    """
    places: dict[str, set[int]] = {}
    for row, grid in enumerate(grids):
        for code in (grid["code"], grid["code_after"]):
            if code is not None:
                places.setdefault(code, set()).add(row)
    own: dict[int, set[int]] = {}
    names: dict[int, str] = {}
    for posting in postings:
        own.setdefault(posting.officer_id, set()).update(places.get(posting.grid_code, ()))
        names[posting.officer_id] = posting.officer.name
    told = []
    for officer, rows in own.items():
        mine = [grids[row] for row in sorted(rows)]
        changed = [grid["code"] if grid["code"] is not None else grid["code_after"] for grid in mine if grid["changed"]]
        if changed:
            sums = {f"households_{name}": sum(grid[f"households_{name}"] for grid in mine) for name in SUMS}
            told.append({"id": officer, "name": names[officer], "grids": len(mine), "changed": changed, **sums})
    return sorted(told, key=lambda one: (-one["households_in"] - one["households_out"], one["id"]))


def _side(side: Side) -> dict[str, Any]:
    plan = side.plan
    load, target = load_and_target(plan)
    broken, households = _broken(side), plan.grids["households"]
    bands = {"households": plan.options.households, "population": plan.options.population}
    return {
        "parent_code": plan.options.parent_code,
        "bands": {name: {"low": band.low, "high": band.high} for name, band in bands.items() if band is not None},
        "broken": broken,
        "figures": {
            "grids": len(plan.grids),
            "kept": len(plan.grids) - len(broken),
            "explained": sum(broken.values()),
            "fewest": int(households.min()),
            "most": int(households.max()),
            "spread": round(float(np.std(load) / target), 6) if target > 0 else 0.0,
            "visible_share": _visible_share(plan),
            **{name: int(plan.grids[name].sum()) for name in COUNTS},
        },
        "grids": _features(plan.grids),
    }


def _broken(side: Side) -> dict[str, bool]:
    """Return the grids outside a band, and whether there is a proven reason for it."""
    if side.certificate is not None:
        return {grid["code"]: grid["explained"] for grid in side.certificate["grids"] if not grid["in_bands"]}
    plan = side.plan
    proven = {plan.codes.code[proof.grid] for proof in plan.proofs if proof.grid is not None and proof.proven}
    codes = [breach.code for breach in find_breaches(plan) if breach.rule in ("households", "population")]
    return {code: code in proven for code in codes}


def _visible_share(plan: Plan) -> float | None:
    """Return the share of the lines between grids that runs along something visible, as the units have it.

    The certificate looks for that on the ground, which takes too long for a draft that is being edited.
    """
    edges = plan.units.edges[plan.units.edges["right"] >= 0]
    grid = plan.assignment.grid
    between = grid[edges["left"].to_numpy(np.int64)] != grid[edges["right"].to_numpy(np.int64)]
    lengths = edges["length_m"].to_numpy(float)[between]
    visible = edges["kind"].map({name: kind.visible for name, kind in KINDS.items()}).to_numpy(bool)[between]
    return round(float(lengths[visible].sum() / lengths.sum()), 6) if lengths.any() else None


def _features(grids: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return grids as GeoJSON features with what maps are told of them."""
    labels = gpd.GeoSeries(gpd.points_from_xy(grids["label_x"], grids["label_y"]), crs=grids.crs).to_crs(4326)
    columns = {name: grids[name].tolist() for name in GRID} | {
        "label_lon": labels.x.round(7).tolist(),
        "label_lat": labels.y.round(7).tolist(),
    }
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    return [
        {"type": "Feature", "id": row["code"], "geometry": json.loads(shape), "properties": row}
        for row, shape in zip(rows, geojson_of(grids.geometry), strict=True)
    ]


def _land_moved(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, found: Comparison) -> gpd.GeoDataFrame:
    """Return the pieces of land that another grid holds: ``from``, ``to`` (codes), ``geometry``, index 0 … n-1."""
    here, there = old.geometry.to_numpy(), new.geometry.to_numpy()
    same = set(zip(found.grids["code"], found.grids["code_after"], strict=True))
    was, now = old["code"].to_numpy(object), new["code"].to_numpy(object)
    at, to = shapely.STRtree(there).query(here, predicate="intersects")
    other = np.array([pair not in same for pair in zip(was[at], now[to], strict=True)], bool)
    at, to = at[other], to[other]
    parts, of = shapely.get_parts(shapely.intersection(here[at], there[to]), return_index=True)
    area = shapely.area(parts)
    # lines and points, where grids only touch, have none
    large = area >= LEAST_M2
    parts, of, area = parts[large], of[large], area[large]
    frame = gpd.GeoDataFrame(
        {"from": was[at[of]], "to": now[to[of]], "wide": 2 * area / shapely.length(parts) >= NARROW_M},
        geometry=parts,
        crs=old.crs,
    )
    moved = set(zip(found.moved["before"], found.moved["after"], strict=True))
    lived = np.array([pair in moved for pair in zip(frame["from"], frame["to"], strict=True)], bool)
    return frame[frame["wide"] | lived].reset_index(drop=True)


def _by_pairs(moved: pd.DataFrame, land: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row a pair of grids, most households first: ``from``, ``to``, counts, ``area_m2``, land that goes."""
    pair = ["from", "to"]
    counts = moved.groupby(pair)[["households", "population"]].sum()
    counts["buildings"] = moved.groupby(pair).size()
    shapes = land.groupby(pair)["geometry"].agg(lambda parts: shapely.multipolygons(parts.to_numpy()))
    rows = counts.join(shapes.rename("geometry"), how="outer").reset_index()
    for name in COUNTS:
        rows[name] = rows[name].fillna(0).astype(np.int64)
    made = gpd.GeoDataFrame(rows, geometry="geometry", crs=land.crs)
    made["area_m2"] = made.geometry.area.fillna(0.0).round(1)
    return made.sort_values(["households", "buildings", "area_m2"], ascending=False, ignore_index=True)


def _moves_told(moves: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return the rows with their land as GeoJSON, and a point in the largest piece of it for a label."""
    drawn = moves.geometry.notna().to_numpy()
    shapes = moves.geometry[drawn]
    parts, of = shapely.get_parts(shapes.to_numpy(), return_index=True)
    order = np.lexsort((-shapely.area(parts), of))
    largest = parts[order][np.unique(of[order], return_index=True)[1]]
    labels = gpd.GeoSeries(shapely.point_on_surface(largest), crs=moves.crs).to_crs(4326)
    points = np.column_stack([labels.x, labels.y]).round(7).tolist()
    drawings = iter(zip(geojson_of(shapes), points, strict=True))
    names = ["from", "to", *COUNTS, "area_m2"]
    told: list[dict[str, Any]] = []
    for row, has in zip(moves[names].to_dict("records"), drawn.tolist(), strict=True):
        shape, label = next(drawings) if has else ("null", None)
        told.append({**row, "geometry": json.loads(shape), "label": label})
    return told


def _counted(table: pd.DataFrame) -> dict[str, int]:
    return {"buildings": len(table)} | {name: round(table[name].sum()) for name in ("households", "population")}
