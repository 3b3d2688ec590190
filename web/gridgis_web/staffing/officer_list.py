"""A list of officers and where they serve, from a sheet: every row looked at before anything is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import IO

from sqlalchemy.orm import Session

from gridgis.errors import InputError, some
from gridgis.languages import Said, Words
from gridgis_web.imports.names import safe_name
from gridgis_web.staffing.sheet import Row, Sheet, plain, read_sheet
from gridgis_web.store import Store
from gridgis_web.store.models import Officer
from gridgis_web.store.models.people import DUTIES
from gridgis_web.store.officers import PHONE, OfficerBook, add_officer, add_posting, change_officer, read_book
from gridgis_web.store.staff import grid_names

HEADERS: Mapping[str, Sequence[str]] = {
    "name": ("姓名", "名字", "人员姓名", "网格员姓名", "full name", "officer"),
    "phone": ("电话", "手机", "手机号", "手机号码", "联系电话", "联系方式", "电话号码", "mobile", "telephone", "tel"),
    "public_phone": ("办公电话", "公开电话", "单位电话", "值班电话", "office phone", "duty phone"),
    "duty": ("角色", "职务", "岗位", "类别", "人员类别", "role", "position"),
    "grid": ("网格", "网格编号", "网格编码", "网格代码", "网格名称", "所属网格", "责任网格", "grid code", "grids"),
    "post": ("A/B岗", "AB岗", "A、B岗", "岗别", "A/B post", "A/B"),
    "starts": ("开始日期", "上岗日期", "任职日期", "起始日期", "开始", "from", "start", "start date"),
    "ends": ("结束日期", "离岗日期", "截止日期", "结束", "至", "last day", "until", "end date", "to"),
    "lon": ("经度", "longitude", "lng"),
    "lat": ("纬度", "latitude"),
}
"""Field -> what its column is called; ``ends`` is the last day, ``lon`` and ``lat`` where they set out from."""

DUTY_WORDS: Mapping[str, Sequence[str]] = {
    "leader": ("网格长", "网格组长", "grid leader"),
    "officer": ("网格员", "专职网格员", "兼职网格员", "网格管理员", "grid officer"),
    "information": ("信息员", "网格信息员", "information officer"),
    "police": ("民警", "社区民警", "警员", "police officer"),
    "volunteer": ("志愿者", "volunteers"),
    "steward": ("楼栋长", "楼长", "单元长", "building steward"),
    "supervisor": ("督导员", "督查员"),
}
BEFORE = re.compile(r"^\D*0*")
"""What people leave out of a code."""
PARTS = re.compile(r"[、,;/\s]+")
DAY = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?: .*)?")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What is wrong with a row; ``column`` as it is called there."""

    row: int
    column: str
    text: Words


@dataclass(kw_only=True)
class Wanted:
    """What a row asks for."""

    row: int
    name: str
    phone: str = ""
    public_phone: str = ""
    duty: str = "officer"
    post: str = "A"
    codes: list[str] = field(default_factory=list)
    starts: date
    ends: date | None = None
    place: tuple[float, float] | None = None
    known: Officer | None = None


@dataclass(frozen=True, kw_only=True)
class Looked:
    """A sheet as it was understood: the rows that are right, and everything that is wrong."""

    read: int
    right: tuple[Wanted, ...]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, kw_only=True)
class Written:
    """What came of it: officers that are new, those that were there, new postings, and those that were there."""

    added: int
    known: int
    posted: int
    posted_already: int


def take_list(
    store: Store, jurisdiction_id: int, name: str, content: IO[bytes], *, starts: date, keep_right: bool, who: str
) -> tuple[Looked, Written | None]:
    """Read a list and write it, or tell what is wrong with it.

    Parameters
    ----------
    starts
        First day of postings that name none.
    keep_right
        Write the rows that are right although others are wrong.

    Returns
    -------
    looked, written
        None: nothing was written.
    """
    sheet = read_sheet(safe_name(name) or "?", content, HEADERS, needed="name")
    if not sheet.rows:
        raise InputError(Said("the list names nobody; there is nothing below its header"))
    with store.write() as session:
        book = read_book(session, jurisdiction_id)
        looked = look_at(sheet, grid_names(session, jurisdiction_id, starts), book, starts=starts)
        if not looked.right or (looked.faults and not keep_right):
            return looked, None
        return looked, write_list(session, jurisdiction_id, looked, book, who=who)


