"""A confirmed upload -> the layers of a jurisdiction; the work of an ``import`` job."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from gridgis.errors import InputError
from gridgis.inputs.roles import ROLE_WORDS
from gridgis.inputs.tables import Source
from gridgis.languages import Said, listed
from gridgis.layers import Layers
from gridgis_web.errors import NotFound
from gridgis_web.imports.archive import Limits
from gridgis_web.imports.confirm import Confirmed, LayerRole
from gridgis_web.imports.unpack import Sent, unpack, upload_folder
from gridgis_web.planning.pack import pack_layers, unpack_layers
from gridgis_web.store import Store, artifacts
from gridgis_web.store.layers import layer_set, save_layers
from gridgis_web.store.uploads import upload

Progress = Callable[[str, float], None]
Parcel = dict[str, Any]
"""Bytes and plain values by name."""

KEPT = Limits(size=1 << 40, entries=100_000, ratio=2000)
"""What is kept was checked when it came."""


def import_layers(
    store: Store, upload_id: int, confirmed: Confirmed, *, who: str, progress: Progress | None = None
) -> int:
    """Read a confirmed upload, check and mend it, and save it as the newest layers of its jurisdiction.

    Returns the key of the layer set. It is all saved in one transaction at the end.

    Raises
    ------
    InputError
        With all faults of all layers.
    NotFound
        When there is no such upload.
    """
    gathered = gather(store, upload_id, confirmed)
    save = prepare(gathered, read(gathered, progress), who=who)
    with store.write() as session:
        return save(session)


def gather(store: Store, upload_id: int, confirmed: Confirmed) -> Parcel:
    """Return what `read` needs, which is then done without the store; raises NotFound."""
    with store.read() as session:
        found = upload(session, upload_id)
        if found.jurisdiction_id is None:
            raise NotFound(Said("upload {upload_id} is for no jurisdiction", upload_id=upload_id))
        others = None if confirmed.others_id is None else layer_set(session, confirmed.others_id)
        return {
            "jurisdiction_id": found.jurisdiction_id,
            "files": artifacts.get(session, found.files_id),
            "confirmed": confirmed.to_dict(),
            "others": None if others is None else artifacts.get(session, others.content_id),
        }


def read(gathered: Parcel, progress: Progress | None = None) -> Parcel:
    """Read the layers as they were confirmed; raises InputError with all faults of all layers."""
    with upload_folder() as folder:
        unpacked = unpack([Sent("kept.zip", io.BytesIO(gathered["files"]))], folder, KEPT)
        others = None if gathered["others"] is None else unpack_layers(gathered["others"])
        confirmed = Confirmed.read(gathered["confirmed"])
        layers = read_confirmed(unpacked.folder, confirmed, others=others, progress=progress)
    return {"layers": pack_layers(layers)}


def prepare(gathered: Parcel, made: Parcel, *, who: str) -> Callable[[Session], int]:
    """Return what writes the layers that `read` made, and returns the key of their set."""
    from gridgis.housing import count_housing
    from gridgis.options import PlanOptions

    layers = unpack_layers(made["layers"])
    counts = count_housing(layers, PlanOptions())

    def save(session: Session) -> int:
        confirmed = gathered["confirmed"]
        return save_layers(session, gathered["jurisdiction_id"], layers, counts, who=who, confirmed=confirmed).id

    return save


def read_confirmed(
    folder: Path, confirmed: Confirmed, *, others: Layers | None = None, progress: Progress | None = None
) -> Layers:
    """Read the layers in a folder as a person has confirmed them; raises InputError with all faults.

    ``others``: layers that are there already, of which stays what was not sent, the boundary always.
    """
    from gridgis.inputs import read_layers
    from gridgis_web.imports.others import boundary_of, joined

    by_role: dict[str, list[Source]] = {} if others is None else {"boundary": [boundary_of(others)]}
    assumed = _state_crs(folder, confirmed.layers)
    for one in confirmed.layers:
        if one.role:
            by_role.setdefault(one.role, []).append(_source(folder, one))

    def single(role: str) -> Source | None:
        return by_role[role][0] if role in by_role else None

    missing = [role for role in ("boundary", "buildings") if role not in by_role]
    if missing:
        raise InputError(*(Said("{role}: no layer is given as that", role=ROLE_WORDS[role]) for role in missing))
    try:
        layers = read_layers(
            boundary=by_role["boundary"][0],
            buildings=by_role["buildings"][0],
            roads=single("roads"),
            barriers=by_role.get("barriers", ()),
            compounds=by_role.get("compounds"),
            communities=single("communities"),
            existing=single("existing"),
            census=single("census"),
            columns=confirmed.columns,
            crs=assumed,
            name=confirmed.name,
            attribution=confirmed.attribution,
            progress=progress,
        )
        return layers if others is None else joined(layers, others)
    except InputError as error:
        raise InputError(*(fault.map(lambda text: text.replace(f"{folder}/", "")) for fault in error.faults)) from None


def _source(folder: Path, one: LayerRole) -> str:
    path = str(folder / one.file)
    return path if path.casefold().endswith(".shp") else f"{path}|layername={one.layer}"


def _state_crs(folder: Path, layers: Sequence[LayerRole]) -> str | None:
    """Write the coordinate system beside shapefiles that lack it; return the one that all other layers lack."""
    from gridgis.inputs.crs import parse_crs

    others = set()
    for one in layers:
        if not (one.role and one.crs):
            continue
        if one.file.casefold().endswith(".shp"):
            stated = (folder / one.file).with_suffix(".prj")
            for unreadable in stated.parent.iterdir():
                if unreadable.name.casefold() == stated.name.casefold():
                    unreadable.unlink()
            stated.write_text(parse_crs(one.crs).to_wkt("WKT1_ESRI"), encoding="utf-8")
        else:
            others.add(one.crs)
    if len(others) > 1:
        raise InputError(
            Said(
                "layers that do not state their coordinate system were given different ones: {others}; only "
                "shapefiles can be of different ones, save the others with theirs",
                others=listed(sorted(others)),
            )
        )
    return next(iter(others), None)
