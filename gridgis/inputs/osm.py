"""An OpenStreetMap extract -> layer files of one jurisdiction."""

from __future__ import annotations

import os
import tempfile
from difflib import get_close_matches
from pathlib import Path
from typing import Literal

import geopandas as gpd
import shapely

from gridgis.errors import InputError, some
from gridgis.inputs.crs import choose_crs, to_crs
from gridgis.inputs.osm_objects import LAYERS, Extract, parse_osm
from gridgis.inputs.roles import fault_of_geometry
from gridgis.inputs.tables import Source, read_tables
from gridgis.languages import Said, listed
from gridgis.repair import Repairs, mend_boundary

MARGIN_M = 60.0
"""Lines, water and plots are kept this far outside the jurisdiction."""
MAX_COMPOUND_M2 = 300_000.0
"""A named residential area larger than this is a neighbourhood, not a compound."""

_MARGIN_DEGREES = 0.01
_NO_DATE = "2000-01-01"


def extract_osm(
    pbf: str | Path,
    folder: str | Path,
    *,
    boundary: Source | None = None,
    area: str | None = None,
    name: str | None = None,
    fmt: Literal["gpkg", "shp"] = "gpkg",
) -> dict[str, Path]:
    """Write the layers of one jurisdiction out of an OpenStreetMap extract.

    Parameters
    ----------
    pbf
        ``.osm.pbf`` (or ``.osm``).
    folder
        Made if needed; files of the same names are replaced.
    boundary
        The jurisdiction.
    area
        Or: the name, in any language, of an administrative boundary in the
        extract, or its id such as ``r2220322``. With neither, the extract's
        box is the jurisdiction.
    name
        What the jurisdiction is called; by default as its boundary is.
    fmt
        ``shp`` writes UTF-8 with .cpg.

    Returns
    -------
    Layer -> file, for boundary, buildings, roads, barriers, water, landuse
    and compounds, as far as there are any; all in one metric CRS. Buildings
    are whole and belong where a point inside them lies; lines, water and
    plots are cut off 60 m outside the boundary.

    Raises
    ------
    InputError
        When the extract is unreadable, or has no such area or nothing in it.
    """
    path = Path(pbf)
    faults = [] if path.is_file() else [Said("{path}: there is no such file; check its name and folder", path=pbf)]
    if boundary is not None and area is not None:
        faults.append(Said("both a boundary and the name of an area are given; give one of them"))
    if faults:
        raise InputError(*faults)
    extract = parse_osm(path)
    if boundary is not None:
        outline = _given(boundary)
    elif area is not None:
        outline = _find_area(extract, area, path.name)
    else:
        outline = extract.frames["boundary"]
    crs = choose_crs(outline)
    west, south, east, north = outline.to_crs(4326).total_bounds
    near = shapely.box(west - _MARGIN_DEGREES, south - _MARGIN_DEGREES, east + _MARGIN_DEGREES, north + _MARGIN_DEGREES)
    outline = to_crs(outline, crs, "boundary")
    if name is not None:
        outline = outline.assign(name=name)
    shape = outline.geometry.iloc[0]
    cropped = {"boundary": outline}
    for layer in LAYERS[1:]:
        if layer in extract.frames:
            frame = extract.frames[layer]
            frame = frame[shapely.intersects(near, frame.geometry.to_numpy())]
            frame = _crop(layer, to_crs(frame, crs, layer), shape)
            if len(frame):
                cropped[layer] = frame
    if "buildings" not in cropped:
        raise InputError(
            Said(
                "{name}: there are no buildings inside the boundary; give an extract that covers it, or "
                "another boundary",
                name=path.name,
            )
        )
    return _write(cropped, Path(folder), fmt, extract.date or _NO_DATE)


