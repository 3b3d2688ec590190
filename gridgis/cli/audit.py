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
    given_areas,
    language_option,
    layer_options,
    lock_option,
    size_options,
    take_options,
)
from gridgis.cli.terminal import Progress, show_steps

if TYPE_CHECKING:
    import geopandas as gpd

    from gridgis.audit import Certificate
    from gridgis.languages import Language
    from gridgis.options import PlanOptions

FAULT_FOUND = 1


@click.command("audit", short_help="Judge grids, whoever made them; the certificate as JSON.")
@click.argument("grids", metavar="GRIDS")
@layer_options(roads_required=False)
@given_areas
@lock_option
@band_options
@size_options
@count_options
@language_option
@debug_option
def command(grids: str, language: Language, **given: Any) -> int:
    """Judge grids against the jurisdiction and its buildings, by geometry alone.

    GRIDS is a polygon layer, also one that another program made. Standard output is the certificate as
    JSON; its one-sentence verdict goes to standard error. Without bands or housing types no size is
    judged; with --communities no grid may cross their edges, with --lock grids must be as in --existing.
    Ends with 0 where everything holds, with 1 where there is a fault.
    """
    files = LayerFiles.take(given)
    options = take_options(given, grids=1)
    with show_steps(language) as progress:
        certificate = _certify(grids, files, options, progress)
    click.echo(json.dumps(certificate.to_dict(), ensure_ascii=False, indent=1))
    click.echo(certificate.summary(language), err=True)
    return 0 if certificate.holds else FAULT_FOUND


def _certify(grids: str, files: LayerFiles, options: PlanOptions, progress: Progress) -> Certificate:
    from gridgis.audit import audit_grids
    from gridgis.conflicts import check_rules
    from gridgis.housing import count_housing

    frame = _read_grids(grids, files.crs)
    layers = files.read(progress)
    check_rules(layers, options)
    progress("audit", 0.0)
    buildings = layers.buildings
    if options.bands or options.housing is not None:
        counted = count_housing(layers, options)
        wanted = [name for name in ("households", "population", "profile") if name in counted]
        buildings = buildings.assign(**{name: counted[name] for name in wanted})
    return audit_grids(
        frame,
        layers.boundary,
        buildings,
        households=options.households,
        population=options.population,
        housing=options.housing,
        soft=options.soft,
        lines=layers.lines if files.roads else None,
        water=layers.water,
        compounds=layers.compounds,
        communities=layers.communities,
        locked=layers.existing[layers.existing["code"].isin(options.lock)],
        slivers=layers.slivers,
    )


def _read_grids(path: str, crs: str | None) -> gpd.GeoDataFrame:
    from gridgis.inputs.crs import parse_crs
    from gridgis.inputs.roles import read_role

    _, frame = read_role(path, "grids")[0]
    if frame.crs is None and crs is not None:
        return frame.set_crs(parse_crs(crs))
    return frame
