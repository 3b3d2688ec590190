"""Which building goes by which size profile: its own word, its compound's, a rule's, or the default."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from gridgis.errors import InputError
from gridgis.languages import Said, Words, listed
from gridgis.layers import Layers
from gridgis.options import PlanOptions
from gridgis.population import count_people, estimate_levels
from gridgis.profiles import Band, Housing, HousingRule

DENSITY_RADIUS_M = 100.0
DENSITY_AREA_HA = np.pi * DENSITY_RADIUS_M**2 / 10_000
_AT_ONCE = 8192
"""Buildings whose neighbours are held in memory at a time."""


def count_housing(layers: Layers, options: PlanOptions) -> pd.DataFrame:
    """Count people as `population.count_people`, and where there are several housing types add their ``profile``."""
    counts = count_people(layers, options)
    if options.housing is not None:
        counts["profile"] = assign_profiles(layers, counts, options.housing)
    return counts


def assign_profiles(layers: Layers, counts: pd.DataFrame, housing: Housing) -> pd.Series:
    """Say by which size profile each building goes.

    A building's own ``housing`` decides; else the profile of the smallest compound around it that states one; else the
    first of the rules that fits; else the default. Profiles are known by their name or by either title.

    Parameters
    ----------
    counts
        ``households`` by ``building_id``, as `population.count_people` returns them.

    Returns
    -------
    Series
        Index ``building_id``, the profile's name.

    Raises
    ------
    InputError
        The buildings or compounds name profiles that are not known.
    """
    buildings = layers.buildings
    own, faults = _named(buildings["housing"], housing, Said("the buildings"))
    of_compound, more = _named(layers.compounds["profile"], housing, Said("the compounds"))
    if faults + more:
        raise InputError(*faults, *more)
    result = own.where(own.notna(), _by_compound(layers, of_compound))
    open_rows = result.isna().to_numpy(bool, copy=True)
    levels = np.floor(estimate_levels(buildings) + 0.5) if any(rule.levels for rule in housing.rules) else None
    for rule in housing.rules:
        fits = open_rows & _fits(rule, buildings["use"].to_numpy(object), levels)
        if rule.density is not None and fits.any():
            asked = np.flatnonzero(fits)
            fits[asked] = _within(rule.density, household_density(layers, counts, asked))
        result[fits] = rule.profile
        open_rows &= ~fits
    result[open_rows] = housing.default
    return result.rename("profile").astype("str")


def household_density(layers: Layers, counts: pd.DataFrame, asked: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Return households per hectare within 100 m around the middles of some buildings.

    Those are counted whose own middles (centroids) lie in the circle, the building itself among them. The whole circle
    is taken for area, also where it reaches beyond the jurisdiction, where nothing is counted.

    Parameters
    ----------
    asked
        (m,) positions of buildings.

    Returns
    -------
    (m,) float
    """
    centres = shapely.get_coordinates(shapely.centroid(layers.buildings.geometry.to_numpy()))
    households = counts["households"].reindex(layers.buildings.index).fillna(0).to_numpy(float)
    tree = cKDTree(centres)
    total = np.empty(len(asked))
    for start in range(0, len(asked), _AT_ONCE):
        part = asked[start : start + _AT_ONCE]
        near = tree.query_ball_point(centres[part], DENSITY_RADIUS_M, return_sorted=False)
        ends = np.cumsum([len(rows) for rows in near])
        counted = households[np.concatenate(near).astype(np.int64)]
        total[start : start + len(part)] = np.add.reduceat(counted, np.concatenate([[0], ends[:-1]]))
    return total / DENSITY_AREA_HA


def _named(texts: pd.Series, housing: Housing, whose: str) -> tuple[pd.Series, list[Words]]:
    """Return the profile that each text names (None where nothing is written), and a fault for unknown ones."""
    known: dict[str, str] = {}
    for name, profile in housing.profiles.items():
        for word in (name, profile.title_en, profile.title_zh):
            known.setdefault(_plain(word), name)
    meant = {text: known.get(_plain(text)) for text in texts.dropna().unique()}
    unknown = [text for text, name in meant.items() if name is None]
    faults: list[Words] = []
    if unknown:
        rows = texts.value_counts()
        shown = [_shown(text, int(rows[text]), known) for text in unknown]
        titles = listed(f"{name} ({profile.title_zh})" for name, profile in housing.profiles.items())
        faults.append(
            Said(
                "{whose} name housing types that are no profiles: {shown}. Those known are {titles}; correct "
                "the words, or add such profiles to the file of profiles",
                whose=whose,
                shown=listed(shown),
                titles=titles,
            )
        )
    names = texts.map(meant).astype(object)
    return names.where(names.notna(), None), faults


def _shown(text: str, rows: int, known: dict[str, str]) -> Words:
    near = get_close_matches(_plain(text), list(known), n=1, cutoff=0.7)
    if near:
        return Said("“{text}” ({rows:,}, perhaps {meant})", text=text, rows=rows, meant=known[near[0]])
    return Said("“{text}” ({rows:,})", text=text, rows=rows)


def _plain(word: str) -> str:
    """Return a name as it is compared: NFKC, lower case, one kind of separator."""
    text = unicodedata.normalize("NFKC", str(word)).casefold()
    return "-".join(text.replace("_", " ").replace("-", " ").split())


def _by_compound(layers: Layers, profiles: pd.Series) -> pd.Series:
    """Return the profile of the smallest compound that states one and holds the building's middle; None elsewhere."""
    result = pd.Series(None, index=layers.buildings.index, dtype=object)
    stating = np.flatnonzero(profiles.notna())
    if not len(stating):
        return result
    areas = layers.compounds.geometry.to_numpy()[stating]
    middles = shapely.point_on_surface(layers.buildings.geometry.to_numpy())
    building, area = shapely.STRtree(areas).query(middles, predicate="intersects")
    order = np.lexsort((area, shapely.area(areas)[area], building))
    first, at = np.unique(building[order], return_index=True)
    result.iloc[first] = profiles.to_numpy(object)[stating[area[order][at]]]
    return result


def _fits(
    rule: HousingRule, uses: npt.NDArray[np.object_], levels: npt.NDArray[np.float64] | None
) -> npt.NDArray[np.bool_]:
    """Whether each building has one of a rule's uses and as many whole storeys as it states."""
    fits = np.isin(uses.astype(str), rule.uses) if rule.uses else np.ones(len(uses), bool)
    return fits if rule.levels is None or levels is None else fits & _within(rule.levels, levels)


def _within(band: Band, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    result: npt.NDArray[np.bool_] = (values >= band.low) & (values <= band.high)
    return result
