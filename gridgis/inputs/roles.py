"""Which layer of a file plays which part."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import geopandas as gpd
import shapely

from gridgis.errors import InputError, some
from gridgis.inputs.columns import as_text, missing_column, normal
from gridgis.inputs.readers import find_reader
from gridgis.languages import Said, Words, listed

ROLES = ("boundary", "buildings", "roads", "barriers", "compounds", "census", "communities", "grids", "existing")

_WORDS: Mapping[str, re.Pattern[str]] = {
    role: re.compile(words, re.IGNORECASE)
    for role, words in {
        "boundary": r"bound|jurisdiction|border|辖区|边界|范围|界线",
        "buildings": r"build|bldg|house|footprint|建筑|楼栋|楼幢|房屋|房子",
        "roads": r"road|street|highway|道路|路网|街道|公路",
        "barriers": r"barrier|river|water|rail|wall|fence|hedge|coast|land.?use|河|水|铁路|轨道|围墙|用地|地块",
        "compounds": r"compound|estate|xiaoqu|小区|院落|村民组",
        "census": r"census|population|block.?group|人口|普查",
        "communities": r"communit|villages|^社区|行政村",
        "grids": r"grids?$|网格",
        "existing": r"grids?$|existing|网格",
    }.items()
}
_DIMENSIONS: Mapping[str, tuple[int, ...]] = {
    "boundary": (2,), "buildings": (2,), "roads": (1,), "barriers": (1, 2), "compounds": (2,), "census": (2,),
    "communities": (2,), "grids": (2,), "existing": (2,),
}  # fmt: skip
ROLE_WORDS: Mapping[str, Words] = {
    "boundary": Said("boundary"), "buildings": Said("buildings"), "roads": Said("roads"),
    "barriers": Said("barriers"), "compounds": Said("compounds"), "census": Said("census"),
    "communities": Said("communities"), "grids": Said("grids"), "existing": Said("existing"),
}  # fmt: skip
"""Role -> what messages call it: in English as the option of the command line that gives it."""

_SHAPES: Mapping[str, Words] = {
    "boundary": Said("a polygon"), "roads": Said("lines"), "barriers": Said("lines or polygons")
}  # fmt: skip


def role_of_name(name: str) -> str | None:
    """Return the role that a layer's name speaks of, or None."""
    return next((role for role, words in _WORDS.items() if words.search(name)), None)


def read_role(path: str | Path, role: str) -> list[tuple[str, gpd.GeoDataFrame]]:
    """Read what a file holds for a role: ``(name, frame)``, several only for barriers.

    Of a file with several layers, the one whose name speaks of the role is
    taken, else the only one with geometry of the right kind. A layer can be
    named as in desktop GIS, and its rows chosen by what a column says:
    ``town.gpkg|layername=landuse|where=landuse=residential,allotments``. Several
    ``where`` must all fit; values parted by commas are alternatives.

    Raises
    ------
    InputError
        When the file is unreadable, which layer is meant cannot be told, or no row fits.
    """
    file, wanted, filters = _parsed(str(path))
    found = _read_layers(file, wanted, role)
    return [(name, _rows_that_fit(frame, filters, f"{role}: {name}")) for name, frame in found]


def _parsed(path: str) -> tuple[str, str, list[tuple[str, tuple[str, ...]]]]:
    """Part ``file|layername=NAME|where=COLUMN=VALUE,VALUE`` into the file, the layer and the filters."""
    file, *parts = path.split("|")
    layer = ""
    filters = []
    for part in parts:
        key, _, value = part.partition("=")
        column, equals, values = value.partition("=")
        if key == "layername" and value:
            layer = value
        elif key == "where" and equals and column.strip():
            filters.append((column.strip(), tuple(word.strip().casefold() for word in values.split(","))))
        else:
            raise InputError(
                Said(
                    "{path}: “|{part}” means nothing; write |layername=NAME to choose a layer, "
                    "|where=COLUMN=VALUE to choose rows",
                    path=path,
                    part=part,
                )
            )
    return file, layer, filters


