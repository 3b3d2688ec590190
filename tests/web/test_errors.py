"""Every error becomes an answer by one table; nobody ever sees a traceback."""

import pytest
from gridgis_web import create_app
from gridgis_web.access import needs
from gridgis_web.errors import Forbidden, NotFound
from gridgis_web.settings import Settings
from gridgis_web.store import Conflict, Store, StoreError

from gridgis.errors import InfeasibleError, InputError
from gridgis.languages import Said


@pytest.fixture
def app(tmp_path):
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    app = create_app(Settings(folder=tmp_path), store=store)
    yield app
    store.close()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("the file is empty", "it has no CRS"), 422),
        (InfeasibleError("3 grids cannot be had"), 422),
        (NotFound("there is no plan 7"), 404),
        (Forbidden("only planners publish"), 403),
        (Conflict("someone else changed this"), 409),
        (StoreError("the store is gone"), 503),
        (ZeroDivisionError("secret detail"), 500),
    ],
)
@pytest.mark.parametrize("path", ["/api/v1/broken", "/broken"])
def test_an_error_becomes_its_status_and_words(app, error, status, path):
    @app.get(path)
    @needs("public.read")
    def broken():
        raise error

    answer = app.test_client().get(path)
    assert answer.status_code == status
    text = answer.get_data(as_text=True)
    assert "secret detail" not in text
    assert "Traceback" not in text
    if path.startswith("/api/"):
        assert answer.content_type == "application/problem+json"
        assert answer.json["status"] == status
    if status != 500:
        assert all(line in text for line in str(error).splitlines())


@pytest.mark.parametrize(
    ("asked", "told"), [("zh-CN,zh;q=0.9", "没有“x”这个层级"), ("en", "“x” is"), ("fr", "“x” is"), (None, "“x” is")]
)
def test_a_program_reads_the_language_it_asks_for(app, asked, told):
    @app.get("/api/v1/broken")
    @needs("public.read")
    def broken():
        raise InputError(Said("“{level}” is no level; choose one of {levels}", level="x", levels="a"))

    answer = app.test_client().get("/api/v1/broken", headers={"Accept-Language": asked} if asked else {})
    assert answer.status_code == 422
    assert told in answer.json["detail"]
    assert answer.headers["Content-Language"] == (asked or "en")[:2].replace("fr", "en")
    assert "Accept-Language" in answer.headers["Vary"]


def test_a_path_that_is_not_there(app):
    assert app.test_client().get("/api/v1/nothing").json["status"] == 404
    assert app.test_client().post("/").status_code in (404, 405)


def test_without_its_store_the_service_does_not_start(tmp_path):
    with pytest.raises(StoreError, match="gridgis db upgrade"):
        create_app(Settings(folder=tmp_path))
