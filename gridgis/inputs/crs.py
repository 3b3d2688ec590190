"""One metric CRS for all layers, chosen from the data."""

from __future__ import annotations

import re

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Proj
from pyproj.exceptions import CRSError, ProjError

from gridgis.errors import InputError
from gridgis.languages import Said, Words

_CHINESE = re.compile(r"china.?geodetic|cgcs.?2000|beijing.?1?9?54|new.?beijing|xian.?1?9?80|xi'an", re.IGNORECASE)
_DISTORTION = 0.02
"""A metric CRS may be wrong by this share in length at the jurisdiction; Web Mercator is wrong by far more."""


def parse_crs(text: str | CRS) -> CRS:
    """Read ``EPSG:4547``, ``4547`` or WKT; raises InputError that names the text."""
    try:
        return CRS.from_user_input(int(text) if isinstance(text, str) and text.strip().isdigit() else text)
    except CRSError:
        raise InputError(
            Said("“{text}” is not a coordinate system; write its EPSG code, e.g. EPSG:4547", text=text)
        ) from None


def plain_crs(crs: CRS) -> CRS:
    """Return the horizontal CRS, by its EPSG code where it has one, so that the same CRS compares equal."""
    flat = crs.sub_crs_list[0] if crs.is_compound else crs
    if len(flat.axis_info) > 2:
        flat = flat.to_2d()
    if flat.is_bound and flat.source_crs is not None:
        flat = flat.source_crs
    code = flat.to_epsg()
    return CRS.from_epsg(code) if code is not None else flat


def choose_crs(boundary: gpd.GeoDataFrame) -> CRS:
    """Return the metric CRS that all layers are brought into.

    The boundary's own, where it is projected in metres and true to scale
    there; otherwise the 3-degree CGCS2000 zone for data in a Chinese datum,
    and the UTM zone for all else.

    Raises
    ------
    InputError
        When the coordinates cannot be where the CRS says.
    """
    crs = plain_crs(CRS(boundary.crs))
    if crs.is_engineering:
        if _in_metres(crs):
            return crs
        raise InputError(
            Said(
                "boundary: its local system “{name}” is not in metres; bring the layers into one that is", name=crs.name
            )
        )
    box = boundary.total_bounds
    degrees = gpd.GeoSeries([shapely.box(*box)], crs=boundary.crs).to_crs(4326).iloc[0].centroid
    lon, lat = degrees.x, degrees.y
    if not (np.isfinite([lon, lat]).all() and -180 <= lon <= 180 and -90 <= lat <= 90):
        raise InputError(
            Said(
                "boundary: coordinates such as {x:g}, {y:g} cannot lie in {crs}; set the coordinate "
                "system that the file was made in",
                x=box[0],
                y=box[1],
                crs=describe(crs),
            )
        )
    if crs.is_projected and _in_metres(crs) and _true_to_scale(crs, lon, lat):
        return crs
    if is_chinese(crs) and 73.5 <= lon <= 136.5:
        return CRS.from_epsg(4534 + (round(lon / 3) * 3 - 75) // 3)
    return CRS(gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326).estimate_utm_crs())


def is_chinese(crs: CRS) -> bool:
    """Whether the datum is CGCS2000, Beijing 54 or Xi'an 80."""
    datum = crs.datum.name if crs.datum is not None else ""
    return bool(_CHINESE.search(f"{datum} {crs.name}"))


def describe(crs: CRS) -> str:
    """Return ``EPSG:4547 (CGCS2000 / 3-degree Gauss-Kruger CM 114E)``."""
    code = crs.to_epsg()
    return f"EPSG:{code} ({crs.name})" if code is not None else crs.name


def missing_crs(layer: str, bounds: tuple[float, float, float, float], *, shapefile: bool) -> Words:
    """Say that a layer has no CRS and what would help, with hints from its coordinates; nothing is guessed."""
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    fault = (
        Said("{layer}: has no .prj beside it, so it is unknown where it lies", layer=layer)
        if shapefile
        else Said("{layer}: does not say its coordinate system, so it is unknown where it lies", layer=layer)
    )
    zone = int(x // 1_000_000)
    if abs(x) <= 180 and abs(y) <= 90:
        hint = Said("which are degrees: EPSG:4326 if WGS 84, EPSG:4490 if CGCS2000")
    elif 25 <= zone <= 45:
        hint = Said("as in a 3-degree zone {zone}: EPSG:{code} if CGCS2000", zone=zone, code=4513 + zone - 25)
    elif 13 <= zone <= 23:
        hint = Said("as in a 6-degree zone {zone}: EPSG:{code} if CGCS2000", zone=zone, code=4491 + zone - 13)
    else:
        hint = Said("which are metres of an unknown zone")
    return Said(
        "{fault}; its coordinates are around {x:.10g}, {y:.10g}, {hint}. Say which, e.g. --crs EPSG:4547",
        fault=fault,
        x=x,
        y=y,
        hint=hint,
    )


def to_crs(frame: gpd.GeoDataFrame, crs: CRS, layer: str) -> gpd.GeoDataFrame:
    """Return the layer in `crs`, without features so far off that it cannot hold them.

    Raises
    ------
    InputError
        When coordinates cannot lie in the layer's own CRS, or all features are that far off.
    """
    own = plain_crs(CRS(frame.crs))
    if own == crs:
        return frame.set_crs(crs, allow_override=True)
    try:
        moved = frame.set_crs(own, allow_override=True).to_crs(crs)
        far = _not_finite(moved)
        if not far.any():
            return moved
        degrees = frame[far].to_crs(4326)
    except (ProjError, CRSError) as error:
        raise InputError(
            Said(
                "{layer}: cannot be brought from {own} to {crs}: {error}",
                layer=layer,
                own=describe(own),
                crs=describe(crs),
                error=error,
            )
        ) from None
    lost = _not_finite(degrees)
    if lost.any() or np.abs(degrees.total_bounds[[1, 3]]).max() > 90:
        raise InputError(
            Said(
                "{layer}: {count:,} features have coordinates that cannot lie in {own}; set the coordinate "
                "system that the file was made in",
                layer=layer,
                count=int(far.sum()),
                own=describe(own),
            )
        )
    if far.all():
        lon, lat = shapely.centroid(shapely.box(*degrees.total_bounds)).coords[0]
        raise InputError(
            Said(
                "{layer}: lies around longitude {lon:.2f}, latitude {lat:.2f} by its {own}, thousands of "
                "kilometres from the boundary. One of the two probably states the wrong coordinate system",
                layer=layer,
                lon=lon,
                lat=lat,
                own=describe(own),
            )
        )
    return moved[~far]


def _not_finite(frame: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    geometry = frame.geometry.to_numpy()
    there = ~shapely.is_missing(geometry) & ~shapely.is_empty(geometry)
    bad: npt.NDArray[np.bool_] = there & ~np.isfinite(shapely.bounds(geometry)).all(axis=1)
    return bad


def _in_metres(crs: CRS) -> bool:
    return all(abs(axis.unit_conversion_factor - 1) < 1e-9 for axis in crs.axis_info[:2])


def _true_to_scale(crs: CRS, lon: float, lat: float) -> bool:
    factors = Proj(crs).get_factors(lon, lat)
    scales = np.array([factors.meridional_scale, factors.parallel_scale])
    return bool(np.isfinite(scales).all() and (np.abs(scales - 1) < _DISTORTION).all())
