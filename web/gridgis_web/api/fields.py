"""What requests are made of: windows, pages, versions; and answers that are kept compressed."""

from __future__ import annotations

import gzip
import hashlib
import json
import struct
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import marshmallow as ma
from flask import Response, request, url_for
from werkzeug.exceptions import PreconditionFailed, PreconditionRequired
from werkzeug.http import parse_etags

from gridgis.errors import InputError
from gridgis.languages import Said
from gridgis_web.store.geometry import Bounds

MOST = 2**63 - 1
Thing = TypeVar("Thing")
GEOJSON = "application/geo+json"
QUICK = 1
"""Level of compression for answers that are seldom asked for twice: most of the gain, little of the time."""


def key(**more: Any) -> ma.fields.Integer:
    """Return a field for the key of a row."""
    return ma.fields.Integer(validate=ma.validate.Range(1, MOST), **more)


def about(text: str) -> dict[str, str]:
    """Return what the description says of a field."""
    return {"description": text}


class Paged(ma.Schema):
    """Which page of a list."""

    after = ma.fields.Integer(
        load_default=None, validate=ma.validate.Range(0, MOST), metadata=about("The last one of the page before")
    )
    limit = ma.fields.Integer(load_default=100, validate=ma.validate.Range(1, 500))


class Boxed(ma.Schema):
    """Which window of the map."""

    bbox = ma.fields.String(
        load_default=None,
        validate=ma.validate.Regexp(r"^-?\d{1,3}(\.\d{1,15})?(,-?\d{1,3}(\.\d{1,15})?){3}$"),
        metadata=about("west,south,east,north in degrees: only what meets this box"),
    )


class Windowed(Boxed):
    """Which window of the map, and which page of what is in it."""

    after = ma.fields.Integer(
        load_default=-1, validate=ma.validate.Range(-1, 2**31 - 1), metadata=about("Number of the last one before")
    )
    limit = ma.fields.Integer(load_default=1000, validate=ma.validate.Range(1, 5000))


class Reason(ma.Schema):
    """Why."""

    why = ma.fields.String(load_default="", validate=ma.validate.Length(max=500))


def bounds_of(text: str | None) -> Bounds | None:
    """Return a window as numbers; raises InputError where there is none like it."""
    if text is None:
        return None
    west, south, east, north = (float(part) for part in text.split(","))
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError(
            Said("“{text}” is no window; give west,south,east,north in degrees, west before east", text=text)
        )
    return west, south, east, north


def version_asked() -> int:
    """Return the version that a change was made from, from ``If-Match``.

    Raises
    ------
    PreconditionRequired
        The header is not there.
    """
    given = request.headers.get("If-Match", "").strip().strip('"')
    if not given.isdecimal() or len(given) > 9:
        raise PreconditionRequired('say which version your change was made from: If-Match: "3"')
    return int(given)


def refuse_stale(version: int, name: str) -> int:
    """Return the version asked for; raises PreconditionFailed unless it is the present one."""
    asked = version_asked()
    if asked != version:
        raise PreconditionFailed(
            f"“{name}” was changed in the meantime (yours is version {asked}, it is at {version}); "
            "load it again and repeat your change"
        )
    return asked


IF_MATCH = {
    "parameters": [
        {
            "in": "header",
            "name": "If-Match",
            "required": True,
            "schema": {"type": "string", "pattern": '^"[1-9][0-9]{0,8}"$'},
            "description": "The version that the change was made from, as the ETag of what was loaded",
        }
    ]
}
"""For views that need `version_asked`."""


def with_next(rows: Sequence[Any], limit: int, last: Callable[[Any], int], *, name: str = "after") -> Any:
    """Return a page of a list that was asked for with one row too many, and the address of the page behind it."""
    headers = {"Link": next_link(name, last(rows[limit - 1]))} if len(rows) > limit else {}
    return rows[:limit], 200, headers


def next_link(name: str, value: int) -> str:
    """Return the address of the page behind this one, as a ``Link``."""
    values = request.args.to_dict() | dict(request.view_args or {}) | {name: str(value)}
    return f'<{url_for(str(request.endpoint), **values)}>; rel="next"'


