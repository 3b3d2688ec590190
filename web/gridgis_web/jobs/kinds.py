"""The kinds of jobs there are, by name."""

from __future__ import annotations

from collections.abc import Mapping

from gridgis_web.imports.job import IMPORT
from gridgis_web.jobs.kind import Kind
from gridgis_web.planning.exports import exporting
from gridgis_web.planning.jobs import partitioning, rebalancing
from gridgis_web.planning.paper import Office
from gridgis_web.planning.publish import publishing
from gridgis_web.planning.take_over import TAKE_OVER
from gridgis_web.settings import Settings


def kinds_for(settings: Settings) -> Mapping[str, Kind]:
    """Return the kinds by name, as an office wants them done; `roles.JOBS` says who may ask for which."""
    return {
        "partition": partitioning(timezone=settings.timezone),
        "rebalance": rebalancing(timezone=settings.timezone),
        "take-over": TAKE_OVER,
        "publish": publishing(review=settings.review, timezone=settings.timezone),
        "import": IMPORT,
        "export": exporting(Office(settings.residents_address, settings.supervision_phone, settings.timezone)),
    }
