"""Graphs from two tables and assignments to one: for people who have neighbours and counts, and no shapes."""

from __future__ import annotations

import math
import os
from pathlib import Path

import numpy as np
import pandas as pd

from gridgis.errors import InfeasibleError, InputError, some
from gridgis.features import KINDS
from gridgis.graph import Floats, Graph, Ints
from gridgis.languages import Said, Words, listed
from gridgis.options import COUNT_WORDS, PlanOptions
from gridgis.partition.assignment import Assignment
from gridgis.profiles import Band

NODE_COLUMNS = {
    "households": ("hh", "households"),
    "population": ("pop", "population"),
    "x": ("x",),
    "y": ("y",),
    "area_m2": ("area_m2",),
    "outer_m": ("outer_len", "outer_m"),
    "block": ("block",),
}
EDGE_COLUMNS = {"shared_m": ("shared_len", "shared_m", "length"), "cost": ("cost",), "road_class": ("road_class",)}
ROAD_COST = np.array(
    [KINDS[name].cost for name in ("none", "residential", "tertiary", "secondary", "primary", "trunk")]
)
"""Cost of a metre of boundary by ``road_class``: 0 no road, 1 street, 2 tertiary … 5 trunk road or motorway."""


def read_graph(nodes: Path | str, edges: Path | str) -> Graph:
    """Read a graph of units from two CSV files.

    Parameters
    ----------
    nodes
        One row per unit: ``id``, and any of ``hh``, ``pop``, ``x``, ``y``, ``area_m2``, ``outer_len``, ``block``.
        A count that is missing is 0 everywhere.
    edges
        One row per pair of neighbours: ``u``, ``v`` (ids), and any of ``shared_len`` (metres), ``cost`` or
        ``road_class``. Pairs given twice are added up.

    Raises
    ------
    InputError
        With all faults of the two files.
    """
    node, edge = _read(nodes, ("id",)), _read(edges, ("u", "v"))
    faults: list[Words] = []
    twice = node["id"][node["id"].duplicated()]
    if len(twice):
        faults.append(
            Said(
                "{nodes}: {count:,} ids occur more than once ({twice})",
                nodes=nodes,
                count=len(twice),
                twice=some(twice.unique().tolist()),
            )
        )
    if not len(node):
        faults.append(Said("{nodes}: there are no units in it", nodes=nodes))
    values = {name: _numbers(node, nodes, names, faults) for name, names in NODE_COLUMNS.items()}
    lines = {name: _numbers(edge, edges, names, faults) for name, names in EDGE_COLUMNS.items()}
    place = pd.Series(np.arange(len(node)), index=node["id"])
    unknown = pd.concat([edge["u"], edge["v"]])
    unknown = unknown[~unknown.isin(place.index)]
    if len(unknown):
        faults.append(
            Said(
                "{edges}: {count:,} ends are no unit of the nodes ({unknown})",
                edges=edges,
                count=len(unknown),
                unknown=some(unknown.unique().tolist()),
            )
        )
    if faults:
        raise InputError(*faults)
    a, b = place[edge["u"]].to_numpy(), place[edge["v"]].to_numpy()
    shared = lines["shared_m"] if lines["shared_m"] is not None else np.ones(len(edge))
    cost = _costs(lines, shared, edges)
    u, v = np.minimum(a, b)[a != b], np.maximum(a, b)[a != b]
    pairs, which = np.unique(u * len(node) + v, return_inverse=True)
    known = {name: np.zeros(len(node)) if value is None else value for name, value in values.items()}
    block = known["block"].astype(np.int64) if values["block"] is not None else np.arange(len(node))
    return Graph(
        ids=node["id"].to_numpy(),
        households=np.round(known["households"]).astype(np.int64),
        population=np.round(known["population"]).astype(np.int64),
        x=known["x"],
        y=known["y"],
        area_m2=known["area_m2"],
        outer_m=known["outer_m"],
        u=pairs // len(node),
        v=pairs % len(node),
        shared_m=np.bincount(which, shared[a != b], len(pairs)).astype(float),
        cost=np.bincount(which, cost[a != b], len(pairs)).astype(float),
        block=block,
    )


