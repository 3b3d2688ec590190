"""Layer sets: one state of a jurisdiction's layers, kept whole for the engine and as buildings for maps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from sqlalchemy import case, func, insert, select
from sqlalchemy.orm import Session

from gridgis.features import ROADS
from gridgis.languages import Said
from gridgis_web.errors import NotFound
from gridgis_web.store import artifacts
from gridgis_web.store.audit_log import record
from gridgis_web.store.geometry import SRID, encoded
from gridgis_web.store.models import Building, LayerSet, PlaceName
from gridgis_web.store.places import jurisdiction

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from gridgis.layers import Layers

SUBJECT = "layer_set"
LONGEST_CRS = 40
AT_ONCE = 20_000
"""Rows sent to the back end at a time."""


def save_layers(
    session: Session,
    jurisdiction_id: int,
    layers: Layers,
    counts: pd.DataFrame,
    *,
    who: str,
    confirmed: Mapping[str, Any] | None = None,
) -> LayerSet:
    """Keep the layers of a jurisdiction; a set with the same content and totals that is there already is returned.

    Parameters
    ----------
    counts
        As from `housing.count_housing`: what the buildings' table tells of each of them.
    confirmed
        What the person who loads them said each file is; JSON values.
    """
    import geopandas as gpd

    from gridgis_web.planning.pack import pack_layers

    place = jurisdiction(session, jurisdiction_id)
    content_id = artifacts.put(session, pack_layers(layers), artifacts.ZIP, who=who)
    totals = {name: int(counts[name].sum()) for name in ("households", "population")}
    found = session.scalar(
        select(LayerSet).where(
            LayerSet.jurisdiction_id == jurisdiction_id,
            LayerSet.content_id == content_id,
            *(getattr(LayerSet, name) == total for name, total in totals.items()),
        )
    )
    if found is not None:
        return found
    made = LayerSet(
        jurisdiction_id=jurisdiction_id,
        fingerprint=layers.fingerprint,
        sources={"files": dict(layers.sources)} | ({} if confirmed is None else {"confirmed": dict(confirmed)}),
        repairs=layers.repairs.to_dict("records"),
        attribution=layers.attribution,
        buildings=int(layers.buildings["inside"].sum()),
        content_id=content_id,
        created_by=who,
        **totals,
    )
    session.add(made)
    session.flush()
    _insert_buildings(session, made.id, layers, counts)
    _insert_names(session, made.id, layers)
    place.crs = place.crs or layers.crs.srs[:LONGEST_CRS]
    if place.geom is None:
        place.geom = gpd.GeoSeries([layers.boundary], crs=layers.crs).to_crs(SRID).iloc[0]
    told = {"jurisdiction_id": jurisdiction_id, "buildings": made.buildings, **totals, "files": dict(layers.sources)}
    record(session, who, "create", SUBJECT, made.id, after=told)
    return made


def load_layers(session: Session, key: int) -> Layers:
    """Return the engine's layers of a set, exactly as they were saved; raises NotFound."""
    from gridgis_web.planning.pack import unpack_layers

    return unpack_layers(artifacts.get(session, layer_set(session, key).content_id))


def layer_set(session: Session, key: int) -> LayerSet:
    """Return one; raises NotFound."""
    found = session.get(LayerSet, key)
    if found is None:
        raise NotFound(Said("there are no layers {key}", key=key))
    return found


def layer_sets(session: Session, jurisdiction_id: int) -> list[LayerSet]:
    """Return those of a jurisdiction, the newest first."""
    wanted = select(LayerSet).where(LayerSet.jurisdiction_id == jurisdiction_id).order_by(LayerSet.id.desc())
    return list(session.scalars(wanted))


def latest_layer_sets(session: Session, most: int) -> list[LayerSet]:
    """Return those that were loaded last, of whatever jurisdiction, the latest first."""
    return list(session.scalars(select(LayerSet).order_by(LayerSet.id.desc()).limit(most)))


def newest_layers(session: Session, jurisdiction_id: int) -> LayerSet | None:
    """Return the set that new plans are made of; None: there is none yet."""
    return next(iter(layer_sets(session, jurisdiction_id)), None)


