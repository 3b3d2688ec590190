"""Last year's grids over this year's buildings -> the plan that keeps every rule and moves the fewest households."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linear_sum_assignment

from gridgis.conflicts import check_rules
from gridgis.errors import InputError
from gridgis.grids import renumber
from gridgis.housing import count_housing
from gridgis.languages import Language, Said
from gridgis.layers import Layers
from gridgis.neighbours import build_graph
from gridgis.options import PlanOptions
from gridgis.partition import Assignment
from gridgis.partition.check import pieces_within
from gridgis.partition.fewest_moves import Fewest, fewest_moves
from gridgis.partition.moves_regions import Now, outside
from gridgis.partition.proofs import prove_breaches
from gridgis.partition.search import Clock
from gridgis.plan import FINER, ROUNDS, Plan, Progress, adopted, name_plan
from gridgis.rebalance.matching import came_from
from gridgis.rebalance.tables import REDRAWN, TIED, crosswalk_of, headline, reasons, write_table
from gridgis.units import Units, build_units

Ints = npt.NDArray[np.int64]

MOVE_COLUMNS = ("building_id", "source_id", "households", "population", "from", "to", "why_zh", "why_en")


@dataclass(frozen=True, kw_only=True)
class Rebalance:
    """A plan that was changed as little as the rules allow, and all that was changed.

    Attributes
    ----------
    plan, before
        The plan, and the old grids over the same buildings.
    moves
        One row for every building of before whose grid has another code now: ``building_id``, ``source_id``,
        ``households``, ``population``, ``from``, ``to``, ``why_zh``, ``why_en``. New buildings are no moves.
    crosswalk
        ``from``, ``to``, ``households``, ``buildings``: what went from each old code to each new one, stayers included.
    moved_households
        The sum over ``moves``.
    fewest_possible
        Fewer households than these cannot move in any plan of these units with as many grids within the bands.
    untouched
        Every rule held, so nothing was changed.
    """

    plan: Plan
    before: Plan
    moves: pd.DataFrame
    crosswalk: pd.DataFrame
    moved_households: int
    fewest_possible: int
    untouched: bool

    @property
    def proven(self) -> bool:
        """Whether it is proven that no fewer households can move."""
        return self.moved_households <= self.fewest_possible

    @property
    def share(self) -> float:
        """Moved households as a share of all."""
        return self.moved_households / max(int(self.plan.counts["households"].sum()), 1)

    @property
    def new_codes(self) -> tuple[str, ...]:
        """Codes that no grid had before."""
        known = set(self.plan.layers.existing["code"])
        return tuple(code for code in self.plan.codes.code if code not in known)

    @property
    def retired_codes(self) -> tuple[str, ...]:
        """Codes that a grid had before, and none has now."""
        used = set(self.plan.codes.code)
        return tuple(code for code in self.plan.layers.existing["code"] if code not in used)

    def write(self, folder: str | Path, *, language: Language = "zh", progress: Progress | None = None) -> list[Path]:
        """Write the plan's files with ``moves.csv`` and ``crosswalk.csv``: all of them, or none."""
        from gridgis.export import files_of, write_plan

        def moves(plan: Plan, path: Path, *, language: Language = "zh") -> None:
            write_table(self.moves, path, language)

        def crosswalk(plan: Plan, path: Path, *, language: Language = "zh") -> None:
            write_table(self.crosswalk, path, language)

        files = {**files_of(self.plan), "moves.csv": moves, "crosswalk.csv": crosswalk}
        return write_plan(self.plan, folder, language=language, progress=progress, files=files)


