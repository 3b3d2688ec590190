"""A plan after a year of change: every rule kept again, the fewest households moved, every move told."""

from gridgis.rebalance.recipe import Rebalance, rebalance
from gridgis.rebalance.saved import SavedPlan, read_plan

__all__ = ["Rebalance", "SavedPlan", "read_plan", "rebalance"]
