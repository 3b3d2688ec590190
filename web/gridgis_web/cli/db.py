"""``gridgis db``: the store's tables."""

from __future__ import annotations

import click

from gridgis_web.settings import Settings
from gridgis_web.store import Store


@click.group(name="db")
def command() -> None:
    """Look after the service's store: its tables, and moving it."""


@command.command()
@click.option("--store", "place", metavar="PLACE", help="A GeoPackage file or postgresql://…; default: the settings'.")
def upgrade(place: str | None) -> None:
    """Make the tables, or bring them up to this program's."""
    store = Store.at(place or Settings.read().place)
    before = store.revision if not store.embedded or store.file.exists() else None
    store.upgrade()
    after = store.revision
    click.echo(f"{store}: {'already of' if before == after else 'now of'} revision {after}")
    store.close()
