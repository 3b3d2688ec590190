"""The program that writes archives of tiles from the store: ``python -m gridgis_web.tiles.write [FILE LAYER KEY]…``.

It is a process of its own because GDAL holds a whole process up while it cuts tiles. The store's place comes from the
settings, by the environment.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gridgis_web.settings import Settings
from gridgis_web.store import Store
from gridgis_web.store.features import BUILDING, UNIT, shapes_of
from gridgis_web.store.layers import load_layers
from gridgis_web.store.models import Building, Grid, Unit
from gridgis_web.tiles.archive import write_archive

GRID = ("level", "number", "code", "parent_code", "households", "population", "buildings", "area_m2", "colour")
LAYERS: dict[str, tuple[type[Any], str, Sequence[str], int]] = {
    "buildings": (Building, "layer_set_id", BUILDING, 13),
    "footprints": (Building, "layer_set_id", ("number",), 13),
    "units": (Unit, "unit_set_id", UNIT, 12),
    "grids": (Grid, "plan_id", GRID, 9),
}
"""Layer -> its table, of what its rows are, the values in tiles (counts and codes alone), the lowest zoom."""


BASE = "base"
BASE_SHALLOWEST = 10


def write_tiles(store: Store, file: Path, layer: str, key: int) -> None:
    """Write the archive of a layer of a layer set, a unit set or a plan; ``base``: the base map of a layer set."""
    with store.read() as session:
        if layer == BASE:
            from gridgis_web.tiles.base import base_features

            shapes, values = base_features(load_layers(session, key))
            return write_archive(file, layer, shapes, values, shallowest=BASE_SHALLOWEST, geometry="Unknown")
        model, of, names, shallowest = LAYERS[layer]
        shapes, values = shapes_of(session, model, [getattr(model, of) == key], names)
    # what anyone may see is drawn as the same layer: buildings, without their counts
    drawn = "buildings" if layer == "footprints" else layer
    return write_archive(file, drawn, shapes, values, shallowest=shallowest)


if __name__ == "__main__":
    place, given = Store.at(Settings.read().place), sys.argv[1:]
    for named, what, number in zip(given[::3], given[1::3], given[2::3], strict=True):
        write_tiles(place, Path(named), what, int(number))
