"""``gridgis osm``: an OpenStreetMap extract in, a jurisdiction's layers out."""

from __future__ import annotations

from typing import Literal

import click

from gridgis.cli.parameters import debug_option, output_option
from gridgis.cli.partition import check_folder
from gridgis.cli.terminal import show_steps


@click.command("osm", short_help="Turn an OpenStreetMap extract into layers.")
@click.argument("extract", metavar="FILE.osm.pbf")
@click.option("--boundary", metavar="FILE", help="The jurisdiction: one or more polygons.")
@click.option("--area", metavar="NAME", help="Name of an administrative area in the extract, instead of --boundary.")
@click.option(
    "--format",
    "fmt",
    type=click.Choice(["gpkg", "shp"]),
    default="gpkg",
    show_default=True,
    help="Format of the files.",
)
@output_option()
@debug_option
def command(extract: str, boundary: str | None, area: str | None, fmt: Literal["gpkg", "shp"], output: str) -> None:
    """Turn an OpenStreetMap extract into layers.

    Writes boundary, buildings, roads and what else divides the town into DIR, one file a layer. Without
    --boundary and --area the extract's own extent is taken.
    """
    from gridgis.inputs.osm import extract_osm

    check_folder(output)
    with show_steps() as progress:
        progress("extract", 0.0)
        written = extract_osm(extract, output, boundary=boundary, area=area, fmt=fmt)
    if boundary is None and area is None:
        click.echo("gridgis: no --boundary and no --area: the extract's own extent is the jurisdiction", err=True)
    for path in written.values():
        click.echo(path)
