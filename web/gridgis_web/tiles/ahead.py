"""Cutting tiles before anyone asks, when a worker has nothing else to do."""

from __future__ import annotations

import logging
import os
import subprocess

from gridgis_web.settings import Settings
from gridgis_web.store import Store
from gridgis_web.tiles.cache import FOLDER, cutting, file_of, tidy
from gridgis_web.tiles.sources import Source, sources_ahead

KINDNESS = 10
"""By how much it stands back behind whatever else wants the processor."""

LOG = logging.getLogger("gridgis")


class Ahead:
    """Cuts the tiles of what was loaded and saved lately, one archive after the other, each once.

    It does so only where a server keeps archives: on another machine they would be of no use.
    """

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.folder = settings.folder / FOLDER
        self.environment = {"GRIDGIS_STORE": settings.place}
        self._seen: object = None
        self._tried: set[str] = set()
        self._process: subprocess.Popen[str] | None = None

    def go_on(self) -> None:
        """See to what is being cut, or begin with what has come since; returns at once."""
        if self._process is not None:
            if self._process.poll() is None:
                return
            _, told = self._process.communicate()
            if self._process.returncode:
                LOG.warning("tiles cannot be cut ahead: %s", told.strip()[-2000:])
            self._process = None
            tidy(self.folder)
        if not self.folder.is_dir():
            return
        # another object as soon as anyone has written to the store
        seen = self.store.recent()
        if seen is self._seen:
            return
        self._seen = seen
        missing = self._missing()
        if missing:
            self._tried.update(one.name for one in missing)
            self._begin(missing)

    def stop(self) -> None:
        """End what is being cut; nothing half done is left."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def _missing(self) -> list[Source]:
        with self.store.read() as session:
            wanted = sources_ahead(session)
        return [one for one in wanted if one.name not in self._tried and not file_of(self.folder, one).exists()]

    def _begin(self, sources: list[Source]) -> None:
        try:
            self._process = subprocess.Popen(
                cutting(self.folder, sources),
                env=os.environ | self.environment,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            if hasattr(os, "setpriority"):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, KINDNESS)
        except OSError as error:
            LOG.warning("tiles cannot be cut ahead: %s", error)