def count_sources(session: Session, key: int) -> dict[str, int]:
    """Return how many buildings of a set have people who were ``counted``, ``estimated``, or are ``empty``."""
    lived = (Building.households > 0) | (Building.population > 0)
    kind = case((~lived, "empty"), (Building.measured, "counted"), else_="estimated")
    rows = session.execute(select(kind, func.count()).where(Building.layer_set_id == key).group_by(kind))
    counted = {str(kind): int(count) for kind, count in rows}
    return dict.fromkeys(("counted", "estimated", "empty"), 0) | counted


def insert_rows(session: Session, model: type[Any], columns: Mapping[str, list[Any]], geometry: gpd.GeoSeries) -> None:
    """Insert many rows with polygons at once, as longitude and latitude.

    Parameters
    ----------
    columns
        Name -> one value a row.
    geometry
        One polygon a row, in a metric system.
    """
    connection = session.connection()
    shapes = _polygons(geometry.to_crs(SRID).to_numpy())
    names = [*columns, "geom"]
    for start in range(0, len(shapes), AT_ONCE):
        part = slice(start, start + AT_ONCE)
        values = [column[part] for column in columns.values()]
        values.append(encoded(shapes[part], connection.dialect))
        rows = [dict(zip(names, row, strict=True)) for row in zip(*values, strict=True)]
        connection.execute(insert(model.__table__), rows)


def _polygons(shapes: np.ndarray) -> np.ndarray:
    """Keep the polygons of shapes that have other parts, too."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    for at in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapes[at])
        shapes[at] = shapely.multipolygons(parts[shapely.get_dimensions(parts) == 2])
    return shapes


def _insert_buildings(session: Session, key: int, layers: Layers, counts: pd.DataFrame) -> None:
    buildings = layers.buildings
    counts = counts.reindex(buildings.index)
    measured = (counts["households_source"] == "measured") & (counts["population_source"] == "measured")
    levels = buildings["levels"].to_numpy(float)
    insert_rows(
        session,
        Building,
        {
            "layer_set_id": [key] * len(buildings),
            "number": buildings.index.tolist(),
            "source_id": [_text(value, 120) for value in buildings["source_id"]],
            "name": [_text(value, 200) for value in buildings["name"]],
            "use": [_text(value, 40) for value in buildings["use"]],
            "levels": [None if np.isnan(value) else value for value in levels.tolist()],
            "households": counts["households"].tolist(),
            "population": counts["population"].tolist(),
            "measured": measured.tolist(),
        },
        buildings.geometry,
    )


def _insert_names(session: Session, key: int, layers: Layers) -> None:
    """Keep what places are called, each name once for each place: a road is one place, however many pieces it has."""
    import geopandas as gpd
    import pandas as pd

    parts = [
        gpd.GeoDataFrame({"kind": kind, "name": of["name"]}, geometry=of.geometry, crs=layers.crs)
        for kind, of in (("building", layers.buildings), ("compound", layers.compounds))
    ]
    roads = layers.lines[layers.lines["kind"].isin(ROADS)].dropna(subset="name")
    longest = roads.loc[roads.length.sort_values(ascending=False).index].drop_duplicates("name").sort_index()
    parts.append(gpd.GeoDataFrame({"kind": "road", "name": longest["name"]}, geometry=longest.geometry, crs=layers.crs))
    named = pd.concat(parts, ignore_index=True).dropna(subset="name")
    named = named[named["name"].astype(str).str.strip() != ""]
    if named.empty:
        return
    # a road's middle lies on it
    middle = named.geometry.where(
        named["kind"] != "road", named.geometry.line_merge().interpolate(0.5, normalized=True)
    )
    points = gpd.GeoSeries(middle.representative_point(), crs=layers.crs).to_crs(SRID)
    rows = zip(named["kind"], named["name"], points.x.round(7), points.y.round(7), strict=True)
    told = [
        {"layer_set_id": key, "kind": kind, "name": _text(name, 200), "lon": lon, "lat": lat}
        for kind, name, lon, lat in rows
    ]
    session.execute(insert(PlaceName), told)


def _text(value: object, most: int) -> str:
    """Return text that fits its column; nothing is empty text."""
    return value[:most] if isinstance(value, str) else ""
