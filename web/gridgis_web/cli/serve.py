"""``gridgis serve``: the whole service."""

from __future__ import annotations

import logging
import shlex
from pathlib import Path

import click

from gridgis.cli.terminal import show_steps, system_language
from gridgis_web.settings import Settings

READY = {
    "zh": "gridgis 已就绪：{address} （按 Ctrl-C 停止）",
    "en": "gridgis is ready: {address} (Ctrl-C stops it)",
}
NOBODY = {
    "zh": "还没有任何账号。请在另一个终端添加第一个（登录名自定）：\n    {command}",
    "en": "There is no account yet. Add the first in another terminal, with a login of your own:\n    {command}",
}
STOPPED = {"zh": "gridgis 已停止", "en": "gridgis has stopped"}


@click.command("serve", short_help="Run the whole web service, on a store of its own if you name none.")
@click.option("--demo", is_flag=True, help="Load Monaco's layers and a plan first, unless the store has them.")
@click.option("--host", help="Where to listen; default: this machine alone.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: 8000.")
@click.option(
    "--store", metavar="PLACE", help="A GeoPackage file or postgresql://…; default: store.gpkg in the folder."
)
@click.option("--folder", type=click.Path(file_okay=False, path_type=Path), help="Where the service keeps its own.")
def command(demo: bool, host: str | None, port: int | None, store: str | None, folder: Path | None) -> None:
    """Run the web service: pages, API and the workers that do its jobs.

    All settings can be given in the environment as GRIDGIS_… or in a file that GRIDGIS_SETTINGS names; see
    docs/service.md.
    """
    from gridgis_web import create_app
    from gridgis_web.jobs.kinds import kinds_for
    from gridgis_web.serving import open_store, serve
    from gridgis_web.store import accounts

    language = system_language()
    settings = Settings.read().overridden(host=host, port=port, store=store, folder=folder).with_secret()
    logging.basicConfig(format="gridgis: %(message)s")
    place = open_store(settings.place)
    if demo:
        from gridgis_web.planning.demo import load_demo

        with show_steps(language) as progress:
            load_demo(place, progress=progress)
    app = create_app(settings, store=place)

    def ready(address: str) -> None:
        click.echo(READY[language].format(address=address))
        with place.read() as session:
            somebody = bool(accounts.list_accounts(session))
        if not somebody:
            elsewhere = f" --store {shlex.quote(settings.place)}" if store or folder else ""
            add = f"gridgis user add anna --role administrator --mine{elsewhere}"
            click.echo(NOBODY[language].format(command=add))

    serve(app, settings, kinds_for(settings), ready=ready)
    place.close()
    click.echo(STOPPED[language])
