"""Which tables are ours, and how our column types are written into new migrations."""

from __future__ import annotations

import re
from typing import Any, Literal

from gridgis_web.store.geometry import Geometry
from gridgis_web.store.models.base import Json, UtcTime

FOREIGN = re.compile(r"(gpkg|rtree|sqlite|spatial_ref_sys|geography_columns|geometry_columns|raster_)")


def is_ours(name: str | None, kind: str, _: object) -> bool:
    """Leave out what GeoPackage, SQLite and PostGIS keep for themselves."""
    if kind == "table" and name:
        return not FOREIGN.match(name)
    return not (kind == "index" and name and name.endswith("_geom"))


def render(kind: str, thing: Any, autogenerate: Any) -> str | Literal[False]:
    """Write our own column types into new migrations by their names."""
    if kind != "type" or not isinstance(thing, Geometry | Json | UtcTime):
        return False
    name = type(thing).__name__
    module = "gridgis_web.store.geometry" if name == "Geometry" else "gridgis_web.store.models.base"
    autogenerate.imports.add(f"from {module} import {name}")
    return f"Geometry({thing.kind!r})" if isinstance(thing, Geometry) else f"{name}()"


def type_differs(_: object, __: object, ___: object, found: Any, wanted: Any) -> bool | None:
    """Leave geometry, which neither back end names in a way that alembic knows, out of comparisons of types."""
    return False if isinstance(wanted, Geometry) else None
