"""Files or frames -> `Layers`: read, checked, mended, in one metric CRS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from gridgis.errors import InputError, some
from gridgis.inputs.columns import as_text, coalesce, find_column, find_columns, missing_column
from gridgis.inputs.counts import read_counts, read_heights, read_levels
from gridgis.inputs.crs import choose_crs, describe, missing_crs, parse_crs, plain_crs, to_crs
from gridgis.inputs.fingerprint import fingerprint_layers
from gridgis.inputs.lines import barrier_lines, road_lines
from gridgis.inputs.roles import fault_of_geometry, read_role
from gridgis.inputs.uses import building_uses
from gridgis.layers import Layers
from gridgis.repair import (
    MIN_BUILDING_M2,
    Repairs,
    clean_geometry,
    close_slivers,
    find_duplicates,
    find_overlaps,
    mend_boundary,
)

Source = str | Path | gpd.GeoDataFrame
Progress = Callable[[str, float], None]

OSM_ATTRIBUTION = "© OpenStreetMap contributors (ODbL)"
LINE_MARGIN_M = 60.0
"""Lines are kept this far outside the jurisdiction's box, so that blocks close at its edge."""

_OSM_COLUMNS = {"osm_id", "osm_way_id", "@id", "osm_type"}
_BUILDING_FIELDS = ("households", "population", "levels", "height", "use", "name", "id", "compound")


@dataclass(frozen=True)
class _Table:
    """One layer as it was read."""

    role: str
    name: str
    frame: gpd.GeoDataFrame

    @property
    def label(self) -> str:
        return self.role if self.name == self.role else f"{self.role} ({self.name})"

    def ids(self) -> pd.Series:
        """Return the ids that people know, text; the row's number where there is none."""
        rows = pd.Series([f"row {n + 1}" for n in range(len(self.frame))], index=self.frame.index, dtype=object)
        stated = [as_text(self.frame[column]) for column in find_columns(self.frame, "id")]
        known = coalesce(pd.DataFrame(dict(enumerate(stated)), index=self.frame.index), list(range(len(stated))))
        return known.where(known.notna(), rows)


