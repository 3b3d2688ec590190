"""Archives of tiles as files of the service's folder, named by what it is made of; they can be deleted any time."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from gridgis_web.tiles.archive import Archive
from gridgis_web.tiles.sources import Source

FOLDER = "tiles"
MOST = 200
"""Archives kept; then the longest unused go."""

OPEN = 32
"""Archives kept open."""

PATIENCE_S = 600
LOG = logging.getLogger("gridgis")


def file_of(folder: Path, source: Source) -> Path:
    """Return where the archive of a source is, or belongs."""
    return folder / f"{source.name}.pmtiles"


def cutting(folder: Path, sources: Sequence[Source]) -> list[str]:
    """Return the command that cuts the tiles of sources, one after the other."""
    command = [sys.executable, "-m", "gridgis_web.tiles.write"]
    for source in sources:
        command += [str(file_of(folder, source)), source.layer, str(source.key)]
    return command


def tidy(folder: Path) -> None:
    """Remove the archives that nobody has opened for the longest time, where there are too many."""
    files = sorted(folder.glob("*.pmtiles"), key=lambda file: file.stat().st_mtime)
    for file in files[:-MOST]:
        file.unlink(missing_ok=True)


class TileCache:
    """The archives of one service. What is not there is written by a process of its own, one at a time."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder / FOLDER
        # a worker that finds it cuts tiles ahead
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environment = environment
        self._open: dict[str, Archive] = {}
        self._making: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def archive(self, source: Source, *, wait_s: float) -> Archive | None:
        """Return an archive; None: it is being written, ask again.

        Parameters
        ----------
        wait_s
            How long to wait for it.
        """
        name = source.name
        found = self._open.get(name)
        if found is not None:
            return found
        file = file_of(self.folder, source)
        if not file.exists():
            with self._lock:
                making = self._making.get(name)
                if making is None:
                    making = threading.Thread(target=self._make, args=(source,), daemon=True)
                    self._making[name] = making
                    making.start()
            making.join(wait_s)
            if not file.exists():
                return None
        with self._lock:
            if name not in self._open:
                if len(self._open) >= OPEN:
                    self._open.pop(next(iter(self._open)))
                os.utime(file)
                self._open[name] = Archive(file)
            return self._open[name]

    def _make(self, source: Source) -> None:
        try:
            with self._turn:
                began = time.monotonic()
                done = subprocess.run(
                    cutting(self.folder, [source]),
                    env=os.environ | self.environment,
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE_S,
                    check=False,
                )
                if done.returncode:
                    LOG.error("the tiles %s cannot be written: %s", source.name, done.stderr.strip()[-2000:])
                else:
                    LOG.info("wrote the tiles %s in %.1f s", source.name, time.monotonic() - began)
                    tidy(self.folder)
        except (OSError, subprocess.TimeoutExpired) as error:
            LOG.error("the tiles %s cannot be written: %s", source.name, error)
        finally:
            with self._lock:
                self._making.pop(source.name, None)
