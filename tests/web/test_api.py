"""The API as a whole: it describes itself, and answers as it says."""

from gridgis_web import Settings, create_app


def test_the_api_describes_itself(store, tmp_path):
    told = create_app(Settings(folder=tmp_path), store=store).test_client().get("/api/v1/openapi.json").json
    assert (told["openapi"], told["info"]["title"]) == ("3.1.0", "gridgis")
    assert set(told["components"]["securitySchemes"]) == {"token", "session"}
