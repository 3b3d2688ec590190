"""``gridgis backup``: everything in one file, while the service runs."""

from __future__ import annotations

from pathlib import Path

import click

from gridgis_web.cli.db import PLACE, open_store


@click.command(name="backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@PLACE
def command(file: Path, place: str | None) -> None:
    """Write everything the service keeps into FILE, as it is at one moment; the service may run.

    The file is a GeoPackage, also of a store in PostGIS. It holds what the store holds, phone numbers and digests of
    passwords included: only its owner may read it.
    """
    from gridgis_web.store.backup import back_up

    store = open_store(place)
    manifest = back_up(store, file, who="cli")
    click.echo(f"{file}: {manifest.rows:,} rows in {len(manifest.tables)} tables, {file.stat().st_size / 1e6:,.1f} MB")
    store.close()
