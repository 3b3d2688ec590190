"""``gridgis edit``: change single grids of a plan made earlier."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridgis.cli.parameters import debug_option, language_option, output_option
from gridgis.cli.partition import CANNOT_BE_MET, check_folder
from gridgis.cli.saved_plan import saved_plan_options, take_saved_plan
from gridgis.cli.terminal import output_console, show_steps
from gridgis.errors import InputError
from gridgis.languages import Said

if TYPE_CHECKING:
    from gridgis.edit import Edit, History
    from gridgis.export import Exporter
    from gridgis.languages import Language
    from gridgis.plan import Plan


def _pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = []
    for value in values:
        building, colon, code = value.rpartition(":")
        if not (colon and building.strip() and code.strip()):
            raise click.BadParameter(f"“{value}” is not BUILDING:CODE, e.g. w94452880:004")
        pairs.append((building.strip(), code.strip()))
    return pairs


def _lists(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> list[list[str]]:
    return [[code.strip() for code in value.split(",") if code.strip()] for value in values]


@click.command("edit", short_help="Move buildings, merge, split or redivide grids of a plan.")
@saved_plan_options
@click.option(
    "--move",
    "moves",
    metavar="BUILDING:CODE",
    multiple=True,
    callback=_pairs,
    help="Move a building, and what shares its unit, to a grid; “new” makes a new one.",
)
@click.option(
    "--merge", "merges", metavar="CODE,CODE", multiple=True, callback=_lists, help="Make one grid of several."
)
@click.option("--split", "splits", metavar="CODE[:PARTS]", multiple=True, help="Divide a grid, in two unless said.")
@click.option(
    "--resolve",
    "regions",
    metavar="CODE,CODE",
    multiple=True,
    callback=_lists,
    help="Divide these grids anew, all others staying as they are.",
)
@output_option()
@language_option
@debug_option
def command(
    moves: list[tuple[str, str]],
    merges: list[list[str]],
    splits: tuple[str, ...],
    regions: list[list[str]],
    output: str,
    language: Language,
    **given: Any,
) -> int:
    """Change single grids of a plan made earlier, and certify the result.

    PLAN is the folder that partition wrote; the layers are given again. Moves come first, then merges, splits and
    new divisions. What an edit breaks is said, and done all the same. Writes the files of partition and edits.json:
    what changed, and which code became which.
    """
    from gridgis.edit import History
    from gridgis.export import files_of, write_plan
    from gridgis.plan import adopt_plan

    if not (moves or merges or splits or regions):
        raise InputError(Said("nothing is to be changed; say --move, --merge, --split or --resolve"))
    check_folder(output)
    saved, files, options = take_saved_plan(given)
    with show_steps(language) as progress:
        history = History(adopt_plan(files.read(progress), options, retired=saved.retired))
        _change(history, moves, merges, splits, regions)
        exporters = files_of(history.plan) | {"edits.json": _edits_file(history)}
        write_plan(history.plan, Path(output), language=language, files=exporters, progress=progress)
    for edit in history.edits:
        _show(edit, language)
    certificate = history.plan.certificate
    output_console().print(certificate.summary(language), markup=False)
    return 0 if history.plan.rules_met else CANNOT_BE_MET


def _change(
    history: History,
    moves: list[tuple[str, str]],
    merges: list[list[str]],
    splits: tuple[str, ...],
    regions: list[list[str]],
) -> None:
    from gridgis.edit import merge_grids, move_buildings, resolve_region, split_grid

    for building, code in moves:
        history.do(move_buildings(history.plan, _known(history, building), None if code == "new" else code))
    for codes in merges:
        history.do(merge_grids(history.plan, codes))
    for value in splits:
        code, _, parts = value.partition(":")
        if parts and not parts.isdigit():
            raise InputError(
                Said("--split {value}: “{parts}” is not a number of parts; write CODE:3", value=value, parts=parts)
            )
        history.do(split_grid(history.plan, code, parts=int(parts or 2)))
    for codes in regions:
        history.do(resolve_region(history.plan, codes))


def _known(history: History, building: str) -> list[int]:
    """Return the building_id of a building that people call by its source's id."""
    ids = history.plan.layers.buildings["source_id"]
    found: list[int] = ids.index[ids == building].tolist()
    if not found:
        raise InputError(Said("there is no building “{building}”; give the id that its layer has", building=building))
    return found


def _edits_file(history: History) -> Exporter:
    from gridgis.export.plan_json import write_json

    def write(plan: Plan, path: Path, *, language: Language = "zh") -> None:
        write_json([edit.to_dict() for edit in history.edits], path)

    return write


def _show(edit: Edit, language: Language) -> None:
    """Print what an edit moved and what it newly breaks."""
    console, zh = output_console(), language == "zh"
    if not edit.touched:
        console.print("网格保持不变" if zh else "Nothing changed", markup=False)
        return
    console.print(
        f"调整网格{'、'.join(edit.touched)}：移动{edit.households}户" if zh
        else f"Grids {', '.join(edit.touched)}: {edit.households:,} households moved",
        markup=False,
    )  # fmt: skip
    for breach in edit.breaches:
        if breach.new:
            console.print(f"  ! {breach.text_zh if zh else breach.text}", markup=False)
