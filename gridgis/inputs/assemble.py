"""Files or frames -> `Layers`: read, checked, mended, in one metric CRS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely import MultiPolygon, Polygon

from gridgis.errors import InputError
from gridgis.inputs import communities as community_areas
from gridgis.inputs import compounds as compound_areas
from gridgis.inputs import existing as existing_grids
from gridgis.inputs.areas import COUNTS, census_counts, keep_reaching, no_areas
from gridgis.inputs.buildings import keep_inside, read_figures, unknown_fields
from gridgis.inputs.columns import as_text, find_column
from gridgis.inputs.crs import choose_crs, describe, parse_crs
from gridgis.inputs.fingerprint import fingerprint_layers
from gridgis.inputs.lines import barrier_lines, no_lines, road_lines
from gridgis.inputs.roles import fault_of_geometry
from gridgis.inputs.tables import Source, Table, read_tables
from gridgis.inputs.underground import mark_underground
from gridgis.languages import Said, Words
from gridgis.layers import Layers
from gridgis.repair import Repairs, close_slivers, made_valid, mend_boundary

Progress: TypeAlias = Callable[[str, float], None]

OSM_ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"
LINE_MARGIN_M = 60.0
"""Lines are kept this far outside the jurisdiction's box, so that blocks close at its edge."""

_MAY_BE_EMPTY = ("barriers", "compounds")
"""A town can be without railways or compounds; without buildings or people there is nothing to divide."""
_OSM_COLUMNS = {"osm_id", "osm_way_id", "@id", "osm_type"}


def read_layers(
    *,
    boundary: Source,
    buildings: Source,
    roads: Source | None = None,
    barriers: Iterable[Source] = (),
    compounds: Source | Sequence[Source] | None = None,
    communities: Source | None = None,
    existing: Source | None = None,
    census: Source | None = None,
    columns: Mapping[str, str] | None = None,
    crs: str | CRS | None = None,
    name: str = "",
    attribution: str | None = None,
    progress: Progress | None = None,
) -> Layers:
    """Read a jurisdiction's layers, check and mend them, and bring them into one metric CRS.

    Parameters
    ----------
    boundary, buildings, roads, barriers, compounds, communities, existing, census
        Files of a format in `READERS` (``town.gpkg|layername=roads`` names a layer,
        ``landuse.gpkg|where=landuse=residential`` chooses rows), or GeoDataFrames, which are not
        changed. Without roads, only barriers divide. Compounds, villager groups and institutions may come as one
        layer or several. `existing` are the grids of an existing plan, also a ``grids.gpkg`` that gridgis wrote.
    columns
        Field of ours -> column of the buildings layer, where its name does
        not tell: ``{"households": "户数"}``. Fields: households, population,
        levels, height, use, name, id, compound, housing.
    crs
        Coordinate system of those layers that do not say theirs, e.g. ``EPSG:4547``.
    name
        The jurisdiction's name; by default the boundary layer's own.
    attribution
        Text that maps must show; by default OpenStreetMap's where the layers are its.

    Raises
    ------
    InputError
        With all faults of all layers, one message each.
    """
    progress = progress or (lambda step, done: None)
    columns = dict(columns or {})
    repairs = Repairs()
    faults = unknown_fields(columns)
    sources: list[tuple[str, Source]] = [("boundary", boundary), ("buildings", buildings)]
    sources += [("roads", roads)] if roads is not None else []
    sources += [("barriers", source) for source in barriers]
    several = compounds if isinstance(compounds, Sequence) and not isinstance(compounds, str) else (compounds,)
    sources += [("compounds", source) for source in several if source is not None]
    single = {"communities": communities, "existing": existing, "census": census}
    sources += [(role, source) for role, source in single.items() if source is not None]
    assumed = None
    try:
        assumed = parse_crs(crs) if crs is not None else None
    except InputError as error:
        faults += error.faults

    tables: list[Table] = []
    outline: gpd.GeoDataFrame | None = None
    from_osm = False
    for at, (role, source) in enumerate(sources):
        progress("layers", 0.7 * at / len(sources))
        try:
            found = read_tables(role, source)
        except InputError as error:
            faults += error.faults
            continue
        for table in found:
            if role in _MAY_BE_EMPTY and not len(table.frame):
                repairs.add(table.label, "empty, no features", "left out", count=1)
                continue
            fault = fault_of_geometry(table.frame, role, table.name)
            if fault is not None:
                faults.append(fault)
                continue
            from_osm |= _from_osm(table.frame)
            known = _with_figures(table, columns, repairs, faults)
            try:
                known = known.with_crs(assumed)
                if role == "boundary":
                    outline = _outline(known, repairs)
            except InputError as error:
                faults += error.faults
            tables.append(known)
    if faults or outline is None:
        raise InputError(*faults)
    if attribution is None:
        attribution = OSM_ATTRIBUTION if from_osm else ""
    return _assemble(tables, outline, repairs, name=name, attribution=attribution, progress=progress)


