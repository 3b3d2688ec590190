"""``gridgis osm``: an OpenStreetMap extract in, a jurisdiction's layers out."""

from __future__ import annotations

from pathlib import Path

import click

from gridgis.cli.parameters import debug_option, output_option
from gridgis.cli.partition import check_folder
from gridgis.cli.terminal import output_console, show_steps


@click.command()
@click.argument("extract", metavar="FILE.osm.pbf")
@click.option("--boundary", metavar="FILE", help="The jurisdiction: one or more polygons.")
@click.option("--area", metavar="NAME", help="Name of an administrative area in the extract, instead of --boundary.")
@output_option()
@debug_option
def osm(extract: str, boundary: str | None, area: str | None, output: str) -> None:
    """Turn an OpenStreetMap extract into layers.

    Writes boundary, buildings, roads and what else divides the town as shapefiles in DIR, with the
    licence's notice. Without --boundary and --area the extract's own extent is taken.
    """
    from gridgis.inputs.osm import extract_osm

    if boundary and area:
        raise click.UsageError("--boundary and --area both name the jurisdiction; give one of them")
    check_folder(output)
    with show_steps() as progress:
        progress("extract", 0.0)
        written = extract_osm(Path(extract), Path(output), boundary=boundary, area=area)
    console = output_console()
    for path in written:
        console.print(str(path), markup=False)
