"""Households and people of every building: measured where the layers say it, estimated where they don't.

An estimate is floor area × the share lived in ÷ floor area per household, scaled to
census areas and to known totals. Counts are whole numbers; estimated ones are
rounded along a space-filling curve, so that the sum over any neighbourhood stays true.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis.layers import Layers
from gridgis.options import COUNT_WORDS, PlanOptions

Floats = npt.NDArray[np.float64]

STOREY_M = 3.1
"""Height of a storey where only a building's height is known."""

LIVED_IN = {
    "detached": 1.0,
    "terrace": 1.0,
    "apartments": 0.85,
    "residential": 0.9,
    "dormitory": 0.85,
    "mixed": 0.6,
    "unknown": 0.8,
    "outbuilding": 0.0,
    "nonresidential": 0.0,
}
"""Share of the floor area that is lived in, by use."""

FLOOR_M2 = {"detached": 140.0, "terrace": 120.0, "dormitory": 60.0}
"""Gross floor area per household where it differs from `FLAT_M2`."""

FLAT_M2 = 95.0
"""Gross floor area per household in flats, stairs and walls included."""

OUTBUILDING_M2 = 50.0
"""An unknown building with a smaller footprint and at most one storey is taken for a shed or garage."""

HALL_M2 = 4000.0
"""An unknown building with a larger footprint and no storeys given is taken for a hall, not for homes."""


def count_people(layers: Layers, options: PlanOptions) -> pd.DataFrame:
    """Count or estimate households and people of each building.

    Returns
    -------
    DataFrame
        Index ``building_id``; ``households``, ``population`` (int64),
        ``households_source``, ``population_source`` (``measured``, ``estimated`` or, for
        buildings that only touch the jurisdiction, ``outside``).

    Raises
    ------
    InputError
        Known totals below what is already measured, or nobody lives in any building.
    """
    buildings = layers.buildings
    inside = buildings["inside"].to_numpy(bool)
    households = buildings["households"].to_numpy(float)
    population = buildings["population"].to_numpy(float)
    households_known = ~np.isnan(households) & inside
    population_known = ~np.isnan(population) & inside
    size = options.household_size

    homes = estimate_homes(buildings)
    people = homes * size
    homes, people = _fit_to_census(layers, homes, people, households, population, size)
    homes = np.where(population_known, population / size, homes)
    homes = np.where(households_known, households, homes)
    people = np.where(households_known, households * size, people)
    people = np.where(population_known, population, people)
    free = inside & ~households_known & ~population_known
    if options.total_population is not None:
        factor = _scale("population", options.total_population, people, inside, ~population_known)
        people = np.where(population_known, people, people * factor)
        homes = np.where(free, homes * factor, homes)
    if options.total_households is not None:
        factor = _scale("households", options.total_households, homes, inside, ~households_known)
        homes = np.where(households_known, homes, homes * factor)
        if options.total_population is None:
            people = np.where(free, people * factor, people)

    order = np.argsort(np.asarray(buildings.geometry.hilbert_distance()), kind="stable")
    whole_homes = _round_along(order, homes, inside & ~households_known)
    whole_homes[households_known] = np.rint(households[households_known])
    # People follow the rounded households, so that nobody lives in a building without one.
    per_home = np.divide(people, homes, out=np.full(len(people), size), where=homes > 0)
    wanted = whole_homes * per_home
    estimated = inside & ~population_known
    total = people[estimated].sum()
    if wanted[estimated].sum() > 0:
        wanted = wanted * total / wanted[estimated].sum()
    whole_people = _round_along(order, wanted, estimated)
    whole_people[population_known] = np.rint(population[population_known])
    if whole_homes[inside].sum() + whole_people[inside].sum() == 0:
        raise InputError(
            Said(
                "nobody lives in any of the {count:,} buildings, say their counts or uses; give counts with "
                "--column households=FIELD, or a census layer",
                count=int(inside.sum()),
            )
        )
    source = np.where(inside, "estimated", "outside")
    return pd.DataFrame(
        {
            "households": whole_homes,
            "population": whole_people,
            "households_source": np.where(households_known, "measured", source),
            "population_source": np.where(population_known, "measured", source),
        },
        index=buildings.index,
    )


def estimate_homes(buildings: gpd.GeoDataFrame) -> Floats:
    """Estimate households from footprint, storeys and use alone; (n,) float."""
    footprint = shapely.area(buildings.geometry.to_numpy())
    use = buildings["use"].to_numpy(object).astype(str)
    levels = estimate_levels(buildings)
    given = ~(np.isnan(buildings["levels"].to_numpy(float)) & np.isnan(buildings["height"].to_numpy(float)))
    shed = (use == "unknown") & (footprint < OUTBUILDING_M2) & ~(given & (levels > 1))
    hall = (use == "unknown") & (footprint > HALL_M2) & ~given
    lived_in = pd.Series(use).map(LIVED_IN).to_numpy(float)
    per_home = pd.Series(use).map(FLOOR_M2).fillna(FLAT_M2).to_numpy(float)
    small_house = np.isin(use, ("residential", "unknown")) & (footprint < 200) & (levels <= 3)
    per_home = np.where(small_house, FLOOR_M2["detached"], per_home)
    homes = footprint * levels * lived_in / per_home
    house = (use == "detached") | small_house & (use == "residential")
    homes = np.where(house, np.maximum(1.0, np.floor(homes)), homes)
    return np.where(shed | hall | ~buildings["inside"].to_numpy(bool), 0.0, homes)


