"""``gridgis work``: a worker by itself."""

from __future__ import annotations

from pathlib import Path

import click

from gridgis.cli.terminal import system_language
from gridgis_web.settings import Settings

LINE = {
    "zh": "gridgis：正在处理 {store} 的任务，最多同时 {workers} 项；按 Ctrl-C 停止",
    "en": "gridgis: working on the jobs of {store}, {workers} at once; Ctrl-C stops it",
}


@click.command("work", short_help="Do the service's jobs: for a server that has no workers of its own.")
@click.option("--store", metavar="PLACE", help="A GeoPackage file or postgresql://…; default: the settings'.")
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where the service keeps its own.")
@click.option("--workers", type=click.IntRange(1), help="Jobs done at once.")
def command(store: str | None, folder: Path | None, workers: int | None) -> None:
    """Do the jobs that wait in the service's store, until stopped.

    `gridgis serve` has workers of its own. Beside gunicorn, or on further machines with one PostGIS, run this; as
    many of it as you like.
    """
    from gridgis_web.jobs.kinds import kinds_for
    from gridgis_web.jobs.worker import work
    from gridgis_web.store import Store

    settings = Settings.read().overridden(store=store, folder=folder, workers=workers)
    settings = settings.overridden(workers=max(1, settings.workers))
    place = Store.at(settings.place)
    place.check()
    place.close()
    click.echo(LINE[system_language()].format(store=place, workers=settings.workers))
    work(settings, kinds_for(settings))
