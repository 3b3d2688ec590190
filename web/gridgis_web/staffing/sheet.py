"""A table that somebody keeps in a spreadsheet, as XLSX or CSV -> rows of texts by field."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from gridgis.errors import InputError
from gridgis.languages import Said, listed
from gridgis_web.imports.archive import Limits, check_archive, take_entries
from gridgis_web.imports.unpack import upload_folder

MOST_BYTES = 5 << 20
MOST_ROWS = 20_000
MOST_COLUMNS = 60
HEADER_WITHIN = 10
"""A title, a date and the like may stand above the header."""
UNPACKED = Limits(size=128 << 20)


@dataclass(frozen=True)
class Row:
    """A row by its number in the sheet, from 1; cells by field, empty ones left out."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """The rows of a sheet that are not empty, and field -> what its column is called there."""

    rows: tuple[Row, ...]
    columns: Mapping[str, str]


def read_sheet(name: str, content: IO[bytes], headers: Mapping[str, Sequence[str]], *, needed: str) -> Sheet:
    """Read the first sheet of a file.

    Parameters
    ----------
    headers
        Field -> what its column may be called; case, spaces and width of letters do not matter.
    needed
        The field by which the header is known.

    Raises
    ------
    InputError
        It is no such file, is too large, or no row has the header.
    """
    sent = content.read(MOST_BYTES + 1)
    if len(sent) > MOST_BYTES:
        raise InputError(Said("{name} has more than {most} MB; send the list alone", name=name, most=MOST_BYTES >> 20))
    rows = _from_xlsx(name, sent) if sent.startswith(b"PK") else _from_csv(name, sent)
    return _by_field(name, rows, headers, needed)


def _by_field(name: str, rows: Iterator[list[str]], headers: Mapping[str, Sequence[str]], needed: str) -> Sheet:
    fields = {plain(word): field for field, words in headers.items() for word in (field, *words)}
    columns: dict[int, tuple[str, str]] = {}
    found: list[Row] = []
    for number, row in enumerate(rows, 1):
        if number > MOST_ROWS:
            raise InputError(Said("{name} has more than {most:,} rows; send it in parts", name=name, most=MOST_ROWS))
        if columns:
            cells = {field: row[at] for at, (field, _) in columns.items() if at < len(row) and row[at]}
            if cells:
                found.append(Row(number, cells))
            continue
        known = {at: (fields[plain(cell)], cell) for at, cell in enumerate(row) if plain(cell) in fields}
        if needed in {field for field, _ in known.values()}:
            columns = known
            _refuse_twice(name, columns)
        elif number == HEADER_WITHIN:
            break
    if not columns:
        raise InputError(
            Said(
                "{name} has no column “{column}” within its first {rows} rows; name its columns in one row",
                name=name,
                column=headers[needed][0],
                rows=HEADER_WITHIN,
            )
        )
    return Sheet(tuple(found), dict(columns.values()))


def _refuse_twice(name: str, columns: Mapping[int, tuple[str, str]]) -> None:
    called: dict[str, list[str]] = {}
    for field, column in columns.values():
        called.setdefault(field, []).append(column)
    twice = [listed(several, "and") for several in called.values() if len(several) > 1]
    if twice:
        raise InputError(
            Said("{name}: columns {columns} mean the same; leave one of them", name=name, columns=listed(twice))
        )


def plain(text: str) -> str:
    """Return a text without what people write differently: case, spaces, signs, width of letters."""
    return re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()


def _from_xlsx(name: str, sent: bytes) -> Iterator[list[str]]:
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    with upload_folder() as folder:
        file = Path(folder) / "list.xlsx"
        file.write_bytes(sent)
        check_archive(file, name, UNPACKED)
        take_entries(file, name, lambda entry, content: _refuse_entities(name, entry, content))
        try:
            book = load_workbook(file, read_only=True, data_only=True)
            rows = book.worksheets[0].iter_rows(max_col=MOST_COLUMNS, max_row=MOST_ROWS + 1, values_only=True)
            yield from ([_text(cell) for cell in row] for row in rows)
            book.close()
        except (
            AttributeError, EOFError, IndexError, InvalidFileException, KeyError, OSError, ParseError, TypeError,
            ValueError, zipfile.BadZipFile,
        ) as error:  # fmt: skip
            raise InputError(
                Said("{name} cannot be read as a spreadsheet ({error}); save it as .xlsx again", name=name, error=error)
            ) from None


def _refuse_entities(name: str, entry: str, content: IO[bytes]) -> None:
    """Entities can multiply without end; no spreadsheet needs any."""
    if entry.endswith((".xml", ".rels")) and b"<!DOCTYPE" in content.read(4096).upper():
        raise InputError(Said("{name}: {entry} is not what spreadsheets hold", name=name, entry=entry))


def _from_csv(name: str, sent: bytes) -> Iterator[list[str]]:
    text = _decoded(name, sent)
    first = text.lstrip().partition("\n")[0]
    delimiter = max(",;\t", key=first.count)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            yield [_text(cell) for cell in islice(row, MOST_COLUMNS)]
    except csv.Error as error:
        raise InputError(
            Said("{name} cannot be read as CSV ({error}); save it as .xlsx or .csv again", name=name, error=error)
        ) from None


def _decoded(name: str, sent: bytes) -> str:
    marked = sent.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "gb18030"]:
        try:
            text = sent.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise InputError(Said("{name} is neither a spreadsheet nor text; save it as .xlsx or .csv", name=name))


def _text(cell: Any) -> str:
    """Return what a cell says; numbers as people typed them, dates as ISO has them."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return unicodedata.normalize("NFKC", str(cell)).strip()
