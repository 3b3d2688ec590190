"""An upload, from its arrival to the report that a person confirms."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gridgis.errors import InputError
from gridgis.languages import Said, Words
from gridgis_web.imports.archive import Limits
from gridgis_web.imports.unpack import Sent, Unpacked, pack, unpack, upload_folder
from gridgis_web.settings import Settings
from gridgis_web.store import Store
from gridgis_web.store.uploads import add_upload

OF_RESIDENTS = re.compile(
    r"户主|姓名|身份证|证件|手机|电话|联系方式|出生|民族|住户名|业主|residents?_?name|owner|householder|tenant|phone|mobile|"
    r"id_?card|birth|full_?name|surname",
    re.IGNORECASE,
)
"""Columns that may name people. They are never loaded, and nothing of them is shown or kept in a report."""


def limits_of(settings: Settings) -> Limits:
    """Return what an upload may weigh."""
    return Limits(size=settings.upload_mb * 1024 * 1024)


def receive(store: Store, sent: Sequence[Sent], *, jurisdiction_id: int, who: str, limits: Limits) -> int:
    """Keep what was sent, with a report on every layer in it, and return the upload's key.

    Raises
    ------
    InputError
        With all faults, when something in it is not to be trusted, it weighs too much, or no layer can be read.
    NotFound
        When there is no such jurisdiction.
    """
    if not sent:
        raise InputError(Said("no file was sent; choose the files of the layers, or a .zip of them"))
    with upload_folder() as folder:
        unpacked = unpack(sent, folder, limits)
        report = look_at(unpacked)
        packed = folder / "kept.zip"
        pack(unpacked, packed)
        with store.write() as session:
            return add_upload(session, jurisdiction_id, packed.read_bytes(), report, who=who).id


def look_at(unpacked: Unpacked) -> list[dict[str, Any]]:
    """Return what each layer is, what could not be read, and what was left out, by the file's name.

    A row has ``file``, ``layer`` and ``error`` (empty where it can be read), and for layers what
    `gridgis.inputs.inspect.LayerReport` tells. Raises InputError when no layer can be read.
    """
    from gridgis.inputs.inspect import inspect_file

    rows: list[dict[str, Any]] = []
    faults: list[Words] = []
    for name in unpacked.layers:
        try:
            found = inspect_file(unpacked.folder / name)
        except InputError as error:
            told = [_shown(fault, unpacked.folder, name) for fault in error.faults]
            faults += told
            rows.append({"file": name, "layer": "", "role": "", "error": "\n".join(told)})
            continue
        rows += [_row(one.to_dict(), name) for one in found]
    if all(row["error"] for row in rows):
        raise InputError(*faults)
    rows += [{"file": name, "layer": "", "role": "", "error": why} for name, why in unpacked.left_out.items()]
    return rows


def _row(told: dict[str, Any], name: str) -> dict[str, Any]:
    """Return the report on a layer, without a word of what may name people."""
    personal = [field["name"] for field in told["fields"] if OF_RESIDENTS.search(field["name"])]
    fields = [
        field | {"examples": [] if field["name"] in personal else list(field["examples"])} for field in told["fields"]
    ]
    defects = list(told["defects"])
    if personal:
        defects.append(
            f"{', '.join(personal)} may name residents: it is not loaded, and better left out of what is sent"
        )
    return told | {
        "file": name,
        "extent": list(told["extent"]),
        "fields": fields,
        "defects": defects,
        "error": "",
    }


def _shown(fault: Words, folder: Path, name: str) -> Words:
    """Return a message with the file's own name in it, not where it lies at the moment."""
    return fault.map(lambda text: text.replace(str(folder / name), name).replace(str(folder), ""))