def rebalance(
    layers: Layers,
    options: PlanOptions | None = None,
    *,
    was: gpd.GeoDataFrame | None = None,
    retired: Sequence[str] = (),
    move_price: float | None = None,
    time_limit_s: float = 60.0,
    progress: Progress | None = None,
) -> Rebalance:
    """Keep every rule again after buildings and counts have changed, with the fewest households in another grid.

    Parameters
    ----------
    layers
        As they are now; ``existing`` holds the grids of the plan.
    options
        The plan's; grids in ``lock`` stay exactly as they are.
    was
        The plan's buildings: ``geometry`` in the layers' CRS, ``source_id``, ``grid`` (code or None). None: all
        buildings are old, and each was in the grid around it.
    retired
        Codes that are not to be used again.
    move_price
        Points that one moved household costs, see `priced_moves.improve`: with a price, what makes the plan better
        by more points than its moves cost is moved as well. None: only what rules need.
    time_limit_s
        Seconds that the search for the fewest moves and the proof may take.

    Raises
    ------
    InputError
        There are no existing grids, the price is below 0, or rules conflict.
    """
    options = options or PlanOptions()
    _usable(layers, move_price)
    check_rules(layers, options)
    report = progress or (lambda step, done: None)
    counts = count_housing(layers, options)
    came = None if was is None else came_from(layers.buildings, was)
    finer: dict[int, float] = {}
    best: tuple[tuple[int, int], _Step] | None = None
    clock = Clock(limit_s=time_limit_s)
    for _ in range(ROUNDS):
        step = _change(layers, counts, options, came, finer, move_price, clock, progress)
        rank = len(step.found.broken), step.now.moved(step.found.grid) + step.forced
        if best is None or rank < best[0]:
            best = rank, step
        blocks = _blocks_around(step)
        if not len(blocks):
            break
        finer |= {int(block): finer.get(int(block), options.unit_share) * FINER for block in blocks}
    assert best is not None
    report("grids", 0.0)
    out = _told(layers, counts, options, best[1], tuple(retired))
    _ = out.plan.certificate
    report("audit", 1.0)
    return out


@dataclass(frozen=True, kw_only=True)
class _Step:
    """Units cut for the old grids and the new counts, and the fewest moves among them."""

    before: Plan
    came: pd.Series
    now: Now
    code_of: Mapping[int, str]
    """The grids of ``now.start`` that go on with an old code."""
    forced: int
    """Households that share a unit with more of another grid, or whose grid has no ground left."""
    found: Fewest
    grid: Ints
    """The grids in the end: as found, or better by more than the moves cost."""


def _usable(layers: Layers, move_price: float | None) -> None:
    faults = []
    if not len(layers.existing):
        faults.append(Said("there are no grids to start from; give the plan they belong to (existing)"))
    if move_price is not None and not move_price >= 0:
        faults.append(Said("move_price is {move_price}; it must be a number of at least 0", move_price=move_price))
    if faults:
        raise InputError(*faults)


def _change(
    layers: Layers,
    counts: pd.DataFrame,
    options: PlanOptions,
    came: pd.Series | None,
    finer: Mapping[int, float],
    move_price: float | None,
    clock: Clock,
    progress: Progress | None,
) -> _Step:
    report = progress or (lambda step, done: None)
    units = build_units(layers, counts, options, finer=finer, progress=progress)
    report("graph", 0.0)
    graph, joins = build_graph(units, options, layers)
    was_in = adopted(units, graph)
    before = name_plan(layers, options, counts, units, graph, joins, was_in)
    report("partition", 0.0)
    if came is None:
        unit = units.buildings.to_numpy(np.int64)
        at = np.where(unit >= 0, units.frame["existing"].to_numpy(np.int64)[unit], -1).tolist()
        codes = [*layers.existing["code"].tolist(), None]
        came = pd.Series([codes[place] for place in at], index=layers.buildings.index, dtype=object)
    now, code_of, forced = _where_households_are(units, before, came, counts)
    # where grids stay broken, units are cut more finely, which takes the other half
    half = max(clock.left_s / 2, 1.0)
    found = fewest_moves(graph, now, keep_number=options.grids is not None, seconds=half, more_s=half)
    grid = found.grid
    if move_price is not None:
        from gridgis.partition.priced_moves import improve

        better = improve(graph, options, now, grid, price=move_price)
        hard = [m for m in graph.measures if not m.soft]
        slots = int(max(grid.max(), better.max())) + 1
        if not (outside(hard, better, slots, graph.n) & ~outside(hard, grid, slots, graph.n)).any():
            grid = better
    report("partition", 1.0)
    return _Step(before=before, came=came, now=now, code_of=code_of, forced=forced, found=found, grid=grid)


