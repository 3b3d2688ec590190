"""Railways and streams that pass under buildings, in layers that say nothing of tunnels."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gridgis.repair import Repairs

_KINDS = ("rail", "tram", "river", "stream")
_LINE_SHARE = 0.15
_LINE_BUILDINGS = 3
_NETWORK_SHARE = 0.25
"""A station's roof covers a little of one line; where buildings stand on this share, the line lies beneath them."""


def mark_underground(
    lines: gpd.GeoDataFrame, footprints: gpd.GeoSeries, label: str, repairs: Repairs
) -> pd.Series[bool]:
    """Return `tunnel` for lines of a layer without that column (bool, index as `lines`).

    A line is underground where at least three buildings stand on it, along
    15 % of its length, or where buildings stand on 25 % of the network it
    belongs to.
    """
    tunnel: pd.Series[bool] = lines["tunnel"].astype(bool)
    rows = lines.index[lines["kind"].isin(_KINDS) & ~tunnel]
    if not len(rows) or not len(footprints):
        return tunnel
    geometry = lines.geometry[rows].to_numpy()
    houses = footprints.to_numpy()
    at, house = shapely.STRtree(houses).query(geometry, predicate="intersects")
    covered = np.bincount(at, shapely.length(shapely.intersection(geometry[at], houses[house])), len(rows))
    buildings = np.bincount(at, minlength=len(rows))
    length = shapely.length(geometry)

    first, second = shapely.STRtree(geometry).query(geometry, predicate="intersects")
    kinds = lines["kind"][rows].to_numpy()
    same = kinds[first] == kinds[second]
    links = coo_array((np.ones(same.sum()), (first[same], second[same])), shape=(len(rows), len(rows)))
    _, network = connected_components(links, directed=False)
    share = np.bincount(network, covered) / np.bincount(network, length)
    crossed = np.bincount(network, buildings)

    beneath = (buildings >= _LINE_BUILDINGS) & (covered >= _LINE_SHARE * length)
    beneath |= (share[network] >= _NETWORK_SHARE) & (crossed[network] >= _LINE_BUILDINGS)
    tunnel = tunnel | tunnel.index.isin(rows[beneath])
    repairs.add(
        label,
        "lines that buildings stand on",
        "taken to be underground; a column “tunnel” would say",
        count=int(beneath.sum()),
    )
    return tunnel
