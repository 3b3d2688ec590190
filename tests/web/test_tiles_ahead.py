"""Tiles cut before anyone asks: by an idle worker, of what was loaded and saved, where a server keeps them."""

import pytest
from gridgis_web import create_app
from gridgis_web.settings import Settings
from gridgis_web.store import plans, tokens
from gridgis_web.store.accounts import Caller, need_account
from gridgis_web.store.models import Grid
from gridgis_web.tiles.ahead import Ahead
from gridgis_web.tiles.cache import FOLDER, TileCache, file_of
from gridgis_web.tiles.sources import source_of, sources_ahead
from people import add_account
from service_processes import until, working
from small_plans import add_community, even_plan, keep
from sqlalchemy import select

LAYERS = ("base", "buildings", "footprints", "units", "grids")


@pytest.fixture
def plan(store):
    with store.write() as session:
        return keep(session, add_community(session), even_plan()).id


def files(store, folder, key):
    with store.read() as session:
        short = plans.plan_for_maps(session, key)
    return {layer: file_of(folder / FOLDER, source_of(short, layer)) for layer in LAYERS}


def test_an_idle_worker_cuts_what_is_there_and_what_comes(store, plan, tmp_path):
    app = create_app(Settings(folder=tmp_path), store=store)
    add_account(store, "planner", "planner")
    with store.write() as session:
        token = tokens.add_token(session, Caller.of(need_account(session, "planner")), "test", days=1)
    with working(store, tmp_path):
        until(lambda: all(file.exists() for file in files(store, tmp_path, plan).values()), "tiles of a plan")
        with store.write() as session:
            second = keep(session, add_community(session, "110101001002"), even_plan()).id
        until(lambda: all(file.exists() for file in files(store, tmp_path, second).values()), "tiles of another")
    with store.read() as session:
        grid = session.scalars(select(Grid).where(Grid.plan_id == plan)).first()
        x = int((grid.label_lon + 180) / 360 * 2**9)
    cache = app.extensions["gridgis_tiles"]
    for layer in LAYERS:
        answer = app.test_client().get(
            f"/api/v1/plans/{plan}/tiles/{layer}/9/{x}/200.mvt", headers={"Authorization": f"Bearer {token}"}
        )
        assert answer.status_code in (200, 204)
    assert cache._making == {}, "the first viewer waits for nothing"


def test_each_is_cut_once_and_only_where_a_server_keeps_them(store, plan, tmp_path):
    settings = Settings(folder=tmp_path, store=str(store))
    ahead = Ahead(store, settings)
    ahead.go_on()
    assert ahead._process is None
    TileCache(tmp_path, {})
    with store.read() as session:
        wanted = sources_ahead(session)
    assert sorted(one.layer for one in wanted) == sorted(LAYERS)
    for one in wanted:
        file_of(tmp_path / FOLDER, one).write_bytes(b"there already")
    ahead.go_on()
    assert ahead._process is None
    file_of(tmp_path / FOLDER, wanted[0]).unlink()
    with store.write() as session:
        plans.rename(session, plan, 1, "other", who="planner")
    ahead.go_on()
    assert ahead._process is not None
    ahead.stop()
    with store.write() as session:
        plans.rename(session, plan, 2, "another", who="planner")
    ahead.go_on()
    assert ahead._process is None, "what could not be cut is left to whoever asks for it"
