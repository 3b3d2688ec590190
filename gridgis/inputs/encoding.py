"""The encoding of a shapefile's attributes: by .cpg, else by the DBF's language driver, else by its bytes."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import NamedTuple

_LANGUAGE_DRIVERS = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x08: "cp865", 0x0A: "cp850", 0x13: "cp932", 0x1F: "cp1252",
    0x22: "cp852", 0x26: "cp866", 0x37: "cp850", 0x40: "cp852", 0x4D: "gb18030", 0x4E: "cp949", 0x4F: "cp950",
    0x50: "cp874", 0x57: "cp1252", 0x58: "cp1252", 0x59: "cp1252", 0x64: "cp852", 0x65: "cp866", 0x66: "cp865",
    0x6A: "cp737", 0x6B: "cp857", 0x78: "cp950", 0x79: "cp949", 0x7A: "gb18030", 0x7B: "cp932", 0x7C: "cp874",
    0x7D: "cp1255", 0x7E: "cp1256", 0xC8: "cp1250", 0xC9: "cp1251", 0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip
_CHINESE_NAMES = {"936", "cp936", "gbk", "gb2312", "gb18030", "ansi936", "ansi 936", "chinese"}
_GB2312_PAIR = re.compile(rb"[\xa1-\xf7][\xa1-\xfe]")
_WESTERN = {"cp437", "cp850", "cp1252", "latin-1", "iso8859-1", "iso8859-15"}
_HEADER = 32


class Encoding(NamedTuple):
    """An encoding and how it is known, in words."""

    name: str
    how: str


def dbf_encoding(dbf: bytes, cpg: str | None) -> Encoding:
    """Return the encoding of a DBF's text.

    Parameters
    ----------
    dbf
        Content of the .dbf.
    cpg
        Content of the .cpg, None where there is none.

    Notes
    -----
    What a .cpg or the language driver states is believed if the bytes can be
    read that way. A western code page can read any bytes, and is what many
    programs stamp without looking; so it is not believed where the text is
    valid UTF-8 or consists of GB 2312's pairs of bytes.
    """
    texts = _texts(dbf)
    if not texts:
        return Encoding("utf-8", "all text is ASCII")
    looks = "utf-8" if _readable(texts, "utf-8") else "gb18030" if _is_chinese(texts) else None
    refused = ""
    for name, how in (_named(cpg), _driver(dbf)):
        if name is None:
            continue
        if _readable(texts, name) and not (name in _WESTERN and looks):
            return Encoding(name, how)
        refused = f" ({how} it would be {name}, but the text is not)"
    if looks is None:
        from charset_normalizer import from_bytes

        best = from_bytes(b"\n".join(texts)[:200_000]).best()
        looks = best.encoding if best is not None else "gb18030" if _readable(texts, "gb18030") else "latin-1"
    return Encoding(looks, f"detected from the text{refused}")


def read_cpg(path: Path) -> str | None:
    """Return the content of the .cpg beside a shapefile, None where there is none."""
    for suffix in (".cpg", ".CPG", ".Cpg"):
        beside = path.with_suffix(suffix)
        if beside.exists():
            return beside.read_bytes().decode("ascii", "ignore").strip("\x00\ufeff \r\n\t")
    return None


def _named(cpg: str | None) -> tuple[str | None, str]:
    if not cpg:
        return None, ""
    name = cpg.strip().casefold()
    if name in _CHINESE_NAMES:
        return "gb18030", "by its .cpg"
    name = re.sub(r"^(ansi|oem|windows)[ _-]?(\d+)$", r"cp\2", name)
    name = re.sub(r"^88591", "8859-1", name)
    name = {"65001": "utf-8", "cp65001": "utf-8", "big5": "cp950"}.get(name, name)
    if name.isdigit():
        name = f"cp{name}"
    if name.startswith("8859"):
        name = f"iso{name}"
    try:
        return codecs.lookup(name).name, "by its .cpg"
    except LookupError:
        return None, ""


def _driver(dbf: bytes) -> tuple[str | None, str]:
    code = dbf[29] if len(dbf) > 29 else 0
    return _LANGUAGE_DRIVERS.get(code), f"by the language driver 0x{code:02X} of its .dbf"


def _readable(texts: list[bytes], name: str) -> bool:
    """Whether every text can be decoded; the last character may be cut in half, as fields of fixed width do."""
    try:
        decoder = codecs.getincrementaldecoder(name)
        for text in texts:
            decoder().decode(text, final=False)
    except (UnicodeDecodeError, LookupError):
        return False
    return True


def _is_chinese(texts: list[bytes]) -> bool:
    """Whether nearly all bytes beyond ASCII form pairs of GB 2312; accented letters stand alone."""
    pairs = sum(2 * len(_GB2312_PAIR.findall(text)) for text in texts)
    high = sum(byte > 0x7F for text in texts for byte in text)
    return pairs >= 0.8 * high and _readable(texts, "gb18030")


def _texts(dbf: bytes) -> list[bytes]:
    """Return the field names and text values that are not ASCII, each once."""
    if len(dbf) < _HEADER or dbf[_HEADER:].isascii():
        return []
    count = int.from_bytes(dbf[4:8], "little")
    header, record = int.from_bytes(dbf[8:10], "little"), int.from_bytes(dbf[10:12], "little")
    names, spans, start, at = [], [], 1, _HEADER
    while at + _HEADER <= min(header, len(dbf)) and dbf[at] != 0x0D:
        width = dbf[at + 16]
        if dbf[at + 11 : at + 12] == b"C":
            width += dbf[at + 17] << 8
            spans.append((start, start + width))
        names.append(dbf[at : at + 11].split(b"\0")[0])
        start += width
        at += _HEADER
    rows = range(min(count, (len(dbf) - header) // record)) if record > 0 else range(0)
    starts = (header + row * record for row in rows)
    values = (dbf[base + low : base + high].rstrip(b" \0") for base in starts for low, high in spans)
    return list(dict.fromkeys(text for text in (*names, *values) if not text.isascii()))
