"""What a plan will have to break, told in a moment from the layers' counts alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import shapely
from pyproj import Transformer

from gridgis_web.store import Store
from gridgis_web.store.layers import load_layers

if TYPE_CHECKING:
    from gridgis.layers import Layers
    from gridgis.options import PlanOptions

SHOWN = 100
_LAST: dict[tuple[str, int], Layers] = {}
"""The layers asked about last: people move a slider and ask again."""


def foresee(store: Store, layers_id: int, wanted: dict[str, Any]) -> dict[str, Any]:
    """Return plain JSON values: totals, how many grids the bands allow, and what is ``forced``, each with its place.

    Raises
    ------
    InputError
        No plan could follow these options; with every fault.
    """
    from gridgis.conflicts import check_rules
    from gridgis.conflicts import foresee as foreseen
    from gridgis.housing import count_housing
    from gridgis.options import PlanOptions

    options = PlanOptions.from_dict(wanted)
    layers = _layers(store, layers_id)
    check_rules(layers, options)
    counts = count_housing(layers, options)
    proofs = foreseen(layers, options, counts)
    inside = layers.buildings["inside"].to_numpy(bool)
    totals = {name: int(counts[name].to_numpy()[inside].sum()) for name in ("households", "population")}
    fewest, most = grids_between(totals, options)
    homes = layers.buildings.geometry.to_numpy()[inside]
    to_degrees = Transformer.from_crs(layers.crs, 4326, always_xy=True)

    def place(units: tuple[int, ...]) -> list[float] | None:
        if len(units) != 1:
            return None
        point = shapely.point_on_surface(homes[units[0]])
        return [round(value, 7) for value in to_degrees.transform(point.x, point.y)]

    return {
        **totals,
        "buildings": int(inside.sum()),
        "fewest": fewest,
        "most": most,
        "count": len(proofs),
        "forced": [
            {
                "rule": proof.rule,
                "reason": proof.reason,
                "reason_zh": proof.reason_zh,
                "remedy": proof.remedy,
                "remedy_zh": proof.remedy_zh,
                "at": place(proof.units),
            }
            for proof in proofs[:SHOWN]
        ],
    }


def grids_between(totals: dict[str, int], options: PlanOptions) -> tuple[int | None, int | None]:
    """Return the fewest and the most grids by which the totals fit into all bands; None: nothing bounds them."""
    bands = {name: band for name, band in options.bands.items() if name not in options.soft}
    fewest = [math.ceil(totals[name] / band.high) for name, band in bands.items()]
    most = [math.floor(totals[name] / band.low) for name, band in bands.items() if band.low > 0]
    return max(fewest, default=None), min(most, default=None)


def _layers(store: Store, layers_id: int) -> Layers:
    key = store.url.render_as_string(), layers_id
    found = _LAST.get(key)
    if found is None:
        with store.read() as session:
            found = load_layers(session, layers_id)
        _LAST.clear()
        _LAST[key] = found
    return found
