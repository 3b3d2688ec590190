"""What people send -> files on disk, in a folder of their own that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from gridgis.errors import InputError
from gridgis.inputs.readers import READERS
from gridgis.languages import Said, Words, listed
from gridgis_web.imports.archive import AT_ONCE, PACKED, Limits, check_archive, take_entries
from gridgis_web.imports.contents import fault_of_content
from gridgis_web.imports.names import fault_of_name, is_litter, safe_name

PREFIX = "gridgis-upload-"
LEFT_OVER_S = 24 * 3600
LAYERS = frozenset(READERS) - {".zip"}
BESIDE = frozenset((".dbf", ".shx", ".prj", ".cpg"))
"""Parts of a shapefile."""
SILENT = frozenset((".sbn", ".sbx", ".qix", ".qpj", ".qmd", ".shp.xml", ".fix", ".atx", ".ain", ".aih"))
"""Also parts of a shapefile, which nobody reads, and nobody misses."""


@dataclass(frozen=True)
class Sent:
    """A file as it was sent."""

    name: str
    content: IO[bytes]


@dataclass(frozen=True)
class Unpacked:
    """Files in a folder.

    Attributes
    ----------
    folder
        Where they are.
    files
        Their names within it, in order, folders parted by ``/``.
    layers
        Those that hold layers; the others are parts of them.
    left_out
        Name -> why it was not taken.
    """

    folder: Path
    files: tuple[str, ...]
    layers: tuple[str, ...]
    left_out: dict[str, Words]


@contextmanager
def upload_folder() -> Iterator[Path]:
    """Give a folder that is gone afterwards; what a killed program has left a day ago goes first."""
    for old in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            seen = old.lstat()
            ours = os.name == "nt" or seen.st_uid == os.geteuid()
            if ours and time.time() - seen.st_mtime > LEFT_OVER_S:
                shutil.rmtree(old)
        except OSError:
            # another one is at it, or it is not ours to remove
            continue
    with tempfile.TemporaryDirectory(prefix=PREFIX) as folder:
        yield Path(folder)


def unpack(sent: Sequence[Sent], folder: Path, limits: Limits) -> Unpacked:
    """Write what was sent into a folder, zips unpacked; files of other kinds are left out, and said so.

    Raises
    ------
    InputError
        With all faults, when something in it is not to be trusted, it weighs too much, or there is no layer in it.
    """
    folder.mkdir(exist_ok=True)
    taking = _Taking(folder / "files", limits)
    faults: list[Words] = []
    weight = 0
    for at, one in enumerate(sent):
        fault = fault_of_name(one.name)
        if fault is not None:
            faults.append(
                Said(
                    "{name}: is refused, {fault}",
                    name=safe_name(one.name) or Said("file {number}", number=at + 1),
                    fault=fault,
                )
            )
            continue
        name = safe_name(one.name)
        suffix = Path(name.casefold()).suffix
        try:
            if suffix == ".zip":
                kept = folder / f"{at}.zip"
                weight += _write(one.content, kept, limits.size - weight, limits)
                check_archive(kept, name, limits)
                within = f"{name[:-4]}/" if len(sent) > 1 else ""
                take_entries(kept, name, partial(taking.take_within, within))
                kept.unlink()
            elif suffix in PACKED:
                faults.append(Said("{name}: is an archive that cannot be opened here; pack it as .zip", name=name))
            elif not is_litter(name):
                taking.take(name, one.content)
        except InputError as error:
            faults += error.faults
    if faults:
        raise InputError(*faults)
    return taking.end()


def pack(unpacked: Unpacked, file: Path) -> None:
    """Write the files into a zip: the same files, the same bytes."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in unpacked.files:
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            with (unpacked.folder / name).open("rb") as content, archive.open(entry, "w") as target:
                shutil.copyfileobj(content, target, AT_ONCE)


class _Taking:
    """Files as they are taken, one after the other."""

    def __init__(self, folder: Path, limits: Limits) -> None:
        self.folder = folder
        self.limits = limits
        self.left_out: dict[str, Words] = {}
        self.faults: list[Words] = []
        self._files: dict[str, str] = {}
        self._weight = 0

    def take(self, name: str, content: IO[bytes]) -> None:
        """Write one file, or note why not; raises InputError when it all weighs too much, or it is there already."""
        lower = name.casefold()
        if any(lower.endswith(suffix) for suffix in SILENT):
            return
        suffix = Path(lower).suffix
        if suffix not in LAYERS | BESIDE:
            self.left_out[name] = Said("“{suffix}” is no known format of layers", suffix=suffix or name)
            return
        if lower in self._files:
            raise InputError(Said("{name}: is there twice; send each file once", name=name))
        if len(self._files) >= self.limits.entries:
            raise InputError(
                Said("there are more than {entries:,} files; send the layers alone", entries=self.limits.entries)
            )
        target = self.folder / name
        if not target.resolve().is_relative_to(self.folder.resolve()):
            raise InputError(Said("{name}: is refused, its name leads out of its folder", name=name))
        target.parent.mkdir(parents=True, exist_ok=True)
        self._weight += _write(content, target, self.limits.size - self._weight, self.limits)
        fault = fault_of_content(target, suffix, self.limits.size)
        if fault is not None:
            self.faults.append(Said("{name}: {fault}", name=name, fault=fault))
        self._files[lower] = name

    def take_within(self, within: str, name: str, content: IO[bytes]) -> None:
        """Do the same with a file of an archive."""
        self.take(within + safe_name(name), content)

    def end(self) -> Unpacked:
        """Return what was taken; raises InputError when nothing is left, or something is not what it says."""
        layers = [name for lower, name in self._files.items() if Path(lower).suffix in LAYERS]
        stems = {name.casefold()[: -len(".shp")] for name in layers if name.casefold().endswith(".shp")}
        for lower, name in list(self._files.items()):
            if Path(lower).suffix in BESIDE and lower[: -len(Path(lower).suffix)] not in stems:
                del self._files[lower]
                self.left_out[name] = Said("the .shp that it belongs to was not sent")
        if self.faults:
            raise InputError(*self.faults)
        if not layers:
            reasons = [Said("{name}: {fault}", name=name, fault=why) for name, why in self.left_out.items()]
            raise InputError(
                Said("there is no layer in it; send files of {layers}, or a .zip", layers=listed(sorted(LAYERS))),
                *reasons,
            )
        return Unpacked(self.folder, tuple(sorted(self._files.values())), tuple(sorted(layers)), self.left_out)


def _write(content: IO[bytes], target: Path, allowed: int, limits: Limits) -> int:
    """Write a file and return its bytes, counted as they come: what an archive says of itself is not believed."""
    written = 0
    with target.open("xb") as file:
        while part := content.read(AT_ONCE):
            written += len(part)
            if written > allowed:
                raise InputError(
                    Said(
                        "the upload weighs more than {size:,.0f} MB; send the layers in several uploads, or "
                        "ask whoever runs the service to raise upload_mb",
                        size=limits.size / 1e6,
                    )
                )
            file.write(part)
    return written