def look_at(sheet: Sheet, grids: Mapping[str, str], book: OfficerBook, *, starts: date) -> Looked:
    """Check every row of a sheet.

    Parameters
    ----------
    grids
        Code -> name of those there are on the first day.
    book
        The officers there are.
    starts
        First day of postings that name none.
    """
    looker = _Looker(sheet.columns, grids, book, starts)
    right = [found for row in sheet.rows if (found := looker.look(row)) is not None]
    return Looked(read=len(sheet.rows), right=tuple(right), faults=tuple(looker.faults))


def write_list(session: Session, jurisdiction_id: int, looked: Looked, book: OfficerBook, *, who: str) -> Written:
    """Add the officers and postings of the rows that are right; who is there already is not added again."""
    made: dict[tuple[str, str], Officer] = {}
    known: set[int] = set()
    posted = already = 0
    for one in looked.right:
        officer = one.known or made.get((one.name, one.phone))
        if officer is None:
            lon, lat = one.place or (None, None)
            officer = add_officer(
                session, jurisdiction_id, one.name, who=who, phone=one.phone, public_phone=one.public_phone,
                base_lon=lon, base_lat=lat,
            )  # fmt: skip
            made[one.name, one.phone] = officer
        elif one.known is not None:
            known.add(officer.id)
            _fill_in(session, officer, one, who)
        for code in one.codes:
            if book.is_posted(officer.id, code, one.duty, one.post, one.starts):
                already += 1
                continue
            add_posting(
                session, officer, code, one.starts, who=who, duty=one.duty, post=one.post, ends=one.ends,
                jurisdiction_id=jurisdiction_id,
            )  # fmt: skip
            posted += 1
    return Written(added=len(made), known=len(known), posted=posted, posted_already=already)


def _fill_in(session: Session, officer: Officer, one: Wanted, who: str) -> None:
    """Keep what a list knows of someone and nobody has written yet; what is written stays."""
    lon, lat = one.place or (None, None)
    given = {"phone": one.phone, "public_phone": one.public_phone, "base_lon": lon, "base_lat": lat}
    new = {name: value for name, value in given.items() if value and not getattr(officer, name)}
    if new:
        change_officer(session, officer.id, officer.version, who=who, values=new)


