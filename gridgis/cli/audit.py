"""``gridgis audit``: judge a partition, whoever made it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from gridgis.cli.parameters import (
    LayerFiles,
    band_options,
    count_options,
    debug_option,
    language_option,
    layer_options,
)
from gridgis.cli.terminal import Progress, show_steps
from gridgis.options import PlanOptions
from gridgis.profiles import Band

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgis.audit import Certificate
    from gridgis.report import Language

FAULT_FOUND = 1


@click.command("audit", short_help="Judge grids, whoever made them; the certificate as JSON.")
@click.argument("grids", metavar="GRIDS")
@layer_options(roads_required=False)
@band_options
@count_options
@language_option
@debug_option
def command(grids: str, households: Band | None, population: Band | None, language: Language, **given: Any) -> int:
    """Judge grids against the jurisdiction and its buildings, by geometry alone.

    GRIDS is a polygon layer, also one that another program made. Standard output is the certificate as
    JSON; its one-sentence verdict goes to standard error. Without --households and --population no band
    is judged. Ends with 0 where everything holds, with 1 where there is a fault.
    """
    files = LayerFiles.take(given)
    with show_steps(language) as progress:
        certificate = _certify(grids, files, households, population, given, progress)
    click.echo(json.dumps(certificate.to_dict(), ensure_ascii=False, indent=1))
    click.echo(certificate.summary(language), err=True)
    return 0 if certificate.holds else FAULT_FOUND


def _certify(
    grids: str,
    files: LayerFiles,
    households: Band | None,
    population: Band | None,
    counts: dict[str, Any],
    progress: Progress,
) -> Certificate:
    from gridgis.audit import audit_grids
    from gridgis.population import count_people

    frame = _read_grids(grids, files.crs)
    layers = files.read(progress)
    progress("audit", 0.0)
    buildings = layers.buildings
    if households is not None or population is not None:
        options = PlanOptions(households=households, population=population, **counts)
        counted = count_people(layers, options)
        buildings = buildings.assign(households=counted["households"], population=counted["population"])
    return audit_grids(
        frame,
        layers.boundary,
        buildings,
        households=households,
        population=population,
        lines=layers.lines if files.roads else None,
        water=layers.water,
        compounds=layers.compounds,
        slivers=layers.slivers,
    )


def _read_grids(path: str, crs: str | None) -> gpd.GeoDataFrame:
    from gridgis.inputs.crs import parse_crs
    from gridgis.inputs.roles import read_role

    _, frame = read_role(path, "grids")[0]
    if frame.crs is None and crs is not None:
        return frame.set_crs(parse_crs(crs))
    return frame
