"""What a layer is: format, encoding, CRS, what its fields mean, what is wrong with it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridgis.errors import InputError, some
from gridgis.inputs.buildings import FIELDS, read_figures
from gridgis.inputs.columns import as_text, find_columns
from gridgis.inputs.counts import read_counts
from gridgis.inputs.crs import describe, missing_crs, plain_crs
from gridgis.inputs.readers import find_reader
from gridgis.inputs.roles import ROLES, fault_of_geometry, role_of_name
from gridgis.inputs.shapefile import encoding_of
from gridgis.inputs.tables import Table
from gridgis.languages import Said, Words
from gridgis.repair import Repairs, find_duplicates

_ROAD_FIELDS = ("road_class", "name", "bridge", "tunnel", "layer", "service", "id")
_BARRIER_FIELDS = ("waterway", "railway", "barrier", "natural", "water", "landuse", "leisure", "amenity", "man_made",
                   "boundary_kind", "name", "bridge", "tunnel", "location", "id")  # fmt: skip
_FIELDS_OF = {
    "boundary": ("name", "id"),
    "buildings": (*FIELDS, "building", "amenity", "shop", "office"),
    "roads": _ROAD_FIELDS,
    "barriers": _BARRIER_FIELDS,
    "compounds": ("compound", "compound_kind", "profile", "dedicated", "name", "id"),
    "communities": ("community_name", "community_code", "name"),
    "census": ("population", "households", "id"),
    "grids": ("grid_code", "grid_name", "name", "households", "population"),
}
_MEANT = {
    "buildings": dict.fromkeys(("building", "amenity", "shop", "office"), "use"),
    "roads": {"road_class": "kind"},
    "barriers": {"boundary_kind": "kind"},
    "compounds": {"compound": "name", "compound_kind": "kind"},
    "communities": {"community_name": "name", "community_code": "code"},
    "grids": {"grid_code": "code", "grid_name": "name"},
}
"""Fields that go into another one."""
_TELLING = {
    "buildings": ("levels", "height", "building"),
    "barriers": ("railway", "waterway", "barrier", "natural", "landuse", "leisure"),
    "roads": ("road_class",),
    "census": ("population", "households"),
}
"""Fields by which a layer is known that has no telling name."""
_EXAMPLES = 3
_UNREADABLE = "\ufffd"


@dataclass(frozen=True, kw_only=True)
class FieldReport:
    """One column.

    Attributes
    ----------
    meaning
        The field of ours that it is read as, or ``-``.
    filled
        Rows that have a value.
    """

    name: str
    type: str
    meaning: str
    filled: int
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LayerReport:
    """What one layer is.

    Attributes
    ----------
    encoding
        The encoding of its text and how it is known; empty where the format has only one.
    crs
        ``EPSG:4547 (CGCS2000 / …)``, or empty where the layer doesn't say.
    geometry
        Type -> features.
    extent
        West, south, east, north in its own CRS; empty where there is no geometry.
    role
        What it probably is: one of `roles.ROLES`, or empty.
    defects
        What is wrong with it, a sentence each.
    """

    file: str
    layer: str
    format: str
    encoding: str
    crs: str
    geometry: dict[str, int]
    count: int
    extent: tuple[float, ...]
    role: str
    fields: tuple[FieldReport, ...]
    defects: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)


def inspect_file(path: str | Path) -> tuple[LayerReport, ...]:
    """Report on every layer of a file; raises InputError when it cannot be read."""
    file, reader = find_reader(path)
    names = reader.layers(file)
    if not names:
        raise InputError(Said("{path}: there is no layer with geometry in it; give a file that has shapes", path=path))
    return tuple(inspect_layer(path, layer=name) for name in names)


def inspect_layer(path: str | Path, *, layer: str | None = None) -> LayerReport:
    """Report on one layer of a file; dirty data are reported, only an unreadable file raises InputError."""
    file, reader = find_reader(path)
    frame = reader.read(file, layer)
    name = layer or file.stem
    shapefile = file.suffix.casefold() in (".shp", ".zip")
    encoding = encoding_of(file, layer) if shapefile else None
    table = Table(_role(frame, name, file.stem), file.name, frame.reset_index(drop=True))
    meanings = _meanings(frame, table.role)
    defects = [] if encoding is None or "(" not in encoding.how else [f"its text is {encoding.name}, {encoding.how}"]
    return LayerReport(
        file=file.name,
        layer=name,
        format=reader.format,
        encoding="" if encoding is None else f"{encoding.name}, {encoding.how}",
        crs="" if frame.crs is None else describe(plain_crs(CRS(frame.crs))),
        geometry=_types(frame),
        count=len(frame),
        extent=_extent(frame),
        role=table.role,
        fields=tuple(_field(frame[column], meanings) for column in frame.columns if column != frame.geometry.name),
        defects=tuple(defects + _defects(table, shapefile=shapefile)),
    )


def _role(frame: gpd.GeoDataFrame, layer: str, stem: str) -> str:
    """Return the likeliest role: by name, if the shapes can be that, else by what the columns speak of."""
    able = [role for role in ROLES if fault_of_geometry(frame, role, layer) is None]
    for name in (layer, stem):
        named = role_of_name(name)
        if named in able:
            return named
    filled = frame.dropna(axis="columns", how="all")
    tagged = {role for role, fields in _TELLING.items() if any(find_columns(filled, field) for field in fields)}
    if "highway" in {str(column).casefold() for column in frame.columns}:
        tagged.discard("barriers")
    if "boundary" in able and len(frame) == 1 and not tagged:
        return "boundary"
    likely = [role for role in ("buildings", "barriers", "roads", "census") if role in able and role in tagged]
    return likely[0] if likely else "roads" if "roads" in able and "boundary" not in able else ""


def _meanings(frame: gpd.GeoDataFrame, role: str) -> dict[str, str]:
    """Return column -> field it is read as."""
    meanings: dict[str, str] = {}
    words = _MEANT.get(role, {})
    for field in _FIELDS_OF.get(role, ("name", "id")):
        columns = find_columns(frame, field)
        single = role == "buildings" and field not in ("id", "use", "building")
        for column in columns[:1] if single else columns:
            meanings.setdefault(column, words.get(field, field))
    return meanings


def _field(values: pd.Series, meanings: dict[str, str]) -> FieldReport:
    text = as_text(values)
    filled = text.dropna()
    examples = [value if len(value) <= 30 else value[:29] + "…" for value in filled.unique()[:_EXAMPLES]]
    if pd.api.types.is_bool_dtype(values):
        kind = "yes/no"
    elif pd.api.types.is_integer_dtype(values):
        kind = "whole number"
    elif pd.api.types.is_numeric_dtype(values):
        kind = "number"
    else:
        kind = "date" if pd.api.types.is_datetime64_any_dtype(values) else "text"
    name = str(values.name)
    return FieldReport(
        name=name, type=kind, meaning=meanings.get(name, "-"), filled=len(filled), examples=tuple(examples)
    )


def _types(frame: gpd.GeoDataFrame) -> dict[str, int]:
    types = frame.geom_type.fillna("none").value_counts()
    return {str(kind): int(number) for kind, number in types.items()}


def _extent(frame: gpd.GeoDataFrame) -> tuple[float, ...]:
    box = frame.total_bounds
    return tuple(float(v) for v in box) if np.isfinite(box).all() else ()


def _defects(table: Table, *, shapefile: bool) -> list[str]:
    frame, ids = table.frame, table.ids()
    geometry = frame.geometry.to_numpy()
    there = ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)
    found: list[str] = []

    def note(rows: Any, what: str) -> None:
        named = ids[rows].tolist()
        if named:
            found.append(f"{len(named):,} {what}: {some(named)}")

    if not len(frame):
        return ["it is empty, it has no features"]
    if frame.crs is None:
        found.append(missing_crs(table.name, tuple(frame.total_bounds), shapefile=shapefile))
    note(~there, "features without geometry")
    note(there & ~shapely.is_valid(geometry), "features with invalid geometry")
    if there.any() and (shapely.has_z(geometry) | shapely.has_m(geometry)).any():
        found.append("its coordinates carry heights or measures, which are dropped")
    if len({shapely.get_dimensions(shape) for shape in geometry[there]}) > 1:
        found.append("it mixes points, lines and polygons")
    texts = [as_text(frame[column]) for column in frame.columns if frame[column].dtype.kind not in "biufcmM"]
    broken = pd.Series(False, index=frame.index)
    for values in texts:
        broken |= values.fillna("").astype(str).str.contains(_UNREADABLE)
    note(broken, "features with characters that could not be read")
    return found + _count_defects(table, there)


def _count_defects(table: Table, there: np.ndarray[Any, Any]) -> list[str]:
    faults: list[Words] = []
    repairs = Repairs()
    if table.role == "buildings":
        read_figures(Table(table.role, table.name, table.frame[there]), {}, repairs, faults)
    elif table.role == "census":
        for field in ("population", "households"):
            for column in find_columns(table.frame, field)[:1]:
                faults += read_counts(table.frame[column], table.ids(), layer=table.label, column=column)[1]
    elif there.any():
        first = find_duplicates(table.frame.geometry.to_numpy())
        again = int((first != np.arange(len(first))).sum())
        faults += [Said("{again:,} features repeat the shape of another", again=again)] if again else []
    rows = repairs.frame()
    mended = [
        f"{row.count_:,} with {row.defect}: {row.ids}" for row in rows.rename(columns={"count": "count_"}).itertuples()
    ]
    return faults + mended
