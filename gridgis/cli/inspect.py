"""``gridgis inspect``: what each layer is, what its fields mean, and its defects."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from gridgis.cli.parameters import debug_option
from gridgis.cli.terminal import output_console
from gridgis.errors import InputError
from gridgis.languages import Words

if TYPE_CHECKING:
    from rich.console import Console

    from gridgis.inputs.inspect import LayerReport


@click.command("inspect", short_help="Say what each layer is, what its fields mean, and its defects.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
@debug_option
def command(files: tuple[str, ...], as_json: bool) -> None:
    """Say what each layer is: format, encoding, CRS, fields and what they mean, counts, defects."""
    from gridgis.inputs.inspect import inspect_file

    reports: list[LayerReport] = []
    faults: list[Words] = []
    for path in files:
        try:
            reports += inspect_file(path)
        except InputError as error:
            faults += error.faults
    if as_json:
        click.echo(json.dumps([report.to_dict() for report in reports], ensure_ascii=False, indent=1))
    else:
        console = output_console()
        for report in reports:
            _print(report, console)
    if faults:
        raise InputError(*faults)


def _print(report: LayerReport, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    title = report.file if report.layer == report.file.partition(".")[0] else f"{report.file}|{report.layer}"
    shapes = ", ".join(f"{count:,} {kind}" for kind, count in report.geometry.items())
    facts = {
        "probably": report.role or "unknown",
        "format": report.format,
        "encoding": report.encoding,
        "CRS": report.crs or "not stated",
        "features": f"{report.count:,} ({shapes})" if shapes else f"{report.count:,}",
        "extent": ", ".join(f"{value:.10g}" for value in report.extent),
    }
    console.print(Text(title, "bold"))
    for name, fact in facts.items():
        if fact:
            console.print(Text(f"  {name:<9} {fact}"))
    if report.fields:
        table = Table(header_style="bold")
        for heading in ("field", "type", "read as", "filled", "examples"):
            table.add_column(heading, justify="right" if heading == "filled" else "left")
        for field in report.fields:
            cells = (field.name, field.type, field.meaning, f"{field.filled:,}", ", ".join(field.examples))
            table.add_row(*(Text(cell) for cell in cells))
        console.print(table)
    for defect in report.defects:
        console.print(Text.assemble(("  ! ", "bold yellow"), defect))
    console.print("")
