"""Two plans compared, over the same or changed buildings: who moved, what stayed, whose grids it concerns."""

from gridgis.compare.comparison import Comparison, compare_divisions, compare_plans
from gridgis.compare.division import Division, read_division, read_officers

__all__ = ["Comparison", "Division", "compare_divisions", "compare_plans", "read_division", "read_officers"]
