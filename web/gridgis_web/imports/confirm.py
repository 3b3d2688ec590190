"""What a person says that each layer of an upload is, checked against what is in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from gridgis.errors import InputError, some
from gridgis.languages import Said, Words, listed
from gridgis_web.planning.parcels import layers_for
from gridgis_web.store import Store
from gridgis_web.store.uploads import upload

ONCE = ("boundary", "buildings", "roads", "communities", "existing", "census")
SEVERAL = ("barriers", "compounds")
SAME = {"grids": "existing"}
"""What ``inspect`` calls otherwise."""


@dataclass(frozen=True)
class LayerRole:
    """What one layer of an upload is.

    Attributes
    ----------
    role
        One of `ONCE` or `SEVERAL`; empty: it is not loaded.
    crs
        Its coordinate system, where the file does not state one, e.g. ``EPSG:4547``.
    """

    file: str
    layer: str
    role: str
    crs: str = ""


@dataclass(frozen=True)
class Confirmed:
    """What an upload is, as a person has confirmed it.

    Attributes
    ----------
    columns
        Field of ours -> column of the buildings, where its name does not tell.
    name
        The jurisdiction's, on plans; empty: as the boundary layer says.
    attribution
        What maps of these layers must show; None: OpenStreetMap's where they are its.
    others_id
        Layers that are there already, whose boundary and others stay where none was sent; None: all were sent.
    """

    layers: tuple[LayerRole, ...]
    columns: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    attribution: str | None = None
    others_id: int | None = None

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        """Read it from JSON values, as `to_dict` writes them; raises InputError."""
        try:
            return cls(
                layers=tuple(
                    LayerRole(**{k: str(v) for k, v in dict(one).items() if v is not None}) for one in given["layers"]
                ),
                columns={str(ours): str(theirs) for ours, theirs in dict(given.get("columns") or {}).items()},
                name=str(given.get("name") or ""),
                attribution=None if given.get("attribution") is None else str(given["attribution"]),
                others_id=None if given.get("others_id") is None else int(given["others_id"]),
            )
        except (KeyError, TypeError, ValueError):
            raise InputError(
                Said(
                    "what was confirmed cannot be read; give “layers” with file, layer, role and crs each, "
                    "and “columns”",
                )
            ) from None

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "layers": [vars(one).copy() for one in self.layers],
            "columns": dict(self.columns),
            "name": self.name,
            "attribution": self.attribution,
            "others_id": self.others_id,
        }


def confirm(store: Store, upload_id: int, confirmed: Confirmed) -> dict[str, Any]:
    """Check what a person confirmed, and return it as what an ``import`` job is given.

    Raises
    ------
    InputError
        With all faults, by layer.
    NotFound
        When there is no such upload, or the jurisdiction has no such layers that could stay.
    """
    with store.read() as session:
        found = upload(session, upload_id)
        report, jurisdiction_id = found.report, found.jurisdiction_id
        if confirmed.others_id is not None and jurisdiction_id is not None:
            layers_for(session, jurisdiction_id, confirmed.others_id)
    layers = tuple(
        LayerRole(one.file, one.layer, SAME.get(one.role, one.role), one.crs.strip()) for one in confirmed.layers
    )
    confirmed = replace(confirmed, layers=layers)
    faults = [*_of_layers(layers, report), *_of_roles(confirmed), *_of_columns(confirmed, report)]
    if faults:
        raise InputError(*faults)
    return {"upload_id": upload_id, "jurisdiction_id": jurisdiction_id, "confirmed": confirmed.to_dict()}


def guessed(report: list[dict[str, Any]]) -> Confirmed:
    """Return what the layers seem to be, for a person to look at: of a role that goes to one layer, its first."""
    roles: list[LayerRole] = []
    for row in report:
        if row["error"]:
            continue
        role = SAME.get(row["role"], row["role"])
        taken = role in ONCE and any(one.role == role for one in roles)
        roles.append(LayerRole(row["file"], row["layer"], "" if taken else role))
    return Confirmed(tuple(roles))


def _of_layers(layers: tuple[LayerRole, ...], report: list[dict[str, Any]]) -> list[Words]:
    from gridgis.inputs.crs import parse_crs

    known = {(row["file"], row["layer"]): row for row in report if not row["error"]}
    faults: list[Words] = []
    told: set[tuple[str, str]] = set()
    for one in layers:
        row = known.get((one.file, one.layer))
        if row is None:
            faults.append(
                Said(
                    "there is no layer “{layer}” of {file} in the upload that can be read",
                    layer=one.layer,
                    file=one.file,
                )
            )
            continue
        if (one.file, one.layer) in told:
            faults.append(Said("{file}: the layer “{layer}” is given twice", file=one.file, layer=one.layer))
        told.add((one.file, one.layer))
        if not one.role:
            continue
        if one.role not in (*ONCE, *SEVERAL):
            faults.append(
                Said(
                    "{file}: there is no role “{role}”; choose one of {roles}",
                    file=one.file,
                    role=one.role,
                    roles=listed((*ONCE, *SEVERAL)),
                )
            )
            continue
        if "|" in one.layer:
            faults.append(
                Said(
                    "{file}: the layer “{layer}” has “|” in its name; rename it and send it again",
                    file=one.file,
                    layer=one.layer,
                )
            )
        if row["crs"]:
            if one.crs:
                faults.append(
                    Said(
                        "{file}: states its coordinate system, {crs}; it cannot be given another",
                        file=one.file,
                        crs=row["crs"],
                    )
                )
        elif not one.crs:
            faults.append(
                Said("{file}: does not state its coordinate system; say which, e.g. EPSG:4547", file=one.file)
            )
        else:
            try:
                parse_crs(one.crs)
            except InputError as error:
                faults += [Said("{file}: {fault}", file=one.file, fault=fault) for fault in error.faults]
    return faults


def _of_roles(confirmed: Confirmed) -> list[Words]:
    """Return a fault for each role that is given too often, or that is missing."""
    seen: dict[str, list[str]] = {}
    for one in confirmed.layers:
        if one.role:
            seen.setdefault(one.role, []).append(one.file)
    faults: list[Words] = [
        Said(
            "{role}: one layer is wanted, and {count} are given ({files})",
            role=role,
            count=len(files),
            files=some(files),
        )
        for role, files in seen.items()
        if role in ONCE and len(files) > 1
    ]
    kept = confirmed.others_id is not None
    needed = ("buildings",) if kept else ("boundary", "buildings")
    faults += [Said("{role}: no layer is given as that", role=role) for role in needed if role not in seen]
    if kept and "boundary" in seen:
        faults.append(Said("boundary: with a new one no older layer can stay; send all layers, or leave it out"))
    if kept and ("roads" in seen) != ("barriers" in seen):
        faults.append(
            Said("roads and barriers were made one when they were loaded; send both of them anew, or neither")
        )
    return faults


def _of_columns(confirmed: Confirmed, report: list[dict[str, Any]]) -> list[Words]:
    from gridgis.inputs.buildings import unknown_fields
    from gridgis.inputs.columns import missing_column

    faults = unknown_fields(confirmed.columns)
    chosen = {(one.file, one.layer) for one in confirmed.layers if one.role == "buildings"}
    for row in report:
        if (row["file"], row["layer"]) in chosen and not row["error"]:
            names = [one["name"] for one in row["fields"]]
            faults += [missing_column(c, names, row["file"]) for c in confirmed.columns.values() if c not in names]
    return faults
