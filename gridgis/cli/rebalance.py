"""``gridgis rebalance``: a plan made earlier and this year's buildings in, the plan with the fewest moves out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridgis.cli.parameters import debug_option, language_option, output_option
from gridgis.cli.partition import CANNOT_BE_MET, check_folder, print_plan
from gridgis.cli.saved_plan import saved_plan_options, take_saved_plan
from gridgis.cli.terminal import output_console, show_steps

if TYPE_CHECKING:
    from gridgis.languages import Language


@click.command("rebalance", short_help="Keep a plan's rules after a change, with the fewest moves.")
@saved_plan_options
@click.option(
    "--move-price",
    type=float,
    metavar="POINTS",
    help="What one moved household costs; what makes the plan better by more points is moved as well. "
    "Without it only what the rules need is moved.",
)
@click.option(
    "--time-limit",
    "time_limit_s",
    type=float,
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="What the search for the fewest moves and the proof may take.",
)
@output_option()
@language_option
@debug_option
def command(
    move_price: float | None,
    time_limit_s: float,
    output: str,
    language: Language,
    **given: Any,
) -> int:
    """Bring a plan made earlier up to date: new and demolished buildings, other counts.

    PLAN is the folder that partition wrote. Its rules come from there; the layers are given anew. Every rule is
    kept while the fewest households change their grid. Writes the files of partition, moves.csv (every building
    that changes its grid, from where to where, and why) and crosswalk.csv.
    """
    from gridgis.rebalance import rebalance

    check_folder(output)
    saved, files, options = take_saved_plan(given)
    with show_steps(language) as progress:
        layers = files.read(progress)
        found = rebalance(
            layers,
            options,
            was=saved.buildings.to_crs(layers.crs),
            retired=saved.retired,
            move_price=move_price,
            time_limit_s=time_limit_s,
            progress=progress,
        )
        found.write(Path(output), language=language, progress=progress)
    from gridgis.rebalance.tables import print_moves

    print_plan(found.plan, output, language)
    print_moves(found, output_console(), language)
    return 0 if found.plan.rules_met else CANNOT_BE_MET
