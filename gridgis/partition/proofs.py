"""Why grids break a band: what the preflight and the exact lists show, put together grid by grid."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gridgis.graph import Graph, Ints
from gridgis.options import PlanOptions
from gridgis.partition import explain
from gridgis.partition.assignment import Assignment, Proof
from gridgis.partition.check import Breach, breaches_of_bands, check
from gridgis.partition.exact import impossible_units
from gridgis.partition.neighbourhood import Verdict
from gridgis.partition.preflight import Survey, survey
from gridgis.partition.problem import Weight, build_problem, weights


def prove_breaches(graph: Graph, assignment: Assignment, options: PlanOptions) -> tuple[Proof, ...]:
    """Say why grids that a search ended with break a band, as far as that can be shown without another search."""
    counted = weights(graph, options)
    found = _survey(graph, options, counted)
    broken = check(graph, assignment.grid, assignment.grids, counted)
    verdicts = _verdicts(graph, assignment, options, counted, found, broken)
    return proofs_of(graph, assignment.grid, broken, counted, found, verdicts)


def renew_proofs(graph: Graph, assignment: Assignment, options: PlanOptions) -> tuple[Proof, ...]:
    """Return the proofs of an assignment that no search made, or that was changed since, those it has included.

    Grids outside a band without a proof get what can be shown at once of every division of the graph: a unit too
    large, an area that no number of grids fits, units that no possible grid holds. Where that shows nothing, the
    proof says so, and how to go on; it is not proven.
    """
    counted = weights(graph, options)
    known = {proof.grid for proof in assignment.proofs}
    broken = [b for b in breaches_of_bands(assignment.grid, assignment.grids, counted) if b.grid not in known]
    if not broken:
        return assignment.proofs
    found = _survey(graph, options, counted)
    grid = assignment.grid
    lived_in = np.zeros(graph.n, bool)
    for weight in counted:
        lived_in |= weight.counts > 0
    area_of = found.area_of(graph.n)
    proven = [proof.grid for proof in assignment.proofs if proof.proven and proof.grid is not None]
    shown = set(area_of[np.isin(grid, proven)].tolist())
    verdicts = _verdicts(graph, assignment, options, counted, found, broken)
    known_units = {int(grid[unit]): verdict.units for unit, verdict in verdicts.items()}
    out = list(assignment.proofs)
    for breach in broken:
        members = np.flatnonzero((grid == breach.grid) & lived_in)
        alone = [group for group in found.alone if np.array_equal(np.sort(group[lived_in[group]]), members)]
        fixed = [group for group in found.fixed if set(group.units) == set(np.flatnonzero(grid == breach.grid))]
        within = np.unique(area_of[members])
        index = int(within[0]) if len(within) == 1 else -1
        if fixed:
            out.append(explain.as_it_is(graph, breach, fixed[0], counted))
        elif alone:
            out.append(explain.oversize(graph, breach, alone[0], counted))
        elif index >= 0 and not found.areas[index].possible and index not in shown:
            # that an area cannot be divided shows that one of its grids must break a band, not how many
            shown.add(index)
            out.append(explain.area_impossible(graph, breach, found.areas[index], counted, proven=True))
        elif breach.grid in known_units:
            out.append(explain.pocket(graph, breach, known_units[breach.grid].tolist(), counted))
        else:
            out.append(explain.not_searched(breach, counted))
    return tuple(out)


def _survey(graph: Graph, options: PlanOptions, counted: tuple[Weight, ...]) -> Survey:
    return survey(graph, options.replace(grids=None) if options.bands else options, counted)


def _verdicts(
    graph: Graph,
    assignment: Assignment,
    options: PlanOptions,
    counted: tuple[Weight, ...],
    found: Survey,
    broken: list[Breach],
) -> dict[int, Verdict]:
    """Return the first unit of a grid that breaks a band -> the units in it that no possible grid holds."""
    verdicts: dict[int, Verdict] = {}
    if not found.areas:
        return verdicts
    problem = build_problem(graph, counted, np.concatenate([area.units for area in found.areas]), options)
    for number in sorted({breach.grid for breach in broken}):
        places = np.flatnonzero(assignment.grid[problem.units] == number)
        forced = impossible_units(problem, places) if len(places) else None
        if forced is not None:
            verdicts[int(problem.units[places[0]])] = Verdict(units=problem.units[forced], around=0)
    return verdicts


def proofs_of(
    graph: Graph,
    grid: Ints,
    broken: list[Breach],
    counted: tuple[Weight, ...],
    found: Survey,
    verdicts: Mapping[int, Verdict],
) -> tuple[Proof, ...]:
    """Put what a search's preflight and end have shown into words, for every grid that breaks a band."""
    if not broken:
        return ()
    alone = {int(grid[group[0]]): group for group in found.alone}
    fixed = {int(grid[group.units[0]]): group for group in found.fixed}
    area_of = found.area_of(graph.n)
    known = {int(grid[unit]): verdict for unit, verdict in verdicts.items()}
    first_unit = dict(zip(*np.unique(grid, return_index=True), strict=True))
    out = []
    shown: set[int] = set()
    for breach in broken:
        if breach.grid in fixed:
            out.append(explain.as_it_is(graph, breach, fixed[breach.grid], counted))
            continue
        if breach.grid in alone:
            out.append(explain.oversize(graph, breach, alone[breach.grid], counted))
            continue
        index = int(area_of[first_unit[breach.grid]])
        area = found.areas[index]
        verdict = known.get(breach.grid)
        if not area.possible:
            # that an area cannot be divided shows that one of its grids must break a band, not how many
            proven = index not in shown or area.grids == 1
            out.append(explain.area_impossible(graph, breach, area, counted, proven=proven))
            shown.add(index)
        elif verdict is not None and len(verdict.units):
            out.append(explain.pocket(graph, breach, verdict.units.tolist(), counted))
        else:
            out.append(explain.unsolved(breach, counted, around=verdict.around if verdict else 0))
    return tuple(out)
