"""The kinds of jobs there are, by name."""

from __future__ import annotations

from collections.abc import Mapping

from gridgis_web.imports.job import IMPORT
from gridgis_web.jobs.kind import Kind
from gridgis_web.planning.jobs import EXPORT, PARTITION, REBALANCE

KINDS: Mapping[str, Kind] = {"partition": PARTITION, "rebalance": REBALANCE, "import": IMPORT, "export": EXPORT}
