"""How often one address may try something, such as logging in."""

from __future__ import annotations

import time
from typing import cast

from flask import Flask, current_app
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from limits import parse

from gridgis.languages import Said
from gridgis_web.errors import TooOften
from gridgis_web.settings import Settings


def limit_rates(app: Flask, settings: Settings) -> None:
    """Let an application count tries."""
    app.extensions["gridgis_rates"] = Limiter(get_remote_address, app=app, storage_uri=settings.limits)


def spend(what: str, rate: str) -> None:
    """Count one try of the current address; raises TooOften when there were too many of the rate, ``30 per minute``."""
    limiter = cast(Limiter, current_app.extensions["gridgis_rates"]).limiter
    address, limit = get_remote_address(), parse(rate)
    if not limiter.hit(limit, what, address):
        wait = limiter.get_window_stats(limit, what, address).reset_time - time.time()
        raise TooOften(
            Said(
                "too many tries from your address; wait {seconds} seconds, then try again", seconds=max(1, round(wait))
            )
        )