def _assemble(
    tables: list[Table],
    outline: gpd.GeoDataFrame,
    repairs: Repairs,
    *,
    name: str,
    attribution: str,
    progress: Progress,
) -> Layers:
    """Bring checked tables into one CRS and keep what lies in the jurisdiction."""
    crs = choose_crs(outline)
    progress("layers", 0.7)
    moved: list[Table] = []
    faults: list[Words] = []
    for table in [Table("boundary", "boundary", outline), *tables[1:]]:
        try:
            moved.append(table.to_crs(crs))
            far = len(table.frame) - len(moved[-1].frame)
            repairs.add(table.label, "thousands of kilometres away", "left out", count=far)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(*faults)
    shape, slivers = close_slivers(_valid(moved[0].frame.geometry.iloc[0]), "boundary", repairs)

    table, source = _of(moved, "buildings")[0], _of(tables, "buildings")[0]
    houses = keep_inside(table, shape, repairs)
    if houses is None:
        faults.append(_elsewhere(table, source, shape))
    progress("layers", 0.85)
    near = shapely.box(*shapely.buffer(shapely.box(*shape.bounds), LINE_MARGIN_M).bounds)
    pieces, waters = [no_lines(crs)], [no_areas(("name",), crs)]
    for table, source in zip(_of(moved, "roads"), _of(tables, "roads"), strict=True):
        pieces.append(road_lines(table.frame, table.label, table.ids(), near, repairs))
        if not len(pieces[-1]):
            faults.append(_elsewhere(table, source, shape))
    if faults or houses is None:
        raise InputError(*faults)

    for table in _of(moved, "barriers"):
        lines, water = barrier_lines(table.frame, table.name, table.label, table.ids(), near, repairs)
        if find_column(table.frame, "tunnel") is None:
            lines["tunnel"] = mark_underground(lines, houses.geometry, table.label, repairs)
        pieces.append(lines)
        waters.append(water)
    lines = _stacked(pieces, crs)
    water = _stacked(waters, crs)
    areas = {
        "compounds": [no_areas(compound_areas.COLUMNS, crs)],
        "communities": [no_areas(community_areas.COLUMNS, crs)],
        "existing": [no_areas(existing_grids.COLUMNS, crs)],
        "census": [no_areas(COUNTS, crs)],
    }
    for table, source in zip(moved, tables, strict=True):
        if table.role in areas:
            inside = _areas_inside(table, shape, houses, repairs, faults)
            areas[table.role] += [] if inside is None else [inside]
            faults += [_elsewhere(table, source, shape)] if inside is None else []
    if faults:
        raise InputError(*faults)
    stacked = {role: _stacked(frames, crs) for role, frames in areas.items()}

    progress("layers", 1.0)
    return Layers(
        boundary=shape,
        buildings=houses,
        lines=lines,
        water=water,
        **stacked,
        crs=crs,
        repairs=repairs.frame(),
        slivers=slivers,
        name=name or _own_name(tables[0].frame),
        sources={role: ", ".join(t.name for t in _of(tables, role)) for role in dict.fromkeys(t.role for t in tables)},
        attribution=attribution,
        fingerprint=fingerprint_layers(shape, houses, lines, water, *stacked.values()),
    )


