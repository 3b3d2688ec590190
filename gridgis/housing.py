"""Which size profile each building goes by."""

from __future__ import annotations

import pandas as pd

from gridgis.layers import Layers
from gridgis.profiles import Housing


def assign_profiles(layers: Layers, counts: pd.DataFrame, housing: Housing) -> pd.Series:
    """Return the name of each building's profile."""
    return pd.Series(housing.default, index=counts.index)