def _rows_that_fit(frame: gpd.GeoDataFrame, filters: list[tuple[str, tuple[str, ...]]], label: str) -> gpd.GeoDataFrame:
    for wanted, values in filters:
        column = next((c for c in frame.columns if normal(c) == normal(wanted)), None)
        column = wanted if wanted in frame.columns else column
        if column is None:
            raise InputError(missing_column(wanted, frame.columns, label))
        text = as_text(frame[column])
        fits = text.astype(str).str.casefold().where(text.notna(), "").isin(values)
        if not fits.any():
            there = some([f"{value} ({rows:,})" for value, rows in text.value_counts().items()]) or Said("nothing")
            raise InputError(
                Said(
                    "{label}: in no row is {column} {values}; it holds {there}",
                    label=label,
                    column=column,
                    values=listed(values, "or"),
                    there=there,
                )
            )
        frame = frame[fits]
    return frame


def _read_layers(path: str, wanted: str, role: str) -> list[tuple[str, gpd.GeoDataFrame]]:
    file, reader = find_reader(path)
    if wanted:
        return [(f"{file.name}|{wanted}", reader.read(file, wanted))]
    names = reader.layers(file)
    if not names:
        raise InputError(
            Said("{role}: {name} holds no layer with geometry; export it again", role=ROLE_WORDS[role], name=file.name)
        )
    if len(names) == 1:
        return [(file.name, reader.read(file, names[0]))]
    named = [name for name in names if _WORDS[role].search(name)]
    if role == "barriers" and named:
        return [(f"{file.name}|{name}", reader.read(file, name)) for name in named]
    exact = [name for name in named if _WORDS[role].fullmatch(name)]
    chosen = named if len(named) == 1 else exact
    if len(chosen) == 1:
        return [(f"{file.name}|{chosen[0]}", reader.read(file, chosen[0]))]
    frames = {name: reader.read(file, name) for name in (named or names)}
    fitting = [name for name, frame in frames.items() if len(frame) and fault_of_geometry(frame, role, name) is None]
    if len(fitting) == 1:
        return [(f"{file.name}|{fitting[0]}", frames[fitting[0]])]
    raise InputError(
        Said(
            "{role}: {name} holds several layers and which is meant cannot be told: {names}. Say which: "
            "{name}|layername={fitting}",
            role=ROLE_WORDS[role],
            name=file.name,
            names=listed(names),
            fitting=(fitting or names)[0],
        )
    )


def fault_of_geometry(frame: gpd.GeoDataFrame, role: str, name: str) -> Words | None:
    """Say what is wrong when no geometry of a layer can play the role; None when some can."""
    what = ROLE_WORDS[role]
    geometry = frame.geometry.to_numpy()
    there = geometry[~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)]
    if not len(frame):
        return Said("{role}: {name} is empty, it has no features; give the layer that has them", role=what, name=name)
    if not len(there):
        return Said(
            "{role}: none of the {count:,} features of {name} has a geometry; export it again with its shapes",
            role=what,
            count=len(frame),
            name=name,
        )
    if set(shapely.get_dimensions(there).tolist()) & set(_DIMENSIONS[role]):
        return None
    kinds = listed(sorted({shapely.GeometryType(t).name.title() for t in shapely.get_type_id(there).tolist()}))
    fault = Said(
        "{role}: {name} holds {kinds}, but {role} must be {shapes}",
        role=what,
        name=name,
        kinds=kinds,
        shapes=_SHAPES.get(role, Said("polygons")),
    )
    if role == "boundary" and "Line" in kinds:
        return Said("{fault}; close the line to a polygon", fault=fault)
    if role == "roads" and "Polygon" in kinds:
        return Said("{fault}; give the roads' centre lines", fault=fault)
    return fault
