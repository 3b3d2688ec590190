"""OpenStreetMap extracts (.osm.pbf, .osm): objects -> buildings, roads, barriers, water, land use, compounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridgis.errors import InputError
from gridgis.inputs.counts import read_heights, read_levels
from gridgis.inputs.kinds import barrier_kinds, road_kinds
from gridgis.inputs.vector import unreadable
from gridgis.inputs.words import NOTHING
from gridgis.languages import Said, listed
from gridgis.repair import Repairs, unwrap

if TYPE_CHECKING:
    from osmium.osm import Area, Way

LAYERS = ("boundary", "buildings", "roads", "barriers", "water", "landuse", "compounds")

_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "buildings": ("building", "building:levels", "height", "building:use", "building:flats", "amenity", "shop",
                  "office"),
    "roads": ("highway", "service", "bridge", "tunnel", "layer"),
    "barriers": ("waterway", "railway", "barrier", "natural", "man_made", "bridge", "tunnel", "layer", "location"),
    "water": ("natural", "water", "waterway", "landuse"),
    "landuse": ("landuse", "leisure", "amenity", "natural"),
    "compounds": ("landuse", "residential"),
}  # fmt: skip
_SHORT = {"building:levels": "levels", "building:use": "use", "building:flats": "flats", "residential": "type"}
_LINE_KEYS = ("waterway", "railway", "barrier", "natural", "man_made")
_KEYS = ("building", "highway", *_LINE_KEYS, "landuse", "leisure", "amenity", "water", "boundary")
_GATED = ("gated", "estate", "housing_estate", "apartments")


@dataclass
class Extract:
    """What one extract holds, in WGS 84.

    Attributes
    ----------
    frames
        Layer -> features, for those of `LAYERS` that have any.
    admin
        Administrative areas that are complete in the extract: ``osm_id``,
        ``level`` (int), ``names`` (tuple of all its names), ``geometry``.
    incomplete
        Names of administrative boundaries whose lines are cut off by the extract's edge.
    date
        Day of the data, ISO; empty where the extract doesn't say.
    """

    frames: dict[str, gpd.GeoDataFrame]
    admin: gpd.GeoDataFrame
    incomplete: tuple[str, ...]
    date: str


@dataclass
class _Rows:
    """Features as they come: attributes, and geometry as WKB or ready."""

    columns: tuple[str, ...] = ()
    tags: list[dict[str, Any]] = field(default_factory=list)
    shapes: list[Any] = field(default_factory=list)

    def add(self, osm_id: str, tags: Mapping[str, str], shape: Any) -> None:
        row = {_SHORT.get(c, c): tags.get(c) for c in self.columns}
        self.tags.append({"osm_id": osm_id, "name": _name(tags), **row})
        self.shapes.append(shape)

    def frame(self) -> gpd.GeoDataFrame:
        named = ["osm_id", "name", *(_SHORT.get(c, c) for c in self.columns)]
        table = pd.DataFrame(self.tags, columns=named, dtype=object)
        shapes = unwrap(shapely.from_wkb(np.array(self.shapes, dtype=object)))
        return gpd.GeoDataFrame(table, geometry=shapes, crs=4326)


def read_osm(path: Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read one of `LAYERS` of an extract, uncropped; raises InputError when there is none of it."""
    frames = parse_osm(path).frames
    if layer not in frames:
        raise InputError(
            Said(
                "{name}: there is no layer “{layer}” in it; there are: {frames}",
                name=path.name,
                layer=layer,
                frames=listed(frames),
            )
        )
    return frames[layer].copy()


def osm_layers(path: Path) -> list[str]:
    """Return the layers that an extract has features for."""
    return list(parse_osm(path).frames)


def parse_osm(path: Path) -> Extract:
    """Read a whole extract; raises InputError when it is damaged or holds no data."""
    return _parse(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=1)
def _parse(path: Path, changed: int) -> Extract:
    """`changed` keeps a file that was written anew from being taken for the old one."""
    import osmium

    rows = {layer: _Rows(columns) for layer, columns in _COLUMNS.items()}
    admin = _Rows()
    seen: dict[str, set[str]] = {}
    wkb = osmium.geom.WKBFactory()
    try:
        objects = osmium.FileProcessor(str(path)).with_areas().with_filter(osmium.filter.KeyFilter(*_KEYS))
        header = objects.header
        for thing in objects:
            if isinstance(thing, osmium.osm.Area):
                _take_area(thing, wkb.create_multipolygon, rows, admin)
            elif isinstance(thing, osmium.osm.Way):
                _take_way(thing, rows)
            elif isinstance(thing, osmium.osm.Relation) and thing.tags.get("boundary") == "administrative":
                seen[f"r{thing.id}"] = _names(dict(thing.tags))
    except RuntimeError as error:
        raise InputError(unreadable(path.name, error)) from None
    frames = {layer: _useful(layer, found.frame()) for layer, found in rows.items() if found.tags}
    frames = {layer: frame for layer, frame in frames.items() if len(frame)}
    if not frames:
        raise InputError(
            Said("{name}: there are no buildings or roads in it; give an extract that covers the place", name=path.name)
        )
    box = header.box()
    corners = (box.bottom_left.lon, box.bottom_left.lat, box.top_right.lon, box.top_right.lat) if box.valid() else None
    bounds = corners or tuple(np.array([f.total_bounds for f in frames.values()]).T[:, 0])
    outline = gpd.GeoDataFrame({"name": [path.name.split(".")[0]]}, geometry=[shapely.box(*bounds)], crs=4326)
    complete = {tags["osm_id"] for tags in admin.tags}
    return Extract(
        frames={"boundary": outline, **frames},
        admin=_admin_frame(admin),
        incomplete=tuple(sorted({name for key, names in seen.items() if key not in complete for name in names})),
        date=header.get("osmosis_replication_timestamp", "")[:10],
    )


