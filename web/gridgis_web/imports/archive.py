"""Reading a zip that anybody may have made: nothing in it is believed before it was looked at."""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gridgis.errors import InputError, some
from gridgis.languages import Said, Words
from gridgis_web.imports.names import entry_name, fault_of_name, is_litter

PACKED = frozenset((".zip", ".rar", ".7z", ".gz", ".tgz", ".tar", ".bz2", ".xz", ".zst", ".kmz", ".jar"))
AT_ONCE = 1 << 20

_END = b"PK\x05\x06"
_END_64 = b"PK\x06\x07"
_LONGEST_END = 22 + 65535
_ENCRYPTED = 0x1 | 0x40
_PER_ENTRY = 4096
"""Bytes that an entry of the list of contents may take."""


@dataclass(frozen=True)
class Limits:
    """What an upload may weigh.

    Attributes
    ----------
    size
        Bytes, as sent, and once more unpacked.
    entries
        Files, folders included.
    ratio
        How many times larger unpacked, where that is more than `small` bytes.
    """

    size: int
    entries: int = 1000
    ratio: int = 200
    small: int = 32 << 20


def check_archive(path: Path, shown: str, limits: Limits) -> None:
    """Raise InputError when a zip must not be unpacked; reads no more than its list of contents.

    Parameters
    ----------
    shown
        What messages call it.
    """
    _check_end(path, shown, limits)
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise InputError(
            Said("{shown}: cannot be opened as a zip file ({error}); pack it again", shown=shown, error=error)
        ) from None
    if len(entries) > limits.entries:
        raise InputError(_too_many(shown, limits))
    faults = []
    named: dict[Words, list[str]] = {}
    for entry in entries:
        fault = _fault_of_entry(entry)
        if fault is not None:
            named.setdefault(fault, []).append(_printable(entry_name(entry)))
    faults += [
        Said("{shown}: {names} {fault}", shown=shown, names=some(names), fault=fault) for fault, names in named.items()
    ]
    unpacked, packed = sum(entry.file_size for entry in entries), path.stat().st_size
    if unpacked > limits.size:
        faults.append(
            Said(
                "{shown}: would take {unpacked:,.0f} MB unpacked, and {size:,.0f} MB are allowed; send the "
                "layers in several uploads, or only the part of them that is of the jurisdiction",
                shown=shown,
                unpacked=unpacked / 1e6,
                size=limits.size / 1e6,
            )
        )
    elif unpacked > limits.small and unpacked > limits.ratio * packed:
        faults.append(
            Said(
                "{shown}: unpacks to {unpacked:,.0f} times its size, as layers never do; it was not unpacked",
                shown=shown,
                unpacked=unpacked / packed,
            )
        )
    if faults:
        raise InputError(*faults)


def take_entries(path: Path, shown: str, take: Callable[[str, IO[bytes]], None]) -> None:
    """Hand the name and content of every file in a checked zip on; raises InputError where one cannot be unpacked."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            name = entry_name(entry)
            if entry.is_dir() or name.endswith(("/", "\\")) or is_litter(name):
                continue
            try:
                with archive.open(entry) as content:
                    take(name, content)
            except (
                zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError, zlib.error,
                lzma.LZMAError,
            ) as error:  # fmt: skip
                raise InputError(
                    Said(
                        "{shown}: {name} cannot be unpacked ({error}); pack it again",
                        shown=shown,
                        name=_printable(name),
                        error=error,
                    )
                ) from None


def _check_end(path: Path, shown: str, limits: Limits) -> None:
    """Look at how long the list of contents says that it is, before anything reads it into memory."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _LONGEST_END))
        tail = file.read()
    at = tail.rfind(_END)
    if at < 0 or len(tail) - at < 22:
        raise InputError(
            Said("{shown}: cannot be opened as a zip file (it has no end, or is none); pack it again", shown=shown)
        )
    _, _, _, entries, length = struct.unpack_from("<4HI", tail, at + 4)
    if _END_64 in tail:
        raise InputError(
            Said("{shown}: is a zip of the form for more than 4 GB or 65,535 files; pack the layers alone", shown=shown)
        )
    if entries > limits.entries:
        raise InputError(_too_many(shown, limits))
    if length > limits.entries * _PER_ENTRY:
        raise InputError(
            Said(
                "{shown}: its list of contents is {length:,.0f} MB long; pack it again",
                shown=shown,
                length=length / 1e6,
            )
        )


def _fault_of_entry(entry: zipfile.ZipInfo) -> Words | None:
    name = entry_name(entry)
    fault = fault_of_name(name)
    if fault is not None:
        return Said("is refused: {fault}; nothing was unpacked", fault=fault)
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return Said("is a link or a device, not a file; pack the files themselves")
    if entry.flag_bits & _ENCRYPTED:
        return Said("is encrypted; pack it without a password")
    if not is_litter(name) and Path(name.casefold()).suffix in PACKED:
        return Said("is an archive within the archive; unpack it and send what is in it")
    return None


def _too_many(shown: str, limits: Limits) -> Words:
    return Said(
        "{shown}: holds more than {entries:,} files; pack the layers alone", shown=shown, entries=limits.entries
    )


def _printable(name: str) -> str:
    return "".join(sign if sign.isprintable() else "�" for sign in name)[:120]
