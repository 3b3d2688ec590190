"""Stores to test with: every test that takes `store` runs on a GeoPackage and on a real PostGIS."""

import itertools

import pytest
from gridgis_web.store import Store
from postgis_server import running_server
from sqlalchemy import create_engine, text

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgis_server(tmp_path_factory):
    """URL of a server that ends with the tests; only for tests of the group ``postgis``."""
    with running_server(tmp_path_factory.mktemp("postgis")) as url:
        yield url


@pytest.fixture
def new_place(request, tmp_path):
    """A function that names places for new stores of the back end under test."""
    return lambda: place_for(request.param, request, tmp_path)


@pytest.fixture
def place_of(request, tmp_path):
    """A function that names a place for a new store of the back end it is given."""
    return lambda kind: place_for(kind, request, tmp_path)


def place_for(kind, request, folder):
    number = next(NUMBERS)
    if kind == "geopackage":
        return str(folder / f"store{number}.gpkg")
    server = request.getfixturevalue("postgis_server")
    engine = create_engine(server.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE test{number}"))
    engine.dispose()
    return server.rsplit("/", 1)[0] + f"/test{number}"


BACK_ENDS = ["geopackage", pytest.param("postgis", marks=pytest.mark.postgis)]


def pytest_generate_tests(metafunc):
    if "new_place" in metafunc.fixturenames:
        metafunc.parametrize("new_place", BACK_ENDS, indirect=True)


@pytest.fixture
def store(new_place):
    """A store with its tables, empty."""
    store = Store.at(new_place())
    store.upgrade()
    yield store
    store.close()