class _Looker:
    """Goes through rows and keeps what is wrong with them."""

    def __init__(self, columns: Mapping[str, str], grids: Mapping[str, str], book: OfficerBook, starts: date) -> None:
        self.faults: list[Fault] = []
        self._columns = columns
        self._codes = {code.casefold(): code for code in grids}
        named: dict[str, list[str]] = {}
        for code, name in grids.items():
            named.setdefault(plain(name), []).append(code)
        self._named = {name: codes[0] for name, codes in named.items() if len(codes) == 1}
        self._duties = {plain(word): duty for duty in DUTIES for word in (duty, *DUTY_WORDS[duty])}
        self._book = book
        self._starts = starts
        self._seen: dict[tuple[str, str, str, str], int] = {}

    def look(self, row: Row) -> Wanted | None:
        """Return what a row asks for; None where anything is wrong with it."""
        before = len(self.faults)
        name, phone = row.cells.get("name", ""), row.cells.get("phone", "")
        wanted = Wanted(row=row.number, name=name, phone=phone, starts=self._starts)
        wanted.public_phone = row.cells.get("public_phone", "")
        if not name or len(name) > 80:
            self._wrong(row, "name", Said("a name has 1 to 80 characters"))
        for column in ("phone", "public_phone"):
            if not PHONE.fullmatch(row.cells.get(column, "")):
                said = Said("a phone number has digits, spaces, + ( ) - alone, 40 at most; a cell has one number")
                self._wrong(row, column, said)
        self._duty(row, wanted)
        self._post(row, wanted)
        self._days(row, wanted)
        self._grids(row, wanted)
        self._place(row, wanted)
        if name:
            self._same(row, wanted)
        return wanted if len(self.faults) == before else None

    def _duty(self, row: Row, wanted: Wanted) -> None:
        text = row.cells.get("duty", "")
        duty = self._duties.get(plain(text)) if text else "officer"
        if duty is None:
            words = some([DUTY_WORDS[one][0] for one in DUTIES], limit=len(DUTIES))
            self._wrong(row, "duty", Said("“{text}” is no role; write one of {words}", text=text, words=words))
        wanted.duty = duty or "officer"

    def _post(self, row: Row, wanted: Wanted) -> None:
        text = row.cells.get("post", "A")
        wanted.post = plain(text).upper().removesuffix("岗")
        if wanted.post not in ("A", "B"):
            self._wrong(row, "post", Said("“{text}” is neither A nor B", text=text))

    def _days(self, row: Row, wanted: Wanted) -> None:
        days: dict[str, date] = {}
        for name in ("starts", "ends"):
            text = row.cells.get(name)
            day = None if text is None else _day(text)
            if day is not None:
                days[name] = day
            elif text is not None:
                self._wrong(row, name, Said("“{text}” is no day; write it like 2026-03-01", text=text))
        wanted.starts = days.get("starts", self._starts)
        if "ends" in days:
            if days["ends"] < wanted.starts and ("starts" in days or "starts" not in row.cells):
                self._wrong(row, "ends", Said("the last day is before the first one, {starts}", starts=wanted.starts))
            wanted.ends = min(days["ends"], date.max - timedelta(1)) + timedelta(1)

    def _grids(self, row: Row, wanted: Wanted) -> None:
        text = row.cells.get("grid", "")
        if not text:
            return
        parts = [text] if self._code(text) else [part for part in PARTS.split(text) if part]
        for part in parts:
            code = self._code(part)
            if code is None:
                near = [one for one in self._codes.values() if BEFORE.sub("", one) == BEFORE.sub("", part)]
                hint = Said("is {code} meant?", code=near[0]) if near else Said("write its code or its name")
                self._wrong(row, "grid", Said("there is no grid “{text}”; {hint}", text=part, hint=hint))
            elif code not in wanted.codes:
                wanted.codes.append(code)

    def _code(self, text: str) -> str | None:
        return self._codes.get(text.casefold()) or self._named.get(plain(text))

    def _place(self, row: Row, wanted: Wanted) -> None:
        lon, lat = (_number(row.cells.get(name)) for name in ("lon", "lat"))
        if "lon" not in row.cells and "lat" not in row.cells:
            return
        if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
            self._wrong(row, "lon", Said("a place needs both its longitude and its latitude, in degrees"))
        else:
            wanted.place = (lon, lat)

    def _same(self, row: Row, wanted: Wanted) -> None:
        """Find who is there already, and rows that say the same twice."""
        same = [one for one in self._book.called(wanted.name) if not wanted.phone or one.phone in (wanted.phone, "")]
        if len(same) > 1:
            said = Said("{count} officers are called {name}; write the phone, too", count=len(same), name=wanted.name)
            self._wrong(row, "name", said)
        wanted.known = same[0] if len(same) == 1 else None
        for code in wanted.codes or [""]:
            first = self._seen.setdefault((wanted.name, wanted.phone, code, wanted.duty), row.number)
            if first != row.number:
                self._wrong(row, "name", Said("says the same as row {row}", row=first))

    def _wrong(self, row: Row, column: str, text: Words) -> None:
        called = self._columns.get(column) or HEADERS[column][0]
        self.faults.append(Fault(row=row.number, column=called, text=text))


def _day(text: str) -> date | None:
    parts = DAY.fullmatch(text)
    try:
        return None if parts is None else date(*(int(part) for part in parts.groups()))
    except ValueError:
        return None


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None
