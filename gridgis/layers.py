"""What the engine works from: the layers of one jurisdiction, clean and in one metric CRS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd
from pyproj import CRS
from shapely import MultiPolygon, Polygon


@dataclass(frozen=True, kw_only=True)
class Layers:
    """A jurisdiction's layers, valid and in one metric CRS.

    Attributes
    ----------
    boundary
        The jurisdiction; may have several parts and holes. Valid.
    buildings
        Index ``building_id`` (0 … n-1, in the order of the file). Columns: ``geometry``
        (valid Polygon or MultiPolygon), ``source_id`` (text, the id people know),
        ``households``, ``population``, ``levels``, ``height`` (float, NaN where unknown),
        ``use`` (one of `population.USES`, see there), ``name`` (text or None),
        ``compound`` (text or None: name or id of its compound, where the layer says it),
        ``housing`` (text or None: the size profile it goes by, where the layer says it).
        Only buildings that touch the jurisdiction; column ``inside`` (bool) says whether its
        middle, or at least half of it, is inside: only those are counted.
    lines
        Roads and barriers, any index. Columns: ``geometry`` (LineString), ``kind`` (a key
        of `features.KINDS`), ``name`` (text or None), ``bridge``, ``tunnel`` (bool;
        tunnels never cut).
    water
        Water surfaces (Polygon or MultiPolygon), column ``name``. May be empty.
    compounds
        Polygons that stay whole as long as they fit one grid: ``name`` (text or None), ``kind`` (one of
        `features.COMPOUNDS`), ``profile`` (text or None: the size profile of its buildings), ``dedicated``
        (bool: a grid of its own, whatever its size). May be empty.
    communities
        Polygons whose edges no grid crosses: ``name``, ``code`` (text or None). May be empty; where there are any,
        what lies in none of them is one more community.
    existing
        Grids of an existing plan: ``code`` (text, each once), ``name`` (text or None). May be empty.
    census
        Areas with ``population`` and ``households`` (float, NaN where unknown); may be empty.
    slivers
        Holes and parts of the boundary as drawn that are seams between drawn areas: the holes are
        closed in ``boundary``, the parts left out. Whether a grid holds them is no fault either way.
    repairs
        One row a defect found: ``layer``, ``defect``, ``count``, ``ids`` (text), ``action``.
    sources
        Layer -> file name (never a full path).
    attribution
        Text that maps and reports must show, e.g. ``© OpenStreetMap contributors (ODbL)``.
    fingerprint
        sha256 (hex) of the layers' content, independent of file format and path.
    """

    boundary: Polygon | MultiPolygon
    buildings: gpd.GeoDataFrame
    lines: gpd.GeoDataFrame
    water: gpd.GeoDataFrame
    compounds: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    existing: gpd.GeoDataFrame
    census: gpd.GeoDataFrame
    crs: CRS
    repairs: pd.DataFrame
    slivers: MultiPolygon = field(default_factory=MultiPolygon)
    name: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    attribution: str = ""
    fingerprint: str = ""
