"""The engine's objects as bytes and back, exactly; GeoParquet, JSON and plain numbers, so that others can read them."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from pyproj import CRS

from gridgis.codes import Codes
from gridgis.layers import Layers
from gridgis.levels import layers_of_grids, options_of_micro
from gridgis.measures import Measure
from gridgis.neighbours import build_graph
from gridgis.options import PlanOptions
from gridgis.partition import Assignment
from gridgis.partition.assignment import Proof
from gridgis.plan import Plan
from gridgis.units import Units
from gridgis_web.planning.frames import pack_frame, to_json, unpack_frame, unzipped, zipped

AREAS = ("buildings", "lines", "water", "compounds", "communities", "existing", "census")
"""The tables of `Layers` that have geometry."""


def pack_ints(values: npt.NDArray[np.int64], *, level: int = 9) -> bytes:
    """Return whole numbers as little-endian int32, compressed by zlib."""
    narrow = values.astype("<i4")
    if not np.array_equal(narrow, values):
        raise OverflowError("a number does not fit 32 bits")
    return zlib.compress(narrow.tobytes(), level)


def unpack_ints(content: bytes) -> npt.NDArray[np.int64]:
    """Return the numbers that `pack_ints` was given."""
    return np.frombuffer(zlib.decompress(content), "<i4").astype(np.int64)


def pack_layers(layers: Layers) -> bytes:
    """Return layers as a zip of one GeoParquet file a layer and ``layers.json``."""
    shapes = {"boundary": layers.boundary, "slivers": layers.slivers}
    outline = gpd.GeoDataFrame({"layer": list(shapes)}, geometry=list(shapes.values()), crs=layers.crs)
    frames = {"boundary": outline, "repairs": layers.repairs} | {name: getattr(layers, name) for name in AREAS}
    return _pack(
        "layers.json",
        {
            "crs": layers.crs.srs,
            "name": layers.name,
            "sources": dict(layers.sources),
            "attribution": layers.attribution,
            "fingerprint": layers.fingerprint,
        },
        frames,
    )


def unpack_layers(content: bytes) -> Layers:
    """Return the layers that `pack_layers` was given."""
    entries = unzipped(content)
    values = json.loads(entries["layers.json"])
    crs = CRS(values["crs"])
    outline = _unpack(entries, values, "boundary", crs).geometry.to_numpy()
    return Layers(
        boundary=outline[0],
        slivers=outline[1],
        **{name: _unpack(entries, values, name, crs) for name in AREAS},
        crs=crs,
        repairs=_unpack(entries, values, "repairs"),
        name=values["name"],
        sources=values["sources"],
        attribution=values["attribution"],
        fingerprint=values["fingerprint"],
    )


def pack_units(plan: Plan) -> bytes:
    """Return a plan's units and all that they were cut by beside its layers: counts, and grids that were there before.

    They are kept, not cut again: how finely depends on what the search met on its way.
    """
    layers, units = plan.layers, plan.units
    values = {
        "fingerprint": layers.fingerprint,
        "sources": dict(layers.sources),
        "measures": [
            {"rule": m.rule, "side": m.side, "low": m.low, "high": m.high, "soft": m.soft} for m in units.measures
        ],
    }
    frames = {
        "existing": layers.existing,
        "counts": plan.counts,
        "units": units.frame,
        "edges": units.edges,
        "building_units": units.buildings.to_frame(),
        "measures": pd.DataFrame({str(at): m.counts for at, m in enumerate(units.measures)}),
    }
    return _pack("units.json", values, frames)


def unpack_units(content: bytes, layers: Layers) -> tuple[Layers, pd.DataFrame, Units]:
    """Return the layers with the grids that were there before, the counts, and the units that were packed."""
    entries = unzipped(content)
    values = json.loads(entries["units.json"])
    crs = layers.crs
    counts = _unpack(entries, values, "measures")
    units = Units(
        frame=_unpack(entries, values, "units", crs),
        measures=tuple(
            Measure(counts=counts[str(at)].to_numpy(np.int64, copy=True), **told)
            for at, told in enumerate(values["measures"])
        ),
        buildings=_unpack(entries, values, "building_units")["unit_id"],
        edges=_unpack(entries, values, "edges", crs),
    )
    existing = _unpack(entries, values, "existing", crs)
    layers = replace(layers, existing=existing, fingerprint=values["fingerprint"], sources=values["sources"])
    return layers, _unpack(entries, values, "counts"), units


def pack_plan(plan: Plan) -> bytes:
    """Return all of a plan but its options, layers, units and assignment: what it is called, reasons, drawn grids.

    Micro-grids, which are a plan within the plan, are packed whole.
    """
    values = {
        "codes": asdict(plan.codes),
        "assignment": _told(plan.assignment),
        "sectors": None if plan.sectors is None else _told(plan.sectors) | {"grid": plan.sectors.grid.tolist()},
        "held": list(plan.held),
    }
    more = {}
    if plan.micro is not None:
        more = {
            "micro_units.zip": pack_units(plan.micro),
            "micro_assignment": pack_ints(plan.micro.assignment.grid),
            "micro_plan.zip": pack_plan(plan.micro),
        }
    return _pack("plan.json", values, {"grids": plan.grids}, more)


def pack_step(plan: Plan) -> dict[str, Any]:
    """Return what an edit may change of a plan beside its assignment, as plain JSON values."""
    return {
        "codes": {name: list(row) for name, row in vars(plan.codes).items()},
        "assignment": _told(plan.assignment),
        "sectors": None if plan.sectors is None else _told(plan.sectors) | {"grid": plan.sectors.grid.tolist()},
        "lock": list(plan.options.lock),
        "held": list(plan.held),
    }


def unpack_step(plan: Plan, assignment: bytes, content: Mapping[str, Any]) -> Plan:
    """Return a plan in the state that `pack_step` was given; its grids are drawn anew when they are asked for."""
    sectors = content["sectors"]
    return replace(
        plan,
        options=plan.options.replace(lock=tuple(content["lock"])),
        assignment=_assignment(content["assignment"], unpack_ints(assignment)),
        sectors=None if sectors is None else _assignment(sectors, np.array(sectors["grid"], np.int64)),
        codes=Codes(**{name: tuple(row) for name, row in content["codes"].items()}),
        held=tuple(content["held"]),
    )


def unpack_plan(options: PlanOptions, layers: Layers, *, units: bytes, assignment: bytes, plan: bytes) -> Plan:
    """Return the plan that was packed in these parts; ``layers`` are those of its layer set."""
    layers, counts, cut = unpack_units(units, layers)
    entries = unzipped(plan)
    values = json.loads(entries["plan.json"])
    graph, joins = build_graph(cut, options, layers)
    sectors = values["sectors"]
    made = Plan(
        options=options,
        layers=layers,
        counts=counts,
        units=cut,
        graph=graph,
        joins=joins,
        assignment=_assignment(values["assignment"], unpack_ints(assignment)),
        sectors=None if sectors is None else _assignment(sectors, np.array(sectors["grid"], np.int64)),
        codes=Codes(**{name: tuple(row) for name, row in values["codes"].items()}),
        held=tuple(values["held"]),
    )
    # an edit leaves colours as they were, which drawing anew would not
    made.__dict__["grids"] = _unpack(entries, values, "grids", layers.crs)
    if options.micro is not None:
        made.__dict__["micro"] = unpack_plan(
            options_of_micro(options, options.micro),
            layers_of_grids(layers, made.grids),
            units=entries["micro_units.zip"],
            assignment=entries["micro_assignment"],
            plan=entries["micro_plan.zip"],
        )
    return made


def _told(assignment: Assignment) -> dict[str, Any]:
    proofs = [asdict(proof) | {"units": [int(unit) for unit in proof.units]} for proof in assignment.proofs]
    return {"grids": assignment.grids, "notes": list(assignment.notes), "proofs": proofs}


def _assignment(told: Mapping[str, Any], grid: npt.NDArray[np.int64]) -> Assignment:
    return Assignment(
        grid=grid,
        grids=told["grids"],
        notes=tuple(told["notes"]),
        proofs=tuple(Proof(**(proof | {"units": tuple(proof["units"])})) for proof in told["proofs"]),
    )


def _pack(
    head: str, values: dict[str, Any], frames: Mapping[str, pd.DataFrame], more: Mapping[str, bytes] | None = None
) -> bytes:
    packed = {name: pack_frame(frame) for name, frame in frames.items()}
    tables = {name: told for name, (_, told) in packed.items()}
    entries = {f"{name}.parquet": content for name, (content, _) in packed.items()}
    return zipped(entries | {head: to_json(values | {"tables": tables})} | dict(more or {}))


def _unpack(entries: Mapping[str, bytes], values: Mapping[str, Any], name: str, crs: CRS | None = None) -> Any:
    return unpack_frame(entries[f"{name}.parquet"], values["tables"][name], crs)
