"""Background tiles of other services: which there are by name, and what a page must know of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from gridgis_web.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Background:
    """Tiles to lie under the grids.

    Attributes
    ----------
    name
        What people call them.
    urls
        Layers from the bottom up, with ``{z}``, ``{x}``, ``{y}`` and, where they have them, ``{s}`` and ``{key}``.
    attribution
        Plain text that must be shown with them.
    subdomains
        What ``{s}`` stands for, a character each.
    datum
        What they are drawn in, one of `settings.DATUMS`.
    deepest
        The finest zoom they have.
    """

    name: str
    urls: tuple[str, ...]
    attribution: str
    subdomains: str = ""
    datum: str = "wgs84"
    deepest: int = 18


_TIANDITU = "https://t{{s}}.tianditu.gov.cn/DataServer?T={layer}&x={{x}}&y={{y}}&l={{z}}&tk={{key}}"
KNOWN = {
    "osm": Background(
        name="OpenStreetMap",
        urls=("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
        attribution="© OpenStreetMap contributors",
        deepest=19,
    ),
    # CGCS2000, which is WGS 84 to within decimetres
    "tianditu": Background(
        name="天地图",
        urls=tuple(_TIANDITU.format(layer=layer) for layer in ("vec_w", "cva_w")),
        attribution="© 天地图",
        subdomains="01234567",
    ),
}
"""Name in the settings -> tiles that are well known."""


def background_of(settings: Settings) -> Background | None:
    """Return the background that an office has set; None: it has none."""
    if not settings.tiles:
        return None
    found = KNOWN.get(settings.tiles)
    if found is None:
        urls = tuple(url for url in (settings.tiles, settings.tiles_labels) if url)
        subdomains = "abc" if "{s}" in settings.tiles else ""
        found = Background(
            name="", urls=urls, attribution="", subdomains=subdomains, datum=settings.tiles_datum
        )  # fmt: skip
    return replace(
        found,
        urls=tuple(url.replace("{key}", settings.tiles_key) for url in found.urls),
        attribution=settings.tiles_attribution or found.attribution,
    )


def hosts_of(background: Background | None) -> list[str]:
    """Return where its tiles come from, as a content security policy writes it."""
    hosts = []
    for url in background.urls if background else ():
        parts = urlsplit(url)
        label, _, rest = parts.netloc.partition(".")
        # subdomains are a part of the first label, for which only a star stands
        host = f"*.{rest}" if "{s}" in label else parts.netloc
        if host:
            hosts.append(f"{parts.scheme}://{host}")
    return sorted(set(hosts))
