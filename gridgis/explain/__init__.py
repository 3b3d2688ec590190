"""Why a plan is as it is: what binds each grid, which rules conflict where one is broken, and what would help."""

from gridgis.explain.binding import bindings
from gridgis.explain.conflict import Conflict, Remedy, Rule, conflicts

__all__ = ["Conflict", "Remedy", "Rule", "bindings", "conflicts"]
