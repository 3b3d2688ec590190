"""``gridgis demo``: the main job on real layers that travel with the program."""

from __future__ import annotations

from pathlib import Path

import click

from gridgis.cli.parameters import debug_option, language_option, output_option
from gridgis.cli.partition import CANNOT_BE_MET, check_folder, conclude, divide
from gridgis.cli.terminal import show_steps
from gridgis.options import PROFILES, PlanOptions
from gridgis.report import Language

MONACO = PlanOptions(
    households=PROFILES["urban"].households,
    population=PROFILES["urban"].population,
    total_population=39_050,
    # The layers count no households. At 3.0 people in each, 300 to 500 households are 900 to 1,500
    # people, which is the other band; at the usual 2.6 hardly a grid could keep both.
    household_size=3.0,
)


@click.command()
@output_option(default="out/monaco")
@click.option("--seed", type=int, default=0, show_default=True, help="Same seed, same plan.")
@language_option
@debug_option
def demo(output: str, seed: int, language: Language) -> int:
    """Divide Monaco into grids of 300-500 households and 1,000-1,500 people.

    Monaco has 39,050 people; they are spread over its buildings. Its layers hold no households, so the
    demo assumes 3.0 people in each: then 300-500 households are 900-1,500 people, and the two bands agree.
    """
    check_folder(output)
