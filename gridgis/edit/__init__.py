"""Editing a plan: pure functions that return the new plan, what changed and what it breaks.

Units move between grids, no vertex is ever dragged, so no edit can make a gap or an overlap or cut a building.
"""

from gridgis.edit.breaches import Breach, find_breaches
from gridgis.edit.change import Edit
from gridgis.edit.history import History
from gridgis.edit.holding import free_units, hold_units
from gridgis.edit.moves import merge_grids, move_buildings, move_units
from gridgis.edit.splits import balance_region, resolve_region, split_along, split_grid

__all__ = [
    "Breach",
    "Edit",
    "History",
    "balance_region",
    "find_breaches",
    "free_units",
    "hold_units",
    "merge_grids",
    "move_buildings",
    "move_units",
    "resolve_region",
    "split_along",
    "split_grid",
]
