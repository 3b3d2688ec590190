"""``gridgis db``: the store's tables, its health, and another place for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gridgis_web.settings import Settings

if TYPE_CHECKING:
    from gridgis_web.store import Store

PLACE = click.option(
    "--store", "place", metavar="PLACE", help="A GeoPackage file or postgresql://…; default: the settings'."
)


def open_store(place: str | None) -> Store:
    """Return the store that an option or the settings name."""
    from gridgis_web.store import Store

    return Store.at(place or Settings.read().place)


@click.group(name="db")
def command() -> None:
    """Look after the service's store: its tables, its health, and moving it."""


@command.command()
@PLACE
def upgrade(place: str | None) -> None:
    """Make the tables, or bring them up to this program's."""
    store = open_store(place)
    before = store.revision if not store.embedded or store.file.exists() else None
    store.upgrade()
    after = store.revision
    click.echo(f"{store}: {'already of' if before == after else 'now of'} revision {after}")
    store.close()


@command.command()
@click.argument("revision")
@PLACE
@click.option("--yes", is_flag=True, help="Do not ask.")
def downgrade(revision: str, place: str | None, yes: bool) -> None:
    """Take the tables back to an earlier REVISION; what only later tables can hold is lost."""
    store = open_store(place)
    if store.embedded:
        store.check()
    if not yes:
        click.confirm(
            f"What only later tables of {store} can hold will be lost. Is there a backup, and go on?", abort=True
        )
    store.downgrade(revision)
    click.echo(f"{store}: now of revision {store.revision or 'none, it is empty'}")
    store.close()


@command.command(name="move")
@click.option("--to", "target", metavar="PLACE", required=True, help="A new GeoPackage file, or postgresql://….")
@PLACE
def move_to(target: str, place: str | None) -> None:
    """Copy everything to another place, and compare counts and checksums of every table.

    Stop the service first; then set GRIDGIS_STORE to the new place. The old store stays as it was.
    """
    from gridgis_web.store.move import move, total

    source, new = open_store(place), open_store(target)
    copied = move(source, new, who="cli")
    width = max(map(len, copied))
    for name, one in copied.items():
        click.echo(f"{name:<{width}}  {one.rows:>9,} rows  {one.checksum[:16]}  same")
    click.echo(f"{total(copied):,} rows are in {new} now; {source} is as it was")
    source.close()
    new.close()


@command.command()
@PLACE
@click.option("--mend-index", "mend_index_first", is_flag=True, help="Make the spatial index anew first.")
def check(place: str | None, mend_index_first: bool) -> int:
    """Look for damage, and for what must not be. Exit code 1: something was found."""
    from gridgis_web.store.faults import find_faults, mend_index

    store = open_store(place)
    store.check()
    if mend_index_first:
        mend_index(store)
    faults = find_faults(store)
    for fault in faults:
        click.echo(f"- {fault.what}\n  {fault.remedy}")
    click.echo(f"{store}: {f'{len(faults)} faults' if faults else 'nothing is wrong'}")
    store.close()
    return 1 if faults else 0
