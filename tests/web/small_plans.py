"""Plans that are made in a moment, in a store: a lattice of streets with a building a block."""

from dataclasses import replace
from functools import cache

import numpy as np
from edited_towns import even_plan, lattice_plan
from gridgis_web.store.layers import save_layers
from gridgis_web.store.life import latest
from gridgis_web.store.places import add_jurisdiction
from gridgis_web.store.plans import save_plan


def add_community(session, code="110101001001", who="planner"):
    return add_jurisdiction(
        session, level="community", code=code, name="样例社区", crs="EPSG:32650", who=who
    ).id  # fmt: skip


def keep(session, place, plan, *, who="planner", name="方案", based_on="latest"):
    """Save a plan with its layers; it follows the one published last."""
    # grids that were there before belong to the plan, not to the layers it was loaded with
    bare = replace(plan.layers, existing=plan.layers.existing.iloc[:0])
    layers = save_layers(session, place, bare, plan.counts, who=who)
    last = latest(session, place)
    key = (last.id if last else None) if based_on == "latest" else based_on
    return save_plan(session, layers.id, plan, name=name, who=who, based_on_id=key)


@cache
def grown_plan():
    """Layers and options of the same lattice with more households here, fewer there, and two buildings gone."""
    counts = np.full((4, 4), 50)
    counts[0, :2], counts[3, 3] = 120, 20
    plan = lattice_plan(counts)
    kept = plan.layers.buildings.iloc[:-2].reset_index(drop=True).rename_axis("building_id")
    layers = replace(plan.layers, buildings=kept, fingerprint="grown")
    return layers, plan.options


__all__ = ["add_community", "even_plan", "grown_plan", "keep", "lattice_plan"]
