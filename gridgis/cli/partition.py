"""``gridgis partition``: layers in, a certified plan out."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridgis.cli.explanations import explain_option, explanations_file, show_explanations, tell_foreseen
from gridgis.cli.parameters import (
    LayerFiles,
    debug_option,
    given_areas,
    language_option,
    layer_options,
    lock_option,
    output_option,
    plan_options,
    take_options,
)
from gridgis.cli.terminal import output_console, show_steps
from gridgis.errors import InputError, some
from gridgis.languages import Said

if TYPE_CHECKING:
    import pandas as pd

    from gridgis.explain import Conflict
    from gridgis.languages import Language
    from gridgis.layers import Layers
    from gridgis.options import PlanOptions
    from gridgis.plan import Plan

CANNOT_BE_MET = 3


@click.command("partition", short_help="Divide a jurisdiction into grids and certify them.")
@layer_options(roads_required=True)
@given_areas
@lock_option
@plan_options
@explain_option
@output_option()
@language_option
@debug_option
def command(output: str, language: Language, explain: bool, **given: Any) -> int:
    """Divide a jurisdiction into grids and certify them.

    Writes grids.gpkg, grids.geojson, grids.shp, grids.csv, plan.json, audit.json, report.html and map.png. Files
    may be Shapefile (also zipped, UTF-8 or GBK), GeoPackage, GeoJSON, FlatGeobuf or GeoParquet; of one with
    several layers, FILE|layername=NAME takes one, and FILE|where=COLUMN=VALUE takes some rows: --compounds
    "landuse.gpkg|where=landuse=residential".
    """
    files = LayerFiles.take(given)
    options = take_options(given, columns=files.columns)
    check_folder(output)
    if options.lock and files.existing is None:
        raise InputError(
            Said(
                "--lock {lock}: there is no existing plan to lock grids of; give its grids with --existing",
                lock=some(options.lock),
            )
        )
    from gridgis.conflicts import check_rules
    from gridgis.housing import count_housing

    with show_steps(language) as progress:
        layers = files.read(progress)
    check_rules(layers, options)
    counts = count_housing(layers, options)
    tell_foreseen(layers, options, counts, language)
    with show_steps(language) as progress:
        plan, conflicts = divide(layers, options, Path(output), language, progress, counts=counts, explain=explain)
    print_plan(plan, output, language)
    show_explanations(conflicts, language)
    return 0 if plan.rules_met else CANNOT_BE_MET


def check_folder(output: str) -> None:
    """Refuse a place that cannot be written to before hours of work rather than after."""
    folder = Path(output).absolute()
    if folder.exists() and not folder.is_dir():
        raise InputError(Said("{output}: is a file; give -o a folder, or a name that is free", output=output))
    nearest = next(place for place in (folder, *folder.parents) if place.exists())
    if not os.access(nearest, os.W_OK):
        raise InputError(
            Said("{output}: {nearest} cannot be written to; give -o a folder of yours", output=output, nearest=nearest)
        )


def divide(
    layers: Layers,
    options: PlanOptions,
    folder: Path,
    language: Language,
    progress: Callable[[str, float], None],
    *,
    counts: pd.DataFrame | None = None,
    explain: bool = False,
) -> tuple[Plan, tuple[Conflict, ...]]:
    """Make the plan, find its conflicts if they are asked for, and write all files or none.

    ``counts`` where people are counted already.
    """
    import gridgis
    from gridgis.export import files_of, write_plan

    plan = gridgis.make_plan(layers, options, counts=counts, progress=progress)
    found: tuple[Conflict, ...] = ()
    files = files_of(plan)
    if explain:
        from gridgis.explain import conflicts

        found = conflicts(plan, progress=progress)
        files |= explanations_file(found)
    write_plan(plan, folder, language=language, files=files, progress=progress)
    return plan, found


def print_plan(plan: Plan, output: str, language: Language) -> None:
    """Print the table, the reasons, the verdict, and where the files are."""
    from gridgis.report import print_report

    console = output_console()
    print_report(plan, console, language)
    written = f"文件已写入 {output}" if language == "zh" else f"The files are in {output}"
    console.print(written, markup=False)