def bands_for(
    graph: Graph,
    *,
    households: Band | None = None,
    population: Band | None = None,
    grids: int | None = None,
    tolerance: float = 0.005,
) -> dict[str, Band | None]:
    """Return the bands to use for a graph: those given, or with a number of grids alone total ÷ grids ±tolerance.

    Raises
    ------
    InputError
        When nothing says how large a grid is, or a band is asked for of a count that is 0 everywhere.
    """
    totals = {"households": int(graph.households.sum()), "population": int(graph.population.sum())}
    bands = {"households": households, "population": population}
    faults: list[Words] = [
        Said(
            "a band of {name} was given, but the table has no {name} (column {columns})",
            name=COUNT_WORDS[name],
            columns=listed(NODE_COLUMNS[name], "or"),
        )
        for name, band in bands.items()
        if band is not None and not totals[name]
    ]
    if households is None and population is None:
        if grids is None:
            faults.append(Said("nothing says how large a grid is; give households, population or a number of grids"))
        else:
            for name, total in totals.items():
                # whole people: the narrowest band that the tolerance asks for
                low, high = math.ceil(total / grids * (1 - tolerance)), math.floor(total / grids * (1 + tolerance))
                if total and low <= high:
                    bands[name] = Band(low, high)
                elif total:
                    raise InfeasibleError(
                        Said(
                            "{total:,} {name} in {grids:,} grids with a tolerance of {tolerance:g} leave no "
                            "whole number for a grid; ask for a tolerance of at least {least:.2g}",
                            total=total,
                            name=COUNT_WORDS[name],
                            grids=grids,
                            tolerance=tolerance,
                            least=0.5 * grids / total,
                        )
                    )
    if faults:
        raise InputError(*faults)
    return bands


def options_for(
    graph: Graph,
    *,
    households: Band | None = None,
    population: Band | None = None,
    grids: int | None = None,
    tolerance: float = 0.005,
    objective: str = "balance",
    seed: int = 0,
    time_limit_s: float | None = None,
) -> PlanOptions:
    """Return checked options for a graph read from tables; see ``bands_for``."""
    bands = bands_for(graph, households=households, population=population, grids=grids, tolerance=tolerance)
    return PlanOptions(
        households=bands["households"],
        population=bands["population"],
        grids=grids,
        objective=objective,
        seed=seed,
        time_limit_s=time_limit_s,
    )


def write_assignment(path: Path | str, graph: Graph, assignment: Assignment) -> None:
    """Write ``id,grid`` for every unit; the file appears whole or not at all."""
    target = Path(path)
    partial = target.with_name(target.name + ".part")
    try:
        pd.DataFrame({"id": graph.ids, "grid": assignment.grid}).to_csv(partial, index=False)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)


def _read(path: Path | str, needed: tuple[str, ...]) -> pd.DataFrame:
    try:
        table = pd.read_csv(path, skipinitialspace=True)
    except FileNotFoundError:
        raise InputError(Said("{path}: there is no such file", path=path)) from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError) as error:
        raise InputError(Said("{path}: cannot be read as CSV in UTF-8 ({error})", path=path, error=error)) from None
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise InputError(
            Said(
                "{path}: the column {missing} is missing; it has {columns}",
                path=path,
                missing=listed(missing, "and"),
                columns=listed(table.columns),
            )
        )
    return table


def _numbers(table: pd.DataFrame, path: Path | str, names: tuple[str, ...], faults: list[Words]) -> Floats | None:
    """Return the first of the columns that is there, None without one; values that are no counts go to ``faults``."""
    name = next((name for name in names if name in table.columns), None)
    if name is None:
        return None
    values = pd.to_numeric(table[name], errors="coerce").to_numpy(float)
    signed = name in ("x", "y", "block")
    wrong = np.flatnonzero(~np.isfinite(values) | ((values < 0) & (not signed)))
    if len(wrong):
        kind = Said("a number") if signed else Said("a number of at least 0")
        rows = some((wrong + 2).tolist())
        faults.append(
            Said(
                "{path}: {name} is not {kind} in {count:,} lines ({rows}); correct them",
                path=path,
                name=name,
                kind=kind,
                count=len(wrong),
                rows=rows,
            )
        )
    return np.asarray(values)


def _costs(lines: dict[str, Floats | None], shared: Floats, path: Path | str) -> Floats:
    if lines["cost"] is not None:
        return lines["cost"]
    if lines["road_class"] is None:
        return shared
    classes: Ints = lines["road_class"].astype(np.int64)
    if len(classes) and classes.max() >= len(ROAD_COST):
        raise InputError(
            Said(
                "{path}: road_class goes up to {highest}; it must be 0 … {last}",
                path=path,
                highest=classes.max(),
                last=len(ROAD_COST) - 1,
            )
        )
    return np.asarray(shared * ROAD_COST[classes])
