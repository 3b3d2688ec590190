"""How often one address may try something, such as logging in."""

from __future__ import annotations

import time
from typing import cast

from flask import Flask, current_app, request
from limits import parse
from limits.storage import storage_from_string
from limits.strategies import FixedWindowRateLimiter, RateLimiter

from gridgis.languages import Said
from gridgis_web.errors import TooOften
from gridgis_web.settings import Settings


def limit_rates(app: Flask, settings: Settings) -> None:
    """Let an application count tries."""
    app.extensions["gridgis_rates"] = FixedWindowRateLimiter(storage_from_string(settings.limits))


def spend(what: str, rate: str) -> None:
    """Count one try of the current address; raises TooOften when there were too many of the rate, ``30 per minute``."""
    limiter = cast(RateLimiter, current_app.extensions["gridgis_rates"])
    address, limit = request.remote_addr or "", parse(rate)
    if not limiter.hit(limit, what, address):
        wait = limiter.get_window_stats(limit, what, address).reset_time - time.time()
        raise TooOften(
            Said(
                "too many tries from your address; wait {seconds} seconds, then try again", seconds=max(1, round(wait))
            )
        )
