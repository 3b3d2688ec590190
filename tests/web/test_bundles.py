"""What browsers run: sent compressed, kept for good, and nobody's session is looked at for it."""

import gzip

import pytest
from gridgis_web import Settings, create_app
from gridgis_web.bundles import FOLDER
from gridgis_web.store import Store


@pytest.fixture
def client(tmp_path):
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    yield create_app(Settings(folder=tmp_path), store=store).test_client()
    store.close()


def test_bundles_are_sent_compressed_and_kept_for_good(client):
    script = next(FOLDER.glob("bench-*.js"))
    asked = f"/static/app/{script.name}"
    packed = client.get(asked, headers={"Accept-Encoding": "gzip, br"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == script.read_bytes()
    plain = client.get(asked, headers={"Accept-Encoding": "identity"})
    assert plain.data == script.read_bytes()
    for answer in (packed, plain):
        assert "immutable" in answer.headers["Cache-Control"]
        # a browser asks again for what varies by a cookie whenever that changes
        assert answer.headers["Vary"] == "Accept-Encoding"
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    style = client.get("/static/css/base.css")
    assert "immutable" not in style.headers["Cache-Control"], "its name stays when its content changes"
