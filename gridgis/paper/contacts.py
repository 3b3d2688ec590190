"""Whom residents call: what is public of the people of a grid, and the table that an office keeps of them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import pandas as pd

from gridgis.errors import InputError, some
from gridgis.languages import Said, Words
from gridgis.paper.portraits import portrait
from gridgis.paper.words import WORDS

DUTIES = ("leader", "officer", "information", "police", "volunteer", "steward", "supervisor")
"""In the order in which they are printed."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "grid": ("grid", "grid code", "code", "网格", "网格编码", "网格编号", "编码"),
    "name": ("name", "officer", "姓名", "网格员"),
    "duty": ("duty", "role", "职务", "岗位", "角色"),
    "phone": ("office phone", "phone", "办公电话", "公开电话", "值班电话", "联系电话", "电话"),
    "photo": ("photo", "照片", "相片"),
}
"""Field -> the columns it goes by. A table's other columns are never read."""


@dataclass(frozen=True, slots=True)
class Contact:
    """A person of a grid, as residents may know them.

    Attributes
    ----------
    duty
        One of `DUTIES`, or the office's own word for it.
    phone
        The office's number; empty: none is printed.
    photo
        As `portraits.portrait` makes it; None: none is printed.
    """

    name: str
    duty: str = "officer"
    phone: str = ""
    photo: bytes | None = None

    @property
    def place(self) -> int:
        """Where it stands among the people of a grid."""
        return DUTIES.index(self.duty) if self.duty in DUTIES else len(DUTIES)


def read_contacts(
    path: str | Path, codes: Sequence[str], short: Sequence[str] | None = None
) -> dict[str, tuple[Contact, ...]]:
    """Read a table of people, CSV or XLSX: one row a person, see `COLUMNS`; ``photo`` is a file beside the table.

    Parameters
    ----------
    codes
        Of the plan's grids.
    short
        The same without what all have in common; a table may use either, and may have lost zeros before them.

    Returns
    -------
    dict
        Grid's code -> its people, the leader first.

    Raises
    ------
    InputError
        With every fault of the table.
    """
    path = Path(path)
    table = _named(_read(path), path)
    known = _spelled(codes, short or codes)
    faults: list[Words] = []
    people: dict[str, list[Contact]] = {}
    for row, values in _rows(table):
        code = known.get(_plain(values["grid"]))
        if code is None:
            faults.append(
                Said("{path}, row {row}: the plan has no grid “{grid}”", path=path.name, row=row, grid=values["grid"])
            )
        if not values["name"]:
            faults.append(Said("{path}, row {row}: has no name", path=path.name, row=row))
        photo = None
        if values["photo"]:
            try:
                photo = _photo(path, values["photo"], row)
            except InputError as error:
                faults += error.faults
        if code is not None and values["name"]:
            people.setdefault(code, []).append(
                Contact(name=values["name"], duty=_duty(values["duty"]), phone=values["phone"], photo=photo)
            )
    if faults:
        raise InputError(*faults)
    return {code: in_order(found) for code, found in people.items()}


def in_order(people: Sequence[Contact]) -> tuple[Contact, ...]:
    """Return people as they are printed: by their duty, else as they were given."""
    return tuple(sorted(people, key=lambda one: one.place))


def _read(path: Path) -> pd.DataFrame:
    """Read the cells of a table as text."""
    try:
        if path.suffix.lower() == ".xlsx":
            return pd.read_excel(path, dtype=str, engine="openpyxl")
        content = path.read_bytes()
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise InputError(
            Said("{path}: cannot be read as a table ({error}); give a .xlsx or .csv file", path=path.name, error=error)
        ) from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return pd.read_csv(io.StringIO(content.decode(encoding)), dtype=str, sep=None, engine="python")
        except UnicodeDecodeError:
            continue
        except ValueError as error:
            raise InputError(
                Said("{path}: cannot be read as a CSV table ({error})", path=path.name, error=error)
            ) from None
    raise InputError(Said("{path}: is neither UTF-8 nor GBK; save it as CSV in UTF-8", path=path.name))


def _named(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the columns that are ours, under our names."""
    there = {_plain(str(name)): name for name in reversed(list(table.columns))}
    found = {field: next((there[word] for word in words if word in there), None) for field, words in COLUMNS.items()}
    if found["grid"] is None or found["name"] is None:
        raise InputError(
            Said(
                "{path}: needs the columns grid and name (网格, 姓名); it has {columns}",
                path=path.name,
                columns=some([str(name) for name in table.columns]),
            )
        )
    empty = pd.Series("", index=table.index)
    ours = {field: empty if name is None else table[name].fillna("").str.strip() for field, name in found.items()}
    return pd.DataFrame(ours)


def _rows(table: pd.DataFrame) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield rows as people count them, the heading being the first; empty ones are left out."""
    for number, values in enumerate(table.to_dict("records"), start=2):
        if any(values.values()):
            yield number, {str(field): str(value) for field, value in values.items()}


def _spelled(codes: Sequence[str], short: Sequence[str]) -> dict[str, str]:
    """Return every spelling that only one grid has -> its code."""
    out: dict[str, str] = {}
    for spelled in (codes, short, [code.lstrip("0") for code in short]):
        words = [_plain(word) for word in spelled]
        for code, word in zip(codes, words, strict=True):
            if word and words.count(word) == 1:
                out.setdefault(word, code)
    return out


def _duty(given: str) -> str:
    if not given:
        return "officer"
    plain = _plain(given)
    return next((duty for duty in DUTIES if plain in (duty, *(_plain(text) for text in WORDS[duty].values()))), given)


def _photo(table: Path, name: str, row: int) -> bytes:
    try:
        content = (table.parent / name).read_bytes()
    except OSError as error:
        raise InputError(
            Said(
                "{path}, row {row}: the photo {name} cannot be read ({error}); put it beside the table",
                path=table.name,
                row=row,
                name=name,
                error=error.strerror,
            )
        ) from None
    return portrait(content, name)


def _plain(text: str) -> str:
    return " ".join(text.replace("_", " ").split()).casefold()
