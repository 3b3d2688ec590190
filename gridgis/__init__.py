"""Service grids with a certificate: a jurisdiction divided along its roads and rivers, no building cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gridgis.inputs.assemble import read_layers
    from gridgis.options import PlanOptions
    from gridgis.plan import Plan, make_plan
    from gridgis.profiles import Band

__version__ = "0.1.0"
__all__ = ["Band", "Plan", "PlanOptions", "make_plan", "read_layers"]

_HOME = {
    "Band": "gridgis.profiles",
    "Plan": "gridgis.plan",
    "PlanOptions": "gridgis.options",
    "make_plan": "gridgis.plan",
    "read_layers": "gridgis.inputs.assemble",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that importing the package stays quick."""
    if name not in _HOME:
        raise AttributeError(f"module 'gridgis' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOME[name]), name)
