"""What a rebalanced plan moves, as plain values: who goes from which grid to which, and why."""

from __future__ import annotations

from typing import Any

from gridgis.rebalance import Rebalance

MOST = 500
"""Rows of moves that are told; there is one for all buildings with one way and one reason."""
NAMED = 12
"""Buildings of a row that are named."""


def told_of(found: Rebalance) -> dict[str, Any]:
    """Return households moved, the fewest that can be, codes touched, new and retired, and the moves by way and why."""
    way = ["from", "to", "why_zh", "why_en"]
    moves = found.moves
    rows: list[dict[str, Any]] = [
        {
            **dict(zip(way, named, strict=True)),
            "households": int(group["households"].sum()),
            "population": int(group["population"].sum()),
            "buildings": len(group),
            "ids": group["source_id"].astype(str).head(NAMED).tolist(),
        }
        for named, group in moves.groupby(way, sort=True)
    ]
    rows.sort(key=lambda row: (-row["households"], row["from"], row["to"]))
    touched = {*moves["from"], *moves["to"], *found.new_codes, *found.retired_codes}
    return {
        "moved_households": int(found.moved_households),
        "moved_buildings": len(moves),
        "fewest_possible": int(found.fewest_possible),
        "share": round(float(found.share), 6),
        "untouched": bool(found.untouched),
        "touched": sorted(touched),
        "new": list(found.new_codes),
        "retired": list(found.retired_codes),
        "ways": len(rows),
        "moves": rows[:MOST],
    }