def estimate_levels(buildings: gpd.GeoDataFrame) -> Floats:
    """Storeys: as given, else from the height, else as the nearest like buildings, else by use; (n,) float."""
    levels = buildings["levels"].to_numpy(float)
    height = buildings["height"].to_numpy(float)
    levels = np.where(np.isnan(levels) & (height > 0), np.maximum(1, np.rint(height / STOREY_M)), levels)
    footprint = shapely.area(buildings.geometry.to_numpy())
    known = ~np.isnan(levels)
    unknown = ~known
    if unknown.any() and known.sum() >= max(20, 0.1 * len(levels)):
        # Like buildings: near each other, and near in footprint (a factor of e counts as 200 m).
        centre = shapely.get_coordinates(shapely.centroid(buildings.geometry.to_numpy()))
        feature = np.column_stack([centre, 200 * np.log(np.maximum(footprint, 1))])
        distance, near = cKDTree(feature[known]).query(feature[unknown], k=5)
        guess = np.median(levels[known][near], axis=1)
        close = distance[:, 0] < 500
        levels[np.flatnonzero(unknown)[close]] = guess[close]
    use = buildings["use"].to_numpy(object).astype(str)
    typical = np.select(
        [use == "detached", use == "terrace", use == "apartments", footprint < 150, footprint < 600],
        [1.5, 2.0, 4.0, 1.5, 2.5],
        3.0,
    )
    return np.where(np.isnan(levels), typical, np.maximum(levels, 1.0))


def _scale(
    what: str, total: float, values: Floats, inside: npt.NDArray[np.bool_], open_: npt.NDArray[np.bool_]
) -> float:
    """Return the factor that brings estimated values to a known total."""
    measured = float(values[inside & ~open_].sum())
    estimated = float(values[inside & open_].sum())
    if measured > total * 1.0001:
        raise InputError(
            Said(
                "the buildings' measured {what} sum to {measured:,.0f}, more than the given total of "
                "{total:,.0f}; correct the total or the column",
                what=COUNT_WORDS[what],
                measured=measured,
                total=total,
            )
        )
    return (total - measured) / estimated if estimated > 0 else 1.0


def _fit_to_census(
    layers: Layers, homes: Floats, people: Floats, households: Floats, population: Floats, size: float
) -> tuple[Floats, Floats]:
    """Scale estimates so that every census area's buildings sum to its figures (its part inside the jurisdiction)."""
    census = layers.census
    if not len(census):
        return homes, people
    areas = census.geometry.to_numpy()
    inside = layers.buildings["inside"].to_numpy(bool)
    points = shapely.point_on_surface(layers.buildings.geometry.to_numpy())
    building, area = shapely.STRtree(areas).query(points, predicate="intersects")
    first = np.unique(building, return_index=True)[1]
    of = np.full(len(points), -1)
    of[building[first]] = area[first]
    of[~inside] = -1
    whole = shapely.area(areas)
    share = np.divide(
        shapely.area(shapely.intersection(areas, layers.boundary)), whole, out=np.zeros(len(areas)), where=whole > 0
    )
    known_people = census["population"].to_numpy(float) * share
    known_homes = census["households"].to_numpy(float) * share
    known_people = np.where(np.isnan(known_people), known_homes * size, known_people)
    known_homes = np.where(np.isnan(known_homes), known_people / size, known_homes)

    # An area whose people fit no dwelling is lived in all the same: fall back to plain floor area.
    member = of >= 0
    base = homes.copy()
    dwellings = np.bincount(of[member], base[member], len(areas))
    orphan = member & (dwellings[of] <= 0)
    base[orphan] = shapely.area(layers.buildings.geometry.to_numpy()[orphan]) / FLAT_M2
    homes = _share_out(base, of, known_homes, households)
    people = _share_out(base * size, of, known_people, population)
    return homes, people


def _share_out(base: Floats, of: npt.NDArray[np.int64], total: Floats, measured: Floats) -> Floats:
    """Scale ``base`` per area to ``total`` less what is measured there; elsewhere by the mean factor."""
    member = of >= 0
    known = member & ~np.isnan(measured)
    open_ = member & np.isnan(measured)
    rest = np.maximum(total - np.bincount(of[known], measured[known], len(total)), 0)
    estimate = np.bincount(of[open_], base[open_], len(total))
    valid = ~np.isnan(rest) & (estimate > 0)
    factor = np.full(len(total), np.nan)
    factor[valid] = rest[valid] / estimate[valid]
    mean = rest[valid].sum() / estimate[valid].sum() if valid.any() else 1.0
    factor = np.where(np.isnan(factor), mean, factor)
    return base * np.where(member, factor[of], mean)


def _round_along(order: npt.NDArray[np.int64], values: Floats, chosen: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Round chosen values to whole numbers, carrying the remainder along ``order``; 0 elsewhere."""
    out = np.zeros(len(values), np.int64)
    along = order[chosen[order]]
    ends = np.floor(np.cumsum(values[along]) + 0.5).astype(np.int64)
    out[along] = np.diff(ends, prepend=0)
    return out
