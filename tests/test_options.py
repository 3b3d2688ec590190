"""The ready-made profiles can be kept."""

import pytest

from gridgis.options import PlanOptions
from gridgis.profiles import PROFILES


@pytest.mark.parametrize("name", PROFILES)
def test_both_bands_of_a_profile_can_be_kept_with_usual_households(name):
    profile, size = PROFILES[name], PlanOptions().household_size
    if profile.households is None or profile.population is None:
        return
    low = max(profile.households.low * size, profile.population.low)
    high = min(profile.households.high * size, profile.population.high)
    assert low * 1.25 <= high, "grids have some freedom"
