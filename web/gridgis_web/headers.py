"""What every answer tells the browser not to do."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, Response

from gridgis_web.background import background_of, hosts_of
from gridgis_web.settings import Settings


def policy(hosts: Sequence[str]) -> str:
    """Return the content security policy: everything from the service itself, background tiles from their hosts."""
    also = "".join(f" {host}" for host in hosts)
    return "; ".join(
        (
            "default-src 'self'",
            f"img-src 'self' data: blob:{also}",
            "connect-src 'self'",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'self'",
        )
    )


def safety_of(settings: Settings) -> dict[str, str]:
    """Return the headers that every answer has, a file's too."""
    fixed = {
        "Content-Security-Policy": policy(hosts_of(background_of(settings))),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "SAMEORIGIN",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "geolocation=(self), camera=(self), microphone=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    return fixed | ({"Strict-Transport-Security": "max-age=31536000"} if settings.secure else {})


def send_headers(app: Flask, settings: Settings) -> None:
    """Send them with every answer of an application."""
    fixed = safety_of(settings)

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in fixed.items():
            response.headers.setdefault(name, value)
        if response.mimetype == "text/html":
            # pages say what this person may see; the next one at this computer may not
            response.headers.setdefault("Cache-Control", "no-store")
        return response
