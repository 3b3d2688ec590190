"""``gridgis restore``: what a backup holds, back in a store."""

from __future__ import annotations

from pathlib import Path

import click

from gridgis_web.cli.db import PLACE, open_store


@click.command(name="restore")
@click.argument("file", type=click.Path(path_type=Path))
@PLACE
@click.option("--replace", is_flag=True, help="Also where there is data; a file is kept beside as ….before-restore.")
def command(file: Path, place: str | None, replace: bool) -> None:
    """Bring back what FILE holds, once its checksums were found right. Stop the service first."""
    from gridgis_web.store.backup import restore

    store = open_store(place)
    manifest = restore(file, store, replace=replace, who="cli")
    click.echo(f"{store}: {manifest.rows:,} rows of {manifest.made_at[:19]} UTC are back")
    store.close()