class Kept(Generic[Thing]):
    """What was made and may be asked for again, up to a size; the longest unused goes first."""

    def __init__(self, most: int, size_of: Callable[[Thing], int] = len) -> None:  # type: ignore[assignment]
        self.most = most
        self.size = 0
        self._size_of = size_of
        self._rows: OrderedDict[object, Thing] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: object) -> Thing | None:
        """Return it, if it is there."""
        with self._lock:
            found = self._rows.get(name)
            if found is not None:
                self._rows.move_to_end(name)
            return found

    def put(self, name: object, content: Thing) -> Thing:
        """Keep and return it."""
        with self._lock:
            before = self._rows.pop(name, None)
            self.size += self._size_of(content) - (0 if before is None else self._size_of(before))
            self._rows[name] = content
            while self.size > self.most:
                self.size -= self._size_of(self._rows.popitem(last=False)[1])
        return content


def tag_of(*parts: object) -> str:
    """Return an ETag that is another one as soon as any of these is."""
    return hashlib.sha256(json.dumps(parts, default=str, ensure_ascii=False).encode()).hexdigest()[:32]


def unchanged(tag: str) -> Response | None:
    """Return 304 where the caller has it already."""
    if not parse_etags(request.headers.get("If-None-Match")).contains_weak(tag):
        return None
    return _marked(Response(status=304), tag)


def answer_bytes(
    content: bytes, media_type: str, tag: str, *, packed: bool, cache: str = "private, no-cache"
) -> Response:
    """Answer with bytes, ``packed`` ones (gzip) as they are to whoever understands that."""
    understood = request.accept_encodings["gzip"] > 0
    response = Response(content if understood or not packed else gzip.decompress(content), mimetype=media_type)
    if packed:
        response.headers["Vary"] = "Accept-Encoding, Cookie, Authorization"
        if understood:
            response.headers["Content-Encoding"] = "gzip"
    return _marked(response, tag, cache)


def _marked(response: Response, tag: str, cache: str = "private, no-cache") -> Response:
    response.set_etag(tag, weak=True)
    response.headers["Cache-Control"] = cache
    return response


class Piece(NamedTuple):
    """A part of an answer, as it is and compressed so that it can stand beside others."""

    plain: bytes
    packed: bytes

    def __len__(self) -> int:
        """Return its size."""
        return len(self.plain) + len(self.packed)


def piece(plain: bytes, *, level: int = QUICK) -> Piece:
    """Compress a part of an answer; a full flush (RFC 1951, 3.2.4) lets it stand before or behind any other."""
    packer = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return Piece(plain, packer.compress(plain) + packer.flush(zlib.Z_FULL_FLUSH))


def joined(pieces: Sequence[Piece]) -> bytes:
    """Return parts as one gzip stream (RFC 1952) without compressing them again."""
    plain = b"".join(part.plain for part in pieces)
    head = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"
    foot = b"\x03\x00" + struct.pack("<II", zlib.crc32(plain), len(plain) % 2**32)
    return b"".join([head, *(part.packed for part in pieces), foot])


COMMA, BEGIN, END = (piece(text) for text in (b",", b'{"type":"FeatureCollection","features":[', b"]}"))


def collection(features: Sequence[Piece], last: int | None) -> bytes:
    """Return a GeoJSON FeatureCollection of features as they were written; compressed.

    ``last``: number of the last one, where there are more.
    """
    end = END
    if last is not None:
        link = (
            b',"links":'
            + json.dumps([{"rel": "next", "href": next_link("after", last)[1:].partition(">")[0]}]).encode()
        )
        end = piece(b"]" + link + b"}")
    commas = [COMMA] * len(features)
    parts = [part for pair in zip(commas, features, strict=True) for part in pair][1:]
    return joined([BEGIN, *parts, end])


FEATURE: dict[str, Any] = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"const": "Feature"},
        "id": {"type": ["string", "integer"]},
        "geometry": {"type": ["object", "null"]},
        "properties": {"type": "object"},
    },
}
COLLECTION: dict[str, Any] = {
    "type": "object",
    "required": ["type", "features"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": FEATURE},
        "links": {"type": "array", "items": {"type": "object"}},
    },
}
"""What GeoJSON answers look like."""
