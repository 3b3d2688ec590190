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

FOLDER = "tiles"
MOST = 200
"""Archives kept; then the longest unused go."""

OPEN = 32
"""Archives kept open."""

PATIENCE_S = 600
LOG = logging.getLogger("gridgis")


class TileCache:
    """The archives of one service. What is not there is written by a process of its own, one at a time."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder / FOLDER
        self.environment = environment
        self._open: dict[str, Archive] = {}
        self._making: dict[str, threading.Thread] = {}
        self._lock = threading.Lock()
        self._turn = threading.Lock()

    def archive(self, name: str, source: Sequence[str], *, wait_s: float) -> Archive | None:
        """Return an archive; None: it is being written, ask again.

        Parameters
        ----------
        name
            What it is made of, as a file's name.
        source
            Arguments of `tiles.write` for it.
        wait_s
            How long to wait for it.
        """
        found = self._open.get(name)
        if found is not None:
            return found
        file = self.folder / f"{name}.pmtiles"
        if not file.exists():
            with self._lock:
                making = self._making.get(name)
                if making is None:
                    making = threading.Thread(target=self._make, args=(file, source), daemon=True)
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

    def _make(self, file: Path, source: Sequence[str]) -> None:
        command = [sys.executable, "-m", "gridgis_web.tiles.write", str(file), *source]
        try:
            with self._turn:
                began = time.monotonic()
                done = subprocess.run(
                    command,
                    env=os.environ | self.environment,
                    capture_output=True,
                    text=True,
                    timeout=PATIENCE_S,
                    check=False,
                )
                if done.returncode:
                    LOG.error("the tiles %s cannot be written: %s", file.name, done.stderr.strip()[-2000:])
                else:
                    LOG.info("wrote the tiles %s in %.1f s", file.name, time.monotonic() - began)
                    self._tidy()
        except (OSError, subprocess.TimeoutExpired) as error:
            LOG.error("the tiles %s cannot be written: %s", file.name, error)
        finally:
            with self._lock:
                self._making.pop(file.stem, None)

    def _tidy(self) -> None:
        files = sorted(self.folder.glob("*.pmtiles"), key=lambda file: file.stat().st_mtime)
        for file in files[:-MOST]:
            file.unlink(missing_ok=True)
