"""What archives of tiles are made of, and what they are called by it."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from sqlalchemy.orm import Session

from gridgis_web.store.layers import latest_layer_sets
from gridgis_web.store.models import LayerSet
from gridgis_web.store.plans import PlanForMaps, latest_plans

AHEAD = 20
"""Plans and layer sets, the latest, whose tiles are worth cutting before anyone asks; all fit beside others."""


class Source(NamedTuple):
    """One layer of what tiles are cut of."""

    layer: str
    key: int
    """Of the layer set, unit set or plan."""
    made_of: tuple[str, ...]
    """Something else as soon as the tiles would be."""

    @property
    def name(self) -> str:
        """The archive's name."""
        told = "\n".join([self.layer, str(self.key), *self.made_of])
        return f"{self.layer}-{hashlib.sha256(told.encode()).hexdigest()[:32]}"


def source_of(plan: PlanForMaps, layer: str) -> Source:
    """Return what a layer of a plan is cut of."""
    if layer in ("base", "buildings", "footprints"):
        return Source(layer, plan.layer_set_id, (plan.layers_fingerprint, str(plan.layers_created_at)))
    if layer == "units":
        return Source(layer, plan.unit_set_id, (str(plan.units_content_id), str(plan.units_created_at)))
    # what only its state changed keeps its tiles
    return Source(layer, plan.id, (str(plan.content_id), str(plan.created_at)))


def source_of_layers(row: LayerSet, layer: str) -> Source:
    """Return what a layer of the base map is cut of, as `source_of` does for the plans made of it."""
    return Source(layer, row.id, (row.fingerprint, str(row.created_at)))


def sources_ahead(session: Session) -> list[Source]:
    """Return what will be asked for soon: the latest plans and layers, those first that the most maps show."""
    plans = latest_plans(session, AHEAD)
    sets = latest_layer_sets(session, AHEAD)
    found = [source_of(plan, "grids") for plan in plans]
    found += [source_of(plan, layer) for layer in ("base", "buildings", "footprints", "units") for plan in plans]
    found += [source_of_layers(row, layer) for layer in ("base", "buildings") for row in sets]
    return list(dict.fromkeys(found))
