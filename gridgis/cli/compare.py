"""``gridgis compare``: what changed from one plan to another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from gridgis.cli.parameters import debug_option, language_option
from gridgis.cli.terminal import output_console, show_steps
from gridgis.errors import ExportError
from gridgis.languages import Said

if TYPE_CHECKING:
    import pandas as pd

    from gridgis.compare import Comparison
    from gridgis.languages import Language

GRID_COLUMNS = {
    "code": ("before", "原网格"),
    "code_after": ("after", "现网格"),
    "households_before": ("households", "原户数"),
    "households_after": ("now", "现户数"),
    "households_in": ("moved in", "划入"),
    "households_out": ("moved out", "划出"),
    "households_new": ("new", "新建"),
    "households_demolished": ("gone", "拆除"),
    "households_recounted": ("recounted", "增减"),
}
OFFICER_COLUMNS = {
    "officer": ("officer", "网格员"),
    "grids": ("grids", "网格数"),
    "changed_grids": ("changed", "变动网格"),
} | {name: words for name, words in GRID_COLUMNS.items() if name.startswith("households")}


@click.command("compare", short_help="Say what changed from one plan to another.")
@click.argument("before", metavar="PLAN_A")
@click.argument("after", metavar="PLAN_B")
@click.option(
    "--officers", metavar="FILE.csv", help="Table of grid codes of PLAN_A and their officers: columns grid, officer."
)
@click.option("-o", "--output", metavar="FILE.json", help="The whole comparison as JSON.")
@language_option
@debug_option
def command(before: str, after: str, officers: str | None, output: str | None, language: Language) -> None:
    """Compare two plans of one jurisdiction, over the same buildings or changed ones.

    PLAN_A and PLAN_B are folders that plans were written to, or their grids.gpkg. Grids that changed are
    listed, with the households that moved in and out.
    """
    from gridgis.compare import compare_divisions, read_division, read_officers

    with show_steps(language) as progress:
        progress("layers", 0.0)
        divisions = read_division(before), read_division(after)
        found = compare_divisions(*divisions, officers=None if officers is None else read_officers(officers))
        if output is not None:
            progress("write", 0.0)
            _write(found, Path(output))
    _print(found, language)


def _write(found: Comparison, path: Path) -> None:
    from gridgis.export.plan_json import write_json

    draft = path.with_name(f".{path.name}-unfinished")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(found.to_dict(), draft)
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise ExportError(
            Said("{path}: cannot be written ({error}); give -o a file of yours", path=path, error=error.strerror)
        ) from None


def _print(found: Comparison, language: Language) -> None:
    zh = language == "zh"
    console = output_console()
    console.print(found.summary(language), markup=False)
    length = {name: f"{value / 1000:,.1f}" for name, value in found.boundary_m.items()}
    if zh:
        console.print(f"网格间界线：原{length['before']}千米，现{length['after']}千米，其中沿用{length['shared']}千米")
    else:
        console.print(f"lines between grids: {length['before']} km before, {length['after']} km now, "
                      f"{length['shared']} km of them as before")  # fmt: skip
    if found.matched == "overlap":
        console.print("两个方案的编码无对应关系，按重叠最多的网格对应" if zh else
                      "the plans' codes have nothing in common; grids are matched by what they share")  # fmt: skip
    _table(found.grids[found.grids["changed"]], GRID_COLUMNS, zh)
    if found.officers is not None:
        _table(found.officers, OFFICER_COLUMNS, zh)


def _table(rows: pd.DataFrame, columns: dict[str, tuple[str, str]], zh: bool) -> None:
    from rich.table import Table

    if rows.empty:
        return
    table = Table()
    for name, words in columns.items():
        table.add_column(words[zh], justify="left" if name in ("code", "code_after", "officer") else "right")
    for row in rows[list(columns)].itertuples(index=False):
        table.add_row(
            *("–" if value is None else f"{value:,}" if isinstance(value, int) else str(value) for value in row)
        )
    output_console().print(table)
