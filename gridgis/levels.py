"""The levels of a plan: communities that were given, sectors that join grids, micro-grids that divide them."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from gridgis.grids import dissolve
from gridgis.layers import Layers
from gridgis.options import PlanOptions
from gridgis.partition.assignment import Assignment
from gridgis.profiles import Band


def layers_of_grids(layers: Layers, grids: gpd.GeoDataFrame) -> Layers:
    """Return the layers with a plan's grids as what nothing may cross, to divide each into micro-grids."""
    return replace(
        layers,
        communities=grids[["name", "code", "geometry"]].reset_index(drop=True),
        existing=layers.existing.iloc[:0],
        compounds=layers.compounds.assign(dedicated=False),
    )


def options_of_micro(options: PlanOptions, band: Band) -> PlanOptions:
    """Return the options that divide grids into micro-grids of so many households."""
    return options.replace(
        households=band,
        population=None,
        grids=None,
        housing=None,
        soft=(),
        sectors=None,
        micro=None,
        level="micro",
        lock=(),
        parent_code="",
    )


def draw_sectors(grids: gpd.GeoDataFrame, sectors: Assignment, codes: tuple[str, ...]) -> gpd.GeoDataFrame:
    """Join the grids of each sector.

    Returns
    -------
    GeoDataFrame
        Index ``sector_id``; ``code``, ``grids`` (how many), ``households``, ``population``, ``buildings``,
        ``area_m2``, ``geometry``.
    """
    k = sectors.grids
    sums = {
        name: np.bincount(sectors.grid, grids[name].to_numpy(float), k)
        for name in ("households", "population", "buildings", "area_m2")
    }
    return gpd.GeoDataFrame(
        {
            "code": pd.array(codes, dtype="str"),
            "grids": np.bincount(sectors.grid, minlength=k),
            **{name: np.rint(sums[name]).astype(np.int64) for name in ("households", "population", "buildings")},
            "area_m2": sums["area_m2"],
        },
        geometry=dissolve(grids.geometry.to_numpy(), sectors.grid, k),
        crs=grids.crs,
        index=pd.RangeIndex(k, name="sector_id"),
    )
