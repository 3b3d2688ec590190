"""Names of files in archives: in whatever encoding they were written, and none that leads out of its folder."""

from __future__ import annotations

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator

from gridgis.languages import Said, Words

LONGEST = 80
"""Characters of one part of a name; with three bytes each, what every file system takes."""
DEEPEST = 8

_UTF8_FLAG = 0x800
_UNICODE_PATH = 0x7075
_DRIVE = re.compile(r"^[A-Za-z]:")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_NOT_IN_NAMES = re.compile(r'[<>:"|?*\x00-\x1f\x7f]')
_LITTER = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|\._)", re.IGNORECASE)


def entry_name(entry: zipfile.ZipInfo) -> str:
    """Return an entry's name as whoever packed it saw it.

    Archives state UTF-8, or an Info-ZIP field does (APPNOTE 4.6.9); where neither is so, Chinese Windows has written
    GBK, and others UTF-8 all the same.
    """
    if entry.flag_bits & _UTF8_FLAG:
        return entry.orig_filename
    # how the reader has decoded it, undone
    written = entry.orig_filename.encode("cp437")
    stated = _unicode_path(entry.extra, written)
    if stated is not None:
        return stated
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.orig_filename


def fault_of_name(name: str) -> Words | None:
    """Say why a name must not be written to disk; None: it may."""
    if "\0" in name:
        return Said("its name holds a zero byte")
    if name.startswith(("/", "\\")) or _DRIVE.match(name):
        return Said("its name is a full path")
    parts = _parts(name)
    if any(set(part.strip()) == {"."} and len(part.strip()) > 1 for part in parts):
        return Said("its name leads out of its folder")
    if len(parts) > DEEPEST:
        return Said("it lies more than {deepest} folders deep", deepest=DEEPEST)
    return Said("it has no name") if not safe_name(name) else None


def safe_name(name: str) -> str:
    """Return a name that every system can write, its folders parted by ``/``; for names without fault."""
    return "/".join(part for part in map(_safe_part, _parts(name)) if part)


def is_litter(name: str) -> bool:
    """Whether a file is one that a system leaves everywhere, and nobody means to send."""
    return _LITTER.search(name.replace("\\", "/")) is not None


def _parts(name: str) -> list[str]:
    return [part for part in re.split(r"[/\\]", name) if part and part != "."]


def _safe_part(part: str) -> str:
    part = _NOT_IN_NAMES.sub("_", unicodedata.normalize("NFC", part))
    part = "".join("_" if unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Zl", "Zp") else sign for sign in part)
    part = part.strip().rstrip(". ")
    if len(part) > LONGEST:
        stem, dot, suffix = part.rpartition(".")
        cut = f"~{zlib.crc32((stem or part).encode()):08x}"
        part = (stem or part)[: LONGEST - 24] + cut + (dot + suffix[:12] if stem else "")
    return f"_{part}" if _RESERVED.match(part) else part


def _unicode_path(extra: bytes, written: bytes) -> str | None:
    """Return the name of the Info-ZIP Unicode Path field, if it is of this name."""
    for kind, content in _fields(extra):
        if kind == _UNICODE_PATH and len(content) > 5 and content[0] == 1:
            (crc,) = struct.unpack_from("<I", content, 1)
            if crc == zlib.crc32(written):
                try:
                    return content[5:].decode("utf-8")
                except UnicodeDecodeError:
                    return None
    return None


def _fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, length = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + length]
        at += 4 + length