def _where_households_are(
    units: Units, before: Plan, came: pd.Series, counts: pd.DataFrame
) -> tuple[Now, dict[int, str], int]:
    """Return which connected pieces the old grids are now, and which households move when a unit leaves its own."""
    graph, grid = before.graph, before.assignment.grid
    n = graph.n
    start = np.unique(pieces_within(graph, grid)[1], return_inverse=True)[1].ravel().astype(np.int64)
    codes = before.layers.existing["code"].tolist()
    place = {code: number for number, code in enumerate(codes)}
    unit = units.buildings.to_numpy(np.int64)
    code = np.array([place.get(name, -1) for name in came.tolist()], np.int64)
    old = (unit >= 0) & (code >= 0)
    held = np.zeros((n, len(codes) + 1), np.int64)
    np.add.at(held, (unit[old], code[old]), counts["households"].to_numpy(np.int64)[old])
    # a grid in pieces goes on as the piece with most of its households, or of its ground
    by_piece = np.zeros((int(start.max()) + 1, len(codes)))
    np.add.at(by_piece, start, held[:, :-1].astype(float))
    lies_in = units.frame["existing"].to_numpy(np.int64)
    np.add.at(by_piece, (start[lies_in >= 0], lies_in[lies_in >= 0]), 1e-9 * graph.area_m2[lies_in >= 0] + 1e-12)
    row, column = linear_sum_assignment(by_piece, maximize=True)
    slot_of = np.full(len(codes) + 1, -1, np.int64)
    kept = by_piece[row, column] > 0
    slot_of[column[kept]] = row[kept]
    order = np.sort(held, axis=1)
    most = held.argmax(axis=1)
    lived_in = held.sum(axis=1) > 0
    own = np.where(lived_in, slot_of[most], np.where(lies_in >= 0, slot_of[lies_in], -1))
    now = Now(
        start=start,
        own=own,
        weight=np.where(lived_in, order[:, -1] - order[:, -2], 0),
        fixed=units.frame["fixed"].to_numpy(np.int64) >= 0,
    )
    gone = lived_in & (most < len(codes)) & (own < 0)
    forced = int((held.sum(axis=1) - order[:, -1]).sum() + order[gone, -1].sum())
    return now, {int(slot_of[c]): codes[c] for c in range(len(codes)) if slot_of[c] >= 0}, forced


def _blocks_around(step: _Step) -> Ints:
    """Return the blocks of grids left outside a band, and of those beside them, to be cut more finely."""
    graph, grid = step.before.graph, step.found.grid
    buildings = step.before.units.frame["buildings"].to_numpy()
    heavy = np.zeros(graph.n, bool)
    for m in graph.measures:
        heavy |= (m.counts > m.high) & (buildings == 1)
    broken = np.setdiff1d(step.found.broken, grid[heavy])
    near = np.isin(grid, broken)
    around = np.concatenate([grid[graph.u[near[graph.v]]], grid[graph.v[near[graph.u]]], broken])
    return np.unique(graph.block[np.isin(grid, around)])


