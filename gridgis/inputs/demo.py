"""The layers that come with gridgis: the Principality of Monaco."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict

import gridgis
from gridgis.errors import InputError
from gridgis.languages import Said

DEMO_POPULATION = 39_050
"""People of Monaco as OpenStreetMap states them, the total that estimated counts are scaled to."""


class LayerFiles(TypedDict):
    """Arguments of `read_layers`."""

    boundary: Path
    buildings: Path
    roads: Path
    barriers: list[Path]
    compounds: Path
    name: str


def demo_layers() -> LayerFiles:
    """Return the files of the demo: of the installed package, else of the checkout.

    Raises
    ------
    InputError
        When neither has them.
    """
    package = Path(gridgis.__file__).parent
    places = (package / "data" / "monaco", package.parent / "data" / "shapefiles" / "monaco")
    folder = next((place for place in places if (place / "boundary.shp").exists()), None)
    if folder is None:
        raise InputError(
            Said("the demo's layers are missing from this installation; install gridgis again from its wheel")
        )
    return LayerFiles(
        boundary=folder / "boundary.shp",
        buildings=folder / "buildings.shp",
        roads=folder / "roads.shp",
        barriers=[folder / f"{layer}.shp" for layer in ("barriers", "water", "landuse")],
        compounds=folder / "compounds.shp",
        name="Monaco",
    )