def _take_area(area: Area, shape_of: Callable[[Any], str], rows: Mapping[str, _Rows], admin: _Rows) -> None:
    tags = dict(area.tags)
    osm_id = f"{'w' if area.from_way() else 'r'}{area.orig_id()}"
    layers = [layer for layer in ("buildings", "water", "landuse", "compounds") if _belongs(layer, tags)]
    is_admin = tags.get("boundary") == "administrative"
    if not layers and not is_admin:
        return
    shape = bytes.fromhex(shape_of(area))
    for layer in layers:
        rows[layer].add(osm_id, tags, shape)
    if is_admin:
        level = tags.get("admin_level", "")
        row = {"osm_id": osm_id, "level": int(level) if level.isdigit() else 99, "names": tuple(sorted(_names(tags)))}
        admin.tags.append(row)
        admin.shapes.append(shape)


def _take_way(way: Way, rows: Mapping[str, _Rows]) -> None:
    tags = dict(way.tags)
    if "highway" in tags:
        layers = [] if tags.get("area") == "yes" or tags.get("indoor") == "yes" else ["roads"]
    else:
        surface = way.is_closed() and (_belongs("water", tags) or "building" in tags)
        layers = ["barriers"] if any(key in tags for key in _LINE_KEYS) and not surface else []
    patched = _cut_off(way) and any(_belongs(layer, tags) for layer in ("water", "landuse"))
    if not layers and not patched:
        return
    runs = _runs([(n.location.lon, n.location.lat) if n.location.valid() else None for n in way.nodes])
    for layer in layers:
        for run in runs:
            rows[layer].add(f"w{way.id}", tags, shapely.to_wkb(shapely.LineString(run)))
    corners = [xy for run in runs for xy in run]
    if patched and len(corners) > 3:
        # the extract's edge cuts this plot: what is left of it is closed straight across
        layer = "water" if _belongs("water", tags) else "landuse"
        rows[layer].add(f"w{way.id}", tags, shapely.to_wkb(shapely.make_valid(shapely.Polygon(corners))))


def _belongs(layer: str, tags: Mapping[str, str]) -> bool:
    if layer == "buildings":
        return tags.get("building", "no") != "no" and tags.get("location") != "underground"
    wet = (
        tags.get("natural") == "water"
        or tags.get("waterway") in ("riverbank", "dock", "river", "canal")
        or tags.get("landuse") in ("reservoir", "basin")
    )
    if layer == "water":
        return wet and tags.get("tunnel", "no") == "no" and tags.get("location") != "underground"
    if "building" in tags or wet:
        return False
    if layer == "landuse":
        return any(key in tags for key in ("landuse", "leisure", "amenity", "natural"))
    named = "name" in tags and tags.get("landuse") == "residential"
    return named or tags.get("residential") in _GATED


def _useful(layer: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out what bounds nothing (kerbs, platforms, flower beds) and columns that nothing fills."""
    if layer == "roads":
        frame = frame[road_kinds(frame) != NOTHING]
    elif layer in ("barriers", "landuse"):
        kinds = barrier_kinds(frame.drop(columns="geometry"), layer)
        wanted = kinds.eq("landuse") if layer == "landuse" else ~kinds.isin((NOTHING, "landuse"))
        frame = frame[wanted]
    elif layer == "buildings":
        ids, unread = frame["osm_id"], Repairs()
        frame = frame.assign(
            levels=read_levels(frame["levels"], ids, unread, layer=layer),
            height=read_heights(frame["height"], ids, unread, layer=layer),
            flats=pd.to_numeric(frame["flats"], errors="coerce"),
        )
    # an empty column “tunnel” still says that nothing is in one
    empty = [column for column in frame.columns if column != "tunnel" and frame[column].isna().all()]
    return frame.drop(columns=empty).reset_index(drop=True)


def _admin_frame(admin: _Rows) -> gpd.GeoDataFrame:
    table = pd.DataFrame(admin.tags, columns=["osm_id", "level", "names"])
    return gpd.GeoDataFrame(table, geometry=shapely.from_wkb(np.array(admin.shapes, dtype=object)), crs=4326)


def _cut_off(way: Way) -> bool:
    return way.is_closed() and any(not node.location.valid() for node in way.nodes)


def _runs(corners: list[tuple[float, float] | None]) -> list[list[tuple[float, float]]]:
    """Return the stretches between corners that the extract lacks."""
    runs: list[list[tuple[float, float]]] = [[]]
    for corner in corners:
        if corner is None:
            runs.append([])
        elif not runs[-1] or runs[-1][-1] != corner:
            runs[-1].append(corner)
    return [run for run in runs if len(run) > 1]


def _names(tags: Mapping[str, str]) -> set[str]:
    """Return the names in all languages."""
    return {value for key, value in tags.items() if key == "name" or key.startswith("name:") or key.endswith("_name")}


def _name(tags: Mapping[str, str]) -> str | None:
    return tags.get("name") or tags.get("name:zh") or (tags.get("ref") if "highway" in tags else None)
