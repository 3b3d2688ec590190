"""``gridgis city``: many jurisdictions at once, resumable, on this machine's processes or a Dask cluster."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from gridgis.cli.parameters import (
    LayerFiles,
    debug_option,
    language_option,
    layer_options,
    output_option,
    plan_options,
    take_options,
)
from gridgis.cli.partition import CANNOT_BE_MET, check_folder
from gridgis.cli.terminal import output_console, show_steps

if TYPE_CHECKING:
    from gridgis.city import City
    from gridgis.city.runners import Runner
    from gridgis.languages import Language

CANNOT_BE_USED = 2


@click.command("city", short_help="Divide every community of a city, side by side and resumable.")
@layer_options(roads_required=True)
@click.option(
    "--communities", metavar="FILE", required=True, help="Polygons with a code or name; each is a jurisdiction."
)
@click.option(
    "--by",
    metavar="COLUMN[:N]",
    help="Join polygons into jurisdictions by a column, or by the first N letters of it, e.g. GEOID:11.",
)
@plan_options
@output_option()
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    default=os.cpu_count() or 1,
    show_default="the machine's processors",
    help="Processes that divide communities side by side.",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Work on a Dask cluster instead, e.g. tcp://192.168.1.5:8786 (gridgis[dask]).",
)
@click.option("--pictures/--no-pictures", default=True, help="Each community's map.png and report.html; or not.")
@language_option
@debug_option
def command(
    by: str | None,
    output: str,
    workers: int,
    scheduler: str | None,
    pictures: bool,
    language: Language,
    **given: Any,
) -> int:
    """Divide every community of a city into grids.

    Writes city.json, city.gpkg, city.geojson and city.png for the whole, and each community's files below
    jurisdictions/. The same command again goes on where a run was broken off, and does anew only what has changed.
    Plans are the same, byte for byte, with any number of workers. Ends with 2 where a community could not be divided,
    with 3 where the rules cannot be met somewhere.
    """
    files = LayerFiles.take(given)
    options = take_options(given, columns=files.columns)
    check_folder(output)
    with show_steps(language) as progress:
        runner = _runner(scheduler)
        if by is not None and isinstance(files.communities, str):
            from gridgis.city.communities import group_communities

            files = replace(files, communities=group_communities(files.communities, by))
        layers = files.read(progress)
        from gridgis.city import make_city

        city = make_city(
            layers,
            options,
            folder=output,
            workers=workers,
            runner=runner,
            language=language,
            pictures=pictures,
            progress=progress,
        )
    print_outcome(city, output, language)
    return exit_code(city)


def print_outcome(city: City, output: str, language: Language) -> None:
    """Print the table, what went wrong, and where the files are."""
    from gridgis.city.report import print_city

    console = output_console()
    print_city(city.report, console, language)
    made, kept = len(city.made), len(city.report.rows) - len(city.made)
    if language == "zh":
        text = f"本次处理 {made} 个辖区，沿用已有 {kept} 个，用时 {city.seconds:,.0f} 秒；文件已写入 {output}"
    else:
        text = f"{made} jurisdictions worked on, {kept} kept, {city.seconds:,.0f} s; the files are in {output}"
    console.print(text, markup=False)


def exit_code(city: City) -> int:
    """Return what the run means for whoever called the program."""
    states = set(city.report.rows["state"])
    if states & {"refused", "failed"}:
        return CANNOT_BE_USED
    return 0 if city.report.rules_met else CANNOT_BE_MET


def _runner(scheduler: str | None) -> Runner | None:
    if scheduler is None:
        return None
    from gridgis.city.dask_runner import DaskRunner

    return DaskRunner(scheduler)