def _areas_inside(
    table: Table, shape: Polygon | MultiPolygon, houses: gpd.GeoDataFrame, repairs: Repairs, faults: list[Words]
) -> gpd.GeoDataFrame | None:
    """Return what of a layer of areas lies in the jurisdiction; None where that is nothing and must not be."""
    if table.role == "communities":
        return community_areas.communities_inside(table, shape, houses, repairs)
    if table.role == "existing":
        return existing_grids.existing_inside(table, shape, houses, repairs)
    if table.role == "compounds":
        return compound_areas.compounds_inside(table, shape, repairs, faults)
    return keep_reaching(table, shape, repairs)


def _with_figures(table: Table, columns: Mapping[str, str], repairs: Repairs, faults: list[Words]) -> Table:
    """Return layers that carry counts or names with our columns beside their own ids."""
    if table.role == "buildings":
        return replace(table, frame=read_figures(table, columns, repairs, faults))
    if table.role == "census":
        return replace(table, frame=census_counts(table, faults))
    if table.role == "compounds":
        return replace(table, frame=compound_areas.compound_records(table, repairs, faults))
    if table.role == "communities":
        return replace(table, frame=community_areas.community_records(table))
    if table.role == "existing":
        return replace(table, frame=existing_grids.existing_records(table))
    return table


def _outline(table: Table, repairs: Repairs) -> gpd.GeoDataFrame:
    """Return the jurisdiction as one row, in the layer's own CRS."""
    areas = table.frame[shapely.get_dimensions(table.frame.geometry.to_numpy()) == 2]
    return gpd.GeoDataFrame(geometry=[mend_boundary(areas.geometry, table.label, repairs)], crs=table.crs)


def _valid(shape: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    """Reprojection can make hair-thin corners cross."""
    return shape if shape.is_valid else made_valid(np.array([shape], object))[0]


def _elsewhere(moved: Table, source: Table, shape: Polygon | MultiPolygon) -> Words:
    """Say that a layer lies elsewhere, how far, and in which CRSs."""
    kilometres = shapely.distance(shape, shapely.box(*moved.frame.total_bounds)) / 1000
    far = Said("{kilometres:,.1f} km away from it", kilometres=kilometres) if kilometres >= 0.05 else Said("beside it")
    return Said(
        "{label}: none of the {count:,} features lies in the boundary, they are {far}; the layer is in "
        "{own}, the boundary was brought into {ours}. One of the two probably states the wrong "
        "coordinate system, or they are of different places",
        label=source.label,
        count=len(source.frame),
        far=far,
        own=describe(source.crs),
        ours=describe(moved.crs),
    )


def _from_osm(frame: gpd.GeoDataFrame) -> bool:
    named = {column.casefold(): column for column in frame.columns}
    stated = frame[named["source"]].astype(str) if "source" in named else pd.Series(dtype=str)
    return bool(_OSM_COLUMNS & named.keys()) or bool(stated.str.contains("openstreetmap", case=False).any())


def _own_name(frame: gpd.GeoDataFrame) -> str:
    column = find_column(frame, "name")
    names = as_text(frame[column]).dropna().unique().tolist() if column is not None else []
    return str(names[0]) if len(names) == 1 else ""


def _stacked(frames: list[gpd.GeoDataFrame], crs: CRS) -> gpd.GeoDataFrame:
    filled = [frame for frame in frames if len(frame)] or frames[:1]
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=crs)


def _of(tables: list[Table], role: str) -> list[Table]:
    return [table for table in tables if table.role == role]