def _given(boundary: Source) -> gpd.GeoDataFrame:
    table = read_tables("boundary", boundary)[0]
    fault = fault_of_geometry(table.frame, "boundary", table.name)
    if fault is not None:
        raise InputError(fault)
    table = table.with_crs(None)
    areas = table.frame[shapely.get_dimensions(table.frame.geometry.to_numpy()) == 2]
    shape = mend_boundary(areas.geometry, table.label, Repairs())
    name = areas["name"].iloc[0] if "name" in areas and len(areas) == 1 else Path(table.name).stem
    return gpd.GeoDataFrame({"name": [name]}, geometry=[shape], crs=table.crs)


def _find_area(extract: Extract, area: str, file: str) -> gpd.GeoDataFrame:
    """Return the administrative area of that name; of several, the highest, if it is the only one of its level."""
    wanted = area.strip().casefold()
    admin = extract.admin
    called = admin["names"].map(lambda names: wanted in {name.casefold() for name in names}).astype(bool)
    found = admin.loc[called | admin["osm_id"].eq(wanted)]
    found = found.loc[found["level"] == found["level"].min()]
    if len(found) > 1:
        ids = found["osm_id"].tolist()
        raise InputError(
            Said(
                "{file}: {count} areas are called “{area}” ({ids}); give the id of the one meant",
                file=file,
                count=len(ids),
                area=area,
                ids=some(ids),
            )
        )
    if not len(found):
        if wanted in {name.casefold() for name in extract.incomplete}:
            raise InputError(
                Said(
                    "{file}: the boundary of “{area}” is cut off by the extract's edge; give a larger extract",
                    file=file,
                    area=area,
                )
            )
        names = sorted({name for names in admin["names"] for name in names})
        close = get_close_matches(area, names, n=3)
        hint = (
            Said("did you mean {meant}?", meant=listed(close, "or"))
            if close
            else Said("it has: {names}", names=some(names, 20) or Said("none"))
        )
        raise InputError(
            Said("{file}: there is no administrative area “{area}” in it; {hint}", file=file, area=area, hint=hint)
        )
    return gpd.GeoDataFrame({"name": [area.strip()]}, geometry=found.geometry.tolist(), crs=found.crs)


def _crop(layer: str, frame: gpd.GeoDataFrame, shape: shapely.Geometry) -> gpd.GeoDataFrame:
    geometry = frame.geometry.to_numpy()
    if layer in ("buildings", "compounds"):
        shapely.prepare(shape)
        inside = shapely.covers(shape, shapely.point_on_surface(geometry))
        if layer == "compounds":
            inside &= shapely.area(geometry) <= MAX_COMPOUND_M2
        return frame[inside].reset_index(drop=True)
    around = shapely.buffer(shape, MARGIN_M)
    shapely.prepare(around)
    frame = frame[shapely.intersects(around, geometry)].copy()
    over = ~shapely.covers(around, frame.geometry.to_numpy())
    valid = shapely.make_valid(frame.geometry[over].to_numpy())
    frame.loc[over, "geometry"] = shapely.intersection(valid, around)
    dimension = 1 if layer in ("roads", "barriers") else 2
    whole = frame.explode(ignore_index=True)
    return whole[shapely.get_dimensions(whole.geometry.to_numpy()) == dimension].reset_index(drop=True)


def _write(
    layers: dict[str, gpd.GeoDataFrame], folder: Path, fmt: Literal["gpkg", "shp"], date: str
) -> dict[str, Path]:
    """Write all layers beside the folder first, then move them in."""
    options: dict[str, str] = {}
    if fmt == "shp":
        options = {"ENCODING": "UTF-8", "RESIZE": "YES", "DBF_DATE_LAST_UPDATE": date}
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".writing") as draft:
        for layer, frame in layers.items():
            frame.to_file(Path(draft) / f"{layer}.{fmt}", layer=layer, engine="pyogrio", **options)
        for part in sorted(Path(draft).iterdir()):
            os.replace(part, folder / part.name)
    return {layer: folder / f"{layer}.{fmt}" for layer in layers}