def _told(
    layers: Layers, counts: pd.DataFrame, options: PlanOptions, step: _Step, retired: tuple[str, ...]
) -> Rebalance:
    """Name the grids and list what changed."""
    before, graph = step.before, step.before.graph
    untouched = bool((step.grid == step.now.start).all()) and not len(step.found.broken)
    slots, compact = np.unique(step.grid, return_inverse=True)
    assignment = Assignment(grid=compact.ravel().astype(np.int64), grids=len(slots))
    if len(step.found.broken):
        assignment = replace(assignment, proofs=prove_breaches(graph, assignment, options))
    assignment = renumber(before.units, assignment)
    kept = _codes_kept(before, step, assignment, counts)
    arguments = (layers, options, counts, before.units, graph, before.joins)
    plan = name_plan(*arguments, assignment, retired=retired, kept=kept)
    to = plan.building_grid.map(dict(enumerate(plan.codes.code)))
    to = to.reindex(layers.buildings.index).astype(object).where(lambda codes: codes.notna(), None)
    moves = _moves(layers, counts, step, to)
    moved = int(moves["households"].sum())
    out = Rebalance(
        plan=plan,
        before=before,
        moves=moves,
        crosswalk=crosswalk_of(step.came, to, counts),
        moved_households=moved,
        fewest_possible=min(step.found.bound + step.forced, moved),
        untouched=untouched,
    )
    notes = (*assignment.notes, headline(out, "zh"), headline(out, "en"))
    return replace(out, plan=replace(plan, assignment=replace(plan.assignment, notes=notes)))


def _codes_kept(before: Plan, step: _Step, assignment: Assignment, counts: pd.DataFrame) -> dict[int, str]:
    """Return grid -> old code so that most households keep theirs; a grid without any keeps the code of its ground."""
    codes = before.layers.existing["code"].tolist()
    place = {code: number for number, code in enumerate(codes)}
    unit = before.units.buildings.to_numpy(np.int64)
    code = np.array([place.get(name, -1) for name in step.came.tolist()], np.int64)
    old = (unit >= 0) & (code >= 0)
    held = np.zeros((assignment.grids, len(codes)))
    households = counts["households"].to_numpy(float)
    np.add.at(held, (assignment.grid[unit[old]], code[old]), households[old])
    lies_in = before.units.frame["existing"].to_numpy(np.int64)
    inside = lies_in >= 0
    area = before.graph.area_m2[inside] / max(float(before.graph.area_m2.sum()), 1e-9)
    np.add.at(held, (assignment.grid[inside], lies_in[inside]), 1e-3 * area + 1e-12)
    row, column = linear_sum_assignment(held, maximize=True)
    return {int(g): codes[c] for g, c in zip(row, column, strict=True) if held[g, c] > 0}


def _moves(layers: Layers, counts: pd.DataFrame, step: _Step, to: pd.Series) -> pd.DataFrame:
    """Return the table of moves, see `Rebalance.moves`."""
    unit = step.before.units.buildings.to_numpy(np.int64)
    came = step.came
    moved = np.flatnonzero((came.notna() & to.notna() & (came != to)).to_numpy() & (unit >= 0))
    graph, now = step.before.graph, step.now
    hard = [m for m in graph.measures if not m.soft]
    slots = int(now.start.max()) + 1
    why = reasons(hard, now.start, slots, step.code_of, step.found.cause[unit[moved]])
    stayed = step.grid[unit[moved]] == now.own[unit[moved]]
    why = [TIED if tied else reason for tied, reason in zip(stayed, why, strict=True)]
    kept = step.grid[unit[moved]] == now.start[unit[moved]]
    why = [REDRAWN if same else reason for same, reason in zip(kept & ~stayed, why, strict=True)]
    table = pd.DataFrame(
        {
            "building_id": layers.buildings.index.to_numpy()[moved],
            "source_id": layers.buildings["source_id"].to_numpy(object)[moved],
            "households": counts["households"].to_numpy(np.int64)[moved],
            "population": counts["population"].to_numpy(np.int64)[moved],
            "from": came.to_numpy(object)[moved],
            "to": to.to_numpy(object)[moved],
            "why_zh": [zh for zh, _ in why],
            "why_en": [en for _, en in why],
        },
        columns=list(MOVE_COLUMNS),
    )
    return table.sort_values(["from", "to", "building_id"], kind="stable").reset_index(drop=True)
