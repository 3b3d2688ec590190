"""``gridgis partition-graph``: tables of units and neighbours in, an assignment out; no shapes needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridgis.cli.parameters import band_options, debug_option, language_option, search_options
from gridgis.cli.partition import CANNOT_BE_MET
from gridgis.cli.terminal import output_console, show_steps
from gridgis.errors import ExportError, InputError
from gridgis.languages import Said
from gridgis.profiles import Band

if TYPE_CHECKING:
    from gridgis.graph import Graph
    from gridgis.languages import Language
    from gridgis.partition import Assignment


@click.command("partition-graph", short_help="Divide a graph given as two tables; no shapes needed.")
@click.argument("nodes", metavar="NODES.csv")
@click.argument("edges", metavar="EDGES.csv")
@band_options
@click.option("--grids", type=int, metavar="K", help="Exactly this many grids; alone, with --tolerance.")
@click.option(
    "--tolerance",
    type=click.FloatRange(min=0, min_open=True),
    default=0.005,
    show_default=True,
    help="With --grids and no band: how far a grid may be from total / K, as a share of it.",
)
@search_options
@click.option("-o", "--output", metavar="FILE.csv", required=True, help="Table to write: id, grid.")
@language_option
@debug_option
def command(
    nodes: str,
    edges: str,
    households: Band | None,
    population: Band | None,
    grids: int | None,
    tolerance: float,
    objective: str,
    method: str,
    time_limit_s: float | None,
    seed: int,
    output: str,
    language: Language,
) -> int:
    """Divide a graph of units into connected grids within the bands.

    NODES has a row a unit: id, and hh (households) or pop (people) or both; a count that is missing does
    not count. EDGES has a row a pair of neighbours: u, v, and shared_len (metres), cost or road_class.
    """
    from gridgis.partition import partition_graph
    from gridgis.partition.tables import options_for, read_graph, write_assignment

    target = Path(output)
    if target.is_dir():
        raise InputError(Said("{output}: is a folder; give -o a file in it", output=output))
    with show_steps(language) as progress:
        graph = read_graph(nodes, edges)
        options = options_for(
            graph,
            households=households,
            population=population,
            grids=grids,
            tolerance=tolerance,
            objective=objective,
            seed=seed,
            time_limit_s=time_limit_s,
        ).replace(method=method)
        assignment = partition_graph(graph, options, progress=progress)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_assignment(target, graph, assignment)
    except OSError as error:
        raise ExportError(
            Said("{output}: cannot be written ({error}); give -o a file of yours", output=output, error=error.strerror)
        ) from None
    _print(graph, assignment, output, language)
    return CANNOT_BE_MET if assignment.proofs else 0


def _print(graph: Graph, assignment: Assignment, output: str, language: Language) -> None:
    import numpy as np

    console = output_console()
    words = {"households": "户", "population": "人"} if language == "zh" else {}
    for name, counts in (("households", graph.households), ("population", graph.population)):
        if counts.any():
            load = np.bincount(assignment.grid, counts, assignment.grids)
            console.print(f"{words.get(name, name)}: {load.min():,.0f} … {load.max():,.0f}", markup=False)
    parted = int((assignment.grid[graph.u] != assignment.grid[graph.v]).sum())
    if language == "zh":
        done = f"{graph.n:,} 个单元分为 {assignment.grids:,} 个网格，切断 {parted:,} 条邻接；已写入 {output}"
    else:
        done = f"{graph.n:,} units in {assignment.grids:,} grids, {parted:,} neighbours parted; written to {output}"
    console.print(done, markup=False)
    for proof in assignment.proofs:
        reason, remedy = (proof.reason_zh, proof.remedy_zh) if language == "zh" else (proof.reason, proof.remedy)
        console.print(f"• {reason} {remedy}", markup=False)
    for note in assignment.notes:
        console.print(note, markup=False)