def read_layers(
    *,
    boundary: Source,
    buildings: Source,
    roads: Source,
    barriers: Iterable[Source] = (),
    compounds: Source | None = None,
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
    boundary, buildings, roads, barriers, compounds, census
        Files of a format in `READERS` (``town.gpkg|layername=roads`` names a
        layer), or GeoDataFrames, which are not changed.
    columns
        Field of ours -> column of the buildings layer, where its name does
        not tell: ``{"households": "户数"}``. Fields: households, population,
        levels, height, use, name, id, compound.
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
    told = progress or (lambda step, done: None)
    columns = dict(columns or {})
    repairs = Repairs()
    faults: list[str] = _unknown_fields(columns)
    wanted = [("boundary", boundary), ("buildings", buildings), ("roads", roads)]
    wanted += [("barriers", source) for source in barriers]
    wanted += [(role, source) for role, source in (("compounds", compounds), ("census", census)) if source is not None]
    assumed = parse_crs(crs) if crs is not None else None

    tables: list[_Table] = []
    for at, (role, source) in enumerate(wanted):
        told("layers", at / (len(wanted) + 2))
        try:
            tables += _read(role, source)
        except InputError as error:
            faults += error.faults
    usable = []
    for table in tables:
        fault = fault_of_geometry(table.frame, table.role, table.name)
        if fault is not None:
            faults.append(fault)
            continue
        try:
            usable.append(_with_crs(table, assumed))
        except InputError as error:
            faults += error.faults
            usable.append(table)

    figures = _figures(usable, columns, repairs, faults)
    shape = None
    for table in _of(usable, "boundary"):
        shape = _collect(faults, lambda table=table: _boundary(table, repairs))
    if faults or shape is None:
        raise InputError(*faults)
    return _assemble(usable, shape, figures, columns, repairs, name=name, attribution=attribution, told=told)


def _assemble(
    tables: list[_Table],
    shape: gpd.GeoDataFrame,
    figures: dict[str, gpd.GeoDataFrame],
    columns: Mapping[str, str],
    repairs: Repairs,
    *,
    name: str,
    attribution: str | None,
    told: Progress,
) -> Layers:
    """Bring checked tables into one CRS and keep what lies in the jurisdiction."""
    crs = choose_crs(shape)
    faults: list[str] = []
    outline = close_slivers(to_crs(shape, crs, "boundary").geometry.iloc[0], "boundary", repairs)
    if not outline.is_valid:
        outline = shapely.make_valid(outline, method="structure", keep_collapsed=False)
    moved: list[_Table] = []
    for table in tables:
        frame = figures.get(table.role, table.frame)
        result = _collect(faults, lambda frame=frame, table=table: to_crs(frame, crs, table.label))
        moved.append(replace(table, frame=frame if result is None else result))
    if faults:
        raise InputError(*faults)
    told("layers", 0.8)
    near = shapely.box(*shapely.buffer(shapely.box(*outline.bounds), LINE_MARGIN_M).bounds)

    houses = _buildings(_of(moved, "buildings")[0], outline, _of(tables, "buildings")[0], repairs)
    told("layers", 0.9)
    pieces = [road_lines(t.frame, t.label, t.ids(), near, repairs) for t in _of(moved, "roads")]
    waters = []
    for table in _of(moved, "barriers"):
        lines, water = barrier_lines(table.frame, table.name, table.label, table.ids(), near, repairs)
        pieces.append(lines)
        waters.append(water)
    lines = gpd.GeoDataFrame(pd.concat(pieces, ignore_index=True), geometry="geometry", crs=crs)
    if not len(_of(moved, "roads")[0].frame) or not pieces[0].size:
        raise InputError(_away("roads", _of(moved, "roads")[0], _of(tables, "roads")[0], outline, crs))
    water = gpd.GeoDataFrame(
        pd.concat(waters, ignore_index=True) if waters else {"name": pd.Series(dtype=object), "geometry": []},
        geometry="geometry",
        crs=crs,
    )
    compounds = _areas(_of(moved, "compounds"), ("name",), outline, crs, repairs)
    census = _areas(_of(moved, "census"), ("population", "households"), outline, crs, repairs)

    if attribution is None:
        osm = any(_OSM_COLUMNS & {str(c).casefold() for c in table.frame.columns} for table in tables)
        attribution = OSM_ATTRIBUTION if osm else ""
    told("layers", 1.0)
    return Layers(
        boundary=outline,
        buildings=houses,
        lines=lines,
        water=water,
        compounds=compounds,
        census=census,
        crs=crs,
        repairs=repairs.frame(),
        name=name or _own_name(_of(tables, "boundary")[0].frame),
        sources=_sources(tables),
        attribution=attribution,
        fingerprint=fingerprint_layers(outline, houses, lines, water, compounds, census),
    )


def _read(role: str, source: Source) -> list[_Table]:
    if isinstance(source, gpd.GeoDataFrame):
        return [_Table(role, role, _plain(source))]
    if isinstance(source, pd.DataFrame):
        raise InputError(f"{role}: is a table without geometry; give a GeoDataFrame or a file")
    return [_Table(role, name, _plain(frame)) for name, frame in read_role(source, role)]


def _plain(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a copy with rows numbered from 0 and the shapes in ``geometry``."""
    name = frame.geometry.name
    if name != "geometry":
        frame = frame.drop(columns="geometry", errors="ignore").rename_geometry("geometry")
    return frame.reset_index(drop=True)


def _with_crs(table: _Table, assumed: CRS | None) -> _Table:
    if table.frame.crs is not None:
        return replace(table, frame=table.frame.set_crs(plain_crs(CRS(table.frame.crs)), allow_override=True))
    if assumed is not None:
        return replace(table, frame=table.frame.set_crs(assumed))
    shapefile = table.name.casefold().endswith((".shp", ".zip"))
    raise InputError(missing_crs(table.label, tuple(table.frame.total_bounds), shapefile=shapefile))


def _unknown_fields(columns: Mapping[str, str]) -> list[str]:
    return [
        f"“{field}” is no field of buildings; columns can be named for: {', '.join(_BUILDING_FIELDS)}"
        for field in columns
        if field not in _BUILDING_FIELDS
    ]


def _figures(
    tables: list[_Table], columns: Mapping[str, str], repairs: Repairs, faults: list[str]
) -> dict[str, gpd.GeoDataFrame]:
    """Return the layers that carry counts, with our columns."""
    result: dict[str, gpd.GeoDataFrame] = {}
    for table in _of(tables, "buildings"):
        result["buildings"] = _building_figures(table, columns, repairs, faults)
    for table in _of(tables, "census"):
        ids = table.ids()
        frame = table.frame[["geometry"]].copy()
        found = {field: find_column(table.frame, field) for field in ("population", "households")}
        if not any(found.values()):
            listed = ", ".join(str(c) for c in table.frame.columns if c != "geometry") or "none"
            faults.append(
                f"{table.label}: no column holds population or households (columns: {listed}); rename the one that does "
                "to “population”"
            )
        for field, column in found.items():
            frame[field] = np.nan
            if column is not None:
                frame[field], wrong = read_counts(table.frame[column], ids, layer=table.label, column=column)
                faults += wrong
        result["census"] = frame
    for table in _of(tables, "compounds"):
        frame = table.frame[["geometry"]].copy()
        names = find_columns(table.frame, "name") + find_columns(table.frame, "compound")
        frame["name"] = coalesce(pd.DataFrame({c: as_text(table.frame[c]) for c in names}, index=frame.index), names)
        result["compounds"] = frame
    return result


def _building_figures(
    table: _Table, columns: Mapping[str, str], repairs: Repairs, faults: list[str]
) -> gpd.GeoDataFrame:
    source, label = table.frame, table.label
    faults += [missing_column(c, source.columns, label) for c in columns.values() if c not in source.columns]
    named = {field: find_column(source, field, columns) for field in _BUILDING_FIELDS}
    ids = table.ids() if "id" not in columns or named["id"] is None else as_text(source[named["id"]]).fillna("")
    frame = source[["geometry"]].copy()
    frame["source_id"] = ids
    for field in ("households", "population"):
        column = named[field]
        frame[field] = np.nan
        if column is None:
            continue
        frame[field], wrong = read_counts(source[column], ids, layer=label, column=column)
        faults += wrong
    for field, read in (("levels", read_levels), ("height", read_heights)):
        column = named[field]
        frame[field] = np.nan if column is None else read(source[column], ids, repairs, layer=label)
    frame["use"] = building_uses(source, columns)
    for field in ("name", "compound"):
        column = named[field]
        frame[field] = None if column is None else as_text(source[column])
    return _once(frame, label, repairs, faults)


def _once(frame: gpd.GeoDataFrame, label: str, repairs: Repairs, faults: list[str]) -> gpd.GeoDataFrame:
    """Keep a footprint that is there several times once, with the counts that any of its rows knows."""
    first = pd.Series(find_duplicates(frame.geometry.to_numpy()), index=frame.index)
    there = ~frame.geometry.is_empty & frame.geometry.notna()
    again = there & (first != np.arange(len(frame)))
    if not again.any():
        return frame
    groups = frame[there].groupby(first[there], sort=False)
    differing: set[int] = set()
    for field in ("households", "population"):
        differing |= set(groups[field].nunique().loc[lambda n: n > 1].index)
    if differing:
        ids = [" = ".join(frame["source_id"][first == at].tolist()) for at in sorted(differing)]
        faults.append(
            f"{label}: {len(differing):,} footprints are there several times with different counts ({some(ids)}); "
            "merge their rows, adding up the counts if they are parts of one building"
        )
    for field in ("households", "population", "levels", "height", "name", "compound"):
        known = groups[field].first()
        frame.loc[frame.index[known.index], field] = known.to_numpy()
    repairs.add(label, "the same footprint again", "kept once", frame["source_id"][again].tolist())
    return frame[~again]


def _boundary(table: _Table, repairs: Repairs) -> gpd.GeoDataFrame:
    geometry = table.frame.geometry
    areas = table.frame[shapely.get_dimensions(geometry.to_numpy()) == 2]
    shape = mend_boundary(areas.reset_index(drop=True), table.label, repairs)
    return gpd.GeoDataFrame(geometry=[shape], crs=table.frame.crs)


def _buildings(table: _Table, outline: Any, source: _Table, repairs: Repairs) -> gpd.GeoDataFrame:
    """Clean the footprints and keep those that touch the jurisdiction."""
    label = table.label
    frame = clean_geometry(table.frame, label, "polygon", table.frame["source_id"], repairs)
    small = frame.geometry.area < MIN_BUILDING_M2
    repairs.add(label, f"footprint below {MIN_BUILDING_M2:g} m²", "left out", frame["source_id"][small].tolist())
    frame = frame[~small]
    shapely.prepare(outline)
    touching = shapely.intersects(outline, frame.geometry.to_numpy())
    if not touching.any():
        raise InputError(_away("buildings", table, source, outline, CRS(table.frame.crs)))
    repairs.add(label, "wholly outside the jurisdiction", "left out", frame["source_id"][~touching].tolist())
    frame = frame[touching].reset_index(drop=True).rename_axis("building_id")
    points = shapely.point_on_surface(frame.geometry.to_numpy())
    frame["inside"] = shapely.covers(outline, points)
    if not frame["inside"].any():
        raise InputError(
            f"{label}: {len(frame):,} buildings touch the boundary but none lies inside it; check that both layers fit"
        )
    edge = frame["source_id"][~frame["inside"]].tolist()
    repairs.add(label, "mostly outside the jurisdiction", "kept as shapes, their people not counted", edge)
    for field in ("households", "population"):
        unknown = frame["inside"] & frame[field].isna()
        if unknown.sum() < frame["inside"].sum():
            repairs.add(label, f"no {field}", "estimated", frame["source_id"][unknown].tolist())
    pairs = find_overlaps(frame.geometry.to_numpy())
    names = frame["source_id"].to_numpy()
    repairs.add(
        label, "neighbours that overlap", "kept; the area they share is given to one",
        [f"{names[a]}/{names[b]}" for a, b in pairs.tolist()],
    )  # fmt: skip
    kept = ["source_id", "households", "population", "levels", "height", "use", "name", "compound", "inside"]
    return frame[["geometry", *kept]]


def _areas(tables: list[_Table], fields: tuple[str, ...], outline: Any, crs: CRS, repairs: Repairs) -> gpd.GeoDataFrame:
    """Clean compounds or census areas and keep those that reach into the jurisdiction."""
    if not tables:
        kinds = {f: pd.Series(dtype=object if f == "name" else "float64") for f in fields}
        return gpd.GeoDataFrame({"geometry": [], **kinds}, geometry="geometry", crs=crs)
    frame = clean_geometry(tables[0].frame, tables[0].label, "polygon", _row_names(tables[0].frame), repairs)
    geometry = frame.geometry.to_numpy()
    reaching = shapely.intersects(outline, geometry) & ~shapely.touches(outline, geometry)
    repairs.add(tables[0].label, "wholly outside the jurisdiction", "left out", count=int((~reaching).sum()))
    return frame[reaching].reset_index(drop=True)


def _row_names(frame: gpd.GeoDataFrame) -> pd.Series:
    return pd.Series([f"row {n + 1}" for n in frame.index], index=frame.index, dtype=object)


def _away(role: str, moved: _Table, source: _Table, outline: Any, crs: CRS) -> str:
    """Say that a layer lies elsewhere, how far, and in which CRSs."""
    box = shapely.box(*moved.frame.total_bounds)
    distance = shapely.distance(outline, box) / 1000
    far = f"{distance:,.1f} km away" if distance >= 0.05 else "beside it"
    return (
        f"{role}: none of the {len(source.frame):,} features of {source.name} lies in the boundary, they are {far}; "
        f"it is in {describe(CRS(source.frame.crs))}, the boundary was brought into {describe(crs)}. "
        "One of the two probably states the wrong coordinate system, or they are of different places"
    )


def _own_name(frame: gpd.GeoDataFrame) -> str:
    column = find_column(frame, "name")
    names = as_text(frame[column]).dropna().unique().tolist() if column is not None else []
    return str(names[0]) if len(names) == 1 else ""


def _sources(tables: list[_Table]) -> dict[str, str]:
    roles = dict.fromkeys(table.role for table in tables)
    return {role: ", ".join(t.name for t in _of(tables, role)) for role in roles}


def _of(tables: list[_Table], role: str) -> list[_Table]:
    return [table for table in tables if table.role == role]


def _collect(faults: list[str], do: Callable[[], gpd.GeoDataFrame]) -> gpd.GeoDataFrame | None:
    """Return what `do` returns, or None and its faults in `faults`."""
    try:
        return do()
    except InputError as error:
        faults += error.faults
        return None
