"""Layers of which some were sent anew: the others stay as they are."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from gridgis.inputs.fingerprint import fingerprint_layers
from gridgis.layers import Layers

AREAS = ("compounds", "communities", "existing", "census")


def boundary_of(others: Layers) -> gpd.GeoDataFrame:
    """Return the boundary that stays, as a layer that can be read."""
    return gpd.GeoDataFrame(geometry=[others.boundary], crs=others.crs)


def joined(sent: Layers, others: Layers) -> Layers:
    """Return layers with what was sent, read within the boundary of the others, and of the others all else."""
    fresh = sent.sources.keys() - {"boundary"}
    stays: dict[str, gpd.GeoDataFrame] = {name: getattr(others, name) for name in AREAS if name not in fresh}
    if not fresh & {"roads", "barriers"}:
        stays |= {"lines": others.lines, "water": others.water}
    layers = replace(
        sent,
        boundary=others.boundary,
        slivers=others.slivers,
        name=sent.name or others.name,
        attribution=sent.attribution or others.attribution,
        sources={**others.sources, **{role: sent.sources[role] for role in fresh}},
        repairs=_repairs(sent, others, fresh),
        **{name: frame.to_crs(sent.crs) for name, frame in stays.items()},
    )
    areas = (getattr(layers, name) for name in AREAS)
    return replace(
        layers,
        fingerprint=fingerprint_layers(layers.boundary, layers.buildings, layers.lines, layers.water, *areas),
    )


def _repairs(sent: Layers, others: Layers, fresh: set[str]) -> pd.DataFrame:
    """Return what was mended of the layers as they are now; labels begin with what a layer is."""
    own = sent.repairs[_role_of(sent.repairs) != "boundary"]
    kept = others.repairs[~_role_of(others.repairs).isin(list(fresh))]
    return pd.concat([kept, own], ignore_index=True) if len(kept) and len(own) else (own if len(own) else kept)


def _role_of(repairs: pd.DataFrame) -> pd.Series:
    return repairs["layer"].map(lambda label: str(label).partition(" ")[0])
