"""The main job as one recipe: layers and options in, a certified plan out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from gridgis.audit import Certificate, Sectors, audit_grids
from gridgis.audit.levels import LEVEL_NOUNS
from gridgis.codes import Codes, community_codes, community_of, name_grids
from gridgis.conflicts import check_rules
from gridgis.errors import InputError
from gridgis.features import KINDS
from gridgis.graph import Graph
from gridgis.grids import draw_grids, redraw_grids, renumber
from gridgis.housing import count_housing
from gridgis.languages import Said
from gridgis.layers import Layers
from gridgis.levels import (
    draw_communities,
    draw_sectors,
    explain_sectors,
    in_micro_words,
    layers_of_grids,
    options_of_micro,
)
from gridgis.neighbours import Join, build_graph, notes_on_joins
from gridgis.options import PlanOptions
from gridgis.partition import Assignment, partition
from gridgis.partition.assignment import Proof
from gridgis.partition.proofs import renew_proofs
from gridgis.pieces import strongest
from gridgis.sectors import group_grids, in_order
from gridgis.units import Units, build_units

if TYPE_CHECKING:
    import folium

    from gridgis.report import Report

Progress = Callable[[str, float], None]
Language = Literal["zh", "en"]

ROUNDS = 3
"""How often units are cut, at most: each time finer where bands were broken."""

FINER = 0.4
"""By this factor the share of a grid that a block may keep is lowered in the next round."""

STEPS = ("people", "units", "graph", "partition", "grids", "micro", "audit")
"""Names of the steps, as progress reports them; ``micro`` only where micro-grids are asked for."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A division of a jurisdiction into grids, with all that it came from and its certificate.

    A plan is its assignment, options and the fingerprint of its layers; everything else
    is derived and can be drawn again.

    Attributes
    ----------
    counts
        Households and people by ``building_id``, see `population.count_people`.
    joins
        Units that are neighbours although nothing leads across, see `neighbours.build_graph`.
    sectors
        Grid -> sector, where sectors were asked for.
    codes
        What the grids are called, and codes no longer used.
    held
        Units (ascending) that no edit takes out of their grid.
    """

    options: PlanOptions
    layers: Layers
    counts: pd.DataFrame
    units: Units
    graph: Graph
    joins: tuple[Join, ...]
    assignment: Assignment
    sectors: Assignment | None
    codes: Codes
    held: tuple[int, ...] = ()

    @cached_property
    def grids(self) -> gpd.GeoDataFrame:
        """The grids as they are drawn, index ``grid_id``; see ``docs/architecture.md``."""
        return draw_grids(self.units, self.assignment, self.layers, self.options, counts=self.counts, codes=self.codes)

    @cached_property
    def sector_areas(self) -> gpd.GeoDataFrame | None:
        """The sectors as they are drawn, see `levels.draw_sectors`; None where none were asked for."""
        if self.sectors is None:
            return None
        communities = self.layers.communities.assign(code=community_codes(self.layers, self.options))
        return draw_sectors(self.grids, self.sectors, self.codes.sector, self.grid_community, communities)

    @cached_property
    def community_areas(self) -> gpd.GeoDataFrame | None:
        """The communities as their grids make them up, see `levels.draw_communities`; None where none were given."""
        if not len(self.layers.communities):
            return None
        codes = community_codes(self.layers, self.options)
        return draw_communities(
            self.grids, self.grid_community, self.layers.communities, codes, self.options.parent_code
        )

    @cached_property
    def grid_community(self) -> npt.NDArray[np.int64]:
        """(k,) the community of each grid, by position in ``layers.communities``; -1: none."""
        return community_of(self.units, self.assignment)

    @cached_property
    def micro(self) -> Plan | None:
        """The plan that divides every grid into micro-grids, with a certificate of its own; None: not asked for."""
        band = self.options.micro
        if band is None:
            return None
        return make_plan(layers_of_grids(self.layers, self.grids), options_of_micro(self.options, band))

    @cached_property
    def certificate(self) -> Certificate:
        """What the audit says of the grids as they are drawn."""
        layers, options = self.layers, self.options
        existing = layers.existing
        people = {name: self.counts[name] for name in ("households", "population", "profile") if name in self.counts}
        return audit_grids(
            self.grids,
            layers.boundary,
            layers.buildings.assign(**people),
            households=options.households,
            population=options.population,
            housing=options.housing,
            soft=options.soft,
            lines=layers.lines,
            water=layers.water,
            compounds=layers.compounds,
            communities=layers.communities,
            sectors=self._sectors_to_audit(),
            micro=None if self.micro is None else self.micro.certificate,
            level=options.level,
            locked=existing[existing["code"].isin(options.lock)],
            slivers=layers.slivers,
            proofs=self.proofs,
            visible_at_best=visible_at_best(self.units, self.assignment),
            notes=notes_on_joins(
                self.joins, self.graph.ids, self.assignment.grid, self.codes.code, LEVEL_NOUNS[options.level]
            ),
        )

    def _sectors_to_audit(self) -> Sectors | None:
        band = self.options.sectors
        if self.sectors is None or self.sector_areas is None or band is None:
            return None
        codes = self.codes
        reasons = explain_sectors(self.graph, self.assignment, self.sectors, band, codes.sector, list(codes.code))
        return Sectors(areas=self.sector_areas[["code", "geometry"]], band=band, reasons=reasons)

    @cached_property
    def proofs(self) -> tuple[Proof, ...]:
        """Why grids break a band; of grids that an edit has changed, what can be shown without a search."""
        return renew_proofs(self.graph, self.assignment, self.options)

    @cached_property
    def building_grid(self) -> pd.Series:
        """building_id -> grid_id; -1 for a building that only touches the jurisdiction."""
        unit = self.units.buildings.to_numpy(np.int64)
        grid = np.where(unit >= 0, self.assignment.grid[unit], -1)
        return pd.Series(grid, index=self.units.buildings.index, name="grid_id")

    def changed_to(
        self,
        assignment: Assignment,
        sectors: Assignment | None,
        codes: Codes,
        *,
        was: npt.NDArray[np.int64],
        changed: npt.NDArray[np.bool_],
    ) -> Plan:
        """Return the plan of another assignment of the same units, drawn anew only where they differ.

        ``was`` and ``changed`` as in `grids.redraw_grids`.
        """
        plan = replace(self, assignment=assignment, sectors=sectors, codes=codes)
        # drawn by itself, it would draw every grid
        plan.__dict__["grids"] = redraw_grids(self.grids, was, changed, self.units, assignment, codes, self.options)
        return plan

    @property
    def rules_met(self) -> bool:
        """Whether every grid, sector and micro-grid keeps every band and the certificate holds."""
        levels = self.certificate.levels
        return self.certificate.holds and all(level.kept == level.areas for level in levels)

    @cached_property
    def report(self) -> Report:
        """Tables for people: grids, boundaries, explanations."""
        from gridgis.report import build_report

        return build_report(self)

    def explore(self, *, language: Language = "zh") -> folium.Map:
        """Return an interactive map."""
        from gridgis.preview.html import explore

        return explore(self, language=language)

    def to_file(self, path: str | Path, *, language: Language = "zh") -> list[Path]:
        """Write one file (a shapefile: its parts); the suffix chooses the format, see `export.EXPORTERS`."""
        from gridgis.export import write_file

        return write_file(self, path, language=language)

    def write(self, folder: str | Path, *, language: Language = "zh") -> list[Path]:
        """Write the whole set of files into a folder: all of them, or none."""
        from gridgis.export import write_plan

        return write_plan(self, folder, language=language)


def make_plan(
    layers: Layers,
    options: PlanOptions | None = None,
    *,
    counts: pd.DataFrame | None = None,
    retired: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> Plan:
    """Divide a jurisdiction into balanced grids and certify the result.

    Parameters
    ----------
    counts
        As from `housing.count_housing`, where people are counted already, e.g. over a whole city.
    retired
        Codes of earlier plans that are not to be used again.
    progress
        Called with the name of a step (one of `STEPS`) and how much of it is done, 0 … 1.

    Raises
    ------
    InputError
        Counts that cannot be used, or more grids asked for than there are buildings.
    InfeasibleError
        The number of grids asked for cannot be had. Bands that cannot be kept are no
        error: the plan's certificate explains them.
    """
    options = options or PlanOptions()
    report = progress or (lambda step, done: None)
    report("people", 0.0)
    check_rules(layers, options)
    if counts is None:
        counts = count_housing(layers, options)
    report("people", 1.0)
    units, graph, joins, assignment = _divide(layers, counts, options, progress)
    plan = name_plan(layers, options, counts, units, graph, joins, assignment, retired=retired)
    report("grids", 0.0)
    _ = plan.grids
    if options.micro is not None:
        report("micro", 0.0)
        _ = plan.micro
    report("audit", 0.0)
    _ = plan.certificate
    report("audit", 1.0)
    return plan


def adopt_plan(layers: Layers, options: PlanOptions | None = None, *, retired: tuple[str, ...] = ()) -> Plan:
    """Make a plan of existing grids just as they are, ``layers.existing``, and certify it.

    What lies in none of them goes to the grid it shares most line with. Bands that they break are the certificate's
    to tell. ``retired`` codes are never given again. Raises InputError when there are no grids.
    """
    options = options or PlanOptions()
    if not len(layers.existing):
        raise InputError(Said("there are no existing grids to adopt; give their layer (existing)"))
    check_rules(layers, options)
    counts = count_housing(layers, options)
    units = build_units(layers, counts, options)
    graph, joins = build_graph(units, options, layers)
    return name_plan(layers, options, counts, units, graph, joins, adopted(units, graph), retired=retired)


def name_plan(
    layers: Layers,
    options: PlanOptions,
    counts: pd.DataFrame,
    units: Units,
    graph: Graph,
    joins: tuple[Join, ...],
    assignment: Assignment,
    *,
    retired: tuple[str, ...] = (),
    kept: Mapping[int, str] | None = None,
) -> Plan:
    """Return the plan of an assignment: grids in reading order, with codes and names.

    ``kept`` gives old codes to grids as the assignment numbers them, see `codes.name_grids`.
    """
    if options.level == "micro":
        assignment = in_micro_words(assignment)
    sectors = None
    given = assignment.grid
    if options.sectors is not None:
        found = group_grids(graph, assignment, options.sectors, options)
        member = found.grid[assignment.grid]
        assignment = renumber(units, assignment, found.grid)
        sectors = in_order(found, assignment, member)
    else:
        assignment = renumber(units, assignment)
    now_called = dict(zip(given.tolist(), assignment.grid.tolist(), strict=True))
    return Plan(
        options=options,
        layers=layers,
        counts=counts,
        units=units,
        graph=graph,
        joins=joins,
        assignment=assignment,
        sectors=sectors,
        codes=name_grids(
            units,
            assignment,
            layers,
            options,
            sector=None if sectors is None else sectors.grid,
            retired=retired,
            kept=None if kept is None else {now_called[grid]: code for grid, code in kept.items()},
        ),
    )


def adopted(units: Units, graph: Graph) -> Assignment:
    """Return the assignment that the existing grids are; what lies in none joins what it shares most line with."""
    grid = units.frame["existing"].to_numpy(np.int64).copy()
    u, v = np.concatenate([graph.u, graph.v]), np.concatenate([graph.v, graph.u])
    shared = np.tile(graph.shared_m, 2)
    while (open_ := (grid[u] < 0) & (grid[v] >= 0)).any():
        choice = strongest(u[open_], grid[v[open_]], shared[open_] + 1e-9)
        grid[choice[:, 0]] = choice[:, 1]
    # what no way leads to is a grid of its own
    lone = np.flatnonzero(grid < 0)
    grid[lone] = grid.max() + 1 + np.arange(len(lone))
    used, compact = np.unique(grid, return_inverse=True)
    return Assignment(grid=compact.astype(np.int64), grids=len(used))


def _divide(
    layers: Layers, counts: pd.DataFrame, options: PlanOptions, progress: Progress | None
) -> tuple[Units, Graph, tuple[Join, ...], Assignment]:
    """Cut units and partition them; where a band is broken, cut the blocks around more finely and try again."""
    report = progress or (lambda step, done: None)
    finer: dict[int, float] = {}
    best = None
    for _ in range(ROUNDS):
        units = build_units(layers, counts, options, finer=finer, progress=progress)
        report("graph", 0.0)
        graph, joins = build_graph(units, options, layers)
        report("graph", 1.0)
        assignment = partition(graph, options, progress=progress)
        broken = len({proof.grid for proof in assignment.proofs})
        if best is None or broken < best[0]:
            best = broken, (units, graph, joins, assignment)
        blocks = _blocks_to_divide(units, graph, assignment)
        if not len(blocks):
            break
        finer |= {block: finer.get(block, options.unit_share) * FINER for block in blocks}
    assert best is not None
    return best[1]


def _blocks_to_divide(units: Units, graph: Graph, assignment: Assignment) -> list[int]:
    """Return the blocks of grids that break a band, and of those beside them; not where one building forces it."""
    buildings = units.frame["buildings"].to_numpy()
    forced = {p.grid for p in assignment.proofs if p.proven and len(p.units) == 1 and buildings[p.units[0]] == 1}
    broken = [p.grid for p in assignment.proofs if p.grid is not None and p.grid not in forced]
    near = np.isin(assignment.grid, broken)
    u, v = graph.u, graph.v
    beside = np.concatenate([assignment.grid[u[near[v]]], assignment.grid[v[near[u]]], np.array(broken, np.int64)])
    blocks = units.frame["block"].to_numpy()[np.isin(assignment.grid, beside)]
    return [int(block) for block in np.unique(blocks)]


def visible_at_best(units: Units, assignment: Assignment) -> float:
    """Share of the inner boundary that could have followed something visible, at best.

    Communities' edges are given. A piece between visible lines that is too heavy for one grid must be cut out of sight;
    unseen boundary inside any other piece could have been avoided.
    """
    edges = units.edges[units.edges["right"] >= 0]
    left, right = edges["left"].to_numpy(np.int64), edges["right"].to_numpy(np.int64)
    inner = assignment.grid[left] != assignment.grid[right]
    length = edges["length_m"].to_numpy(float)
    given = (edges["kind"] == "community").to_numpy(bool)
    unseen = ~edges["kind"].map({name: kind.visible for name, kind in KINDS.items()}).to_numpy(bool)
    face = units.frame["face"].to_numpy()
    forced = unseen & (face[left] == face[right]) & (units.frame["face_share"].to_numpy(float)[left] > 1)
    forced |= given
    total = float(length[inner].sum())
    return 1.0 - float(length[inner & forced].sum()) / total if total > 0 else 1.0
