"""Officers by a list from a spreadsheet: every fault by its row, and nothing is written while one is wrong."""

import io
import json
import zipfile
from datetime import date, datetime, timedelta

import pytest
from gridgis_web.staffing.officer_list import HEADERS, look_at
from gridgis_web.staffing.sheet import read_sheet
from gridgis_web.store.models import AuditEntry, Officer, Posting
from gridgis_web.store.officers import OfficerBook
from openpyxl import Workbook
from people import TODAY
from sqlalchemy import select
from test_api import Town

from gridgis.errors import InputError

CHINESE = ["姓名", "联系电话", "角色", "网格编号", "A/B岗", "上岗日期", "结束日期", "备注"]


def xlsx(*rows):
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def csv(*rows, encoding="gb18030", delimiter=","):
    return "\r\n".join(delimiter.join(map(str, row)) for row in rows).encode(encoding)


def read(content, name="名单.xlsx"):
    return read_sheet(name, io.BytesIO(content), HEADERS, needed="name")


def looked(content, grids=("001", "002", "010"), book=None):
    book = book or OfficerBook(by_name={}, postings={})
    return look_at(read(content), {code: f"第{code}网格" for code in grids}, book, starts=date(2026, 5, 1))


def plainly(found):
    return [
        (one.name, one.phone, one.duty, one.post, one.codes, one.starts, one.ends) for one in found.right
    ]  # fmt: skip


EXPECTED = [
    ("样例甲", "13800000001", "officer", "A", ["001"], date(2026, 3, 1), date(2026, 4, 1)),
    ("样例乙", "000-2", "leader", "B", ["001", "002"], date(2026, 5, 1), None),
    ("样例丙", "", "police", "A", ["010"], date(2026, 5, 1), None),
    ("样例丁", "", "officer", "A", [], date(2026, 5, 1), None),
]


@pytest.mark.parametrize(
    "content",
    [
        xlsx(
            ["某社区网格员名单（样例）"], [], CHINESE,
            ["样例甲", 13800000001, "网格员", "001", "A岗", datetime(2026, 3, 1), "2026年3月31日", "x"],
            ["样例乙", "０００－２", "网格长", "001、002", "B", None, None, None],
            [None] * 8,
            ["样例丙", None, "民警", "第010网格", None, None, None, None],
            ["样例丁", None, None, None, None, None, None, None],
        ),
        *(
            csv(
                CHINESE,
                ["样例甲", "13800000001", "网格员", "001", "A", "2026/3/1", "20260331", ""],
                ["样例乙", "000-2", "网格长", "001 002", "B岗"],
                ["样例丙", "", "社区民警", "010"],
                ["样例丁"],
                encoding=encoding,
                delimiter=delimiter,
            )
            for encoding, delimiter in (("gb18030", ","), ("utf-8-sig", ";"), ("utf-16", "\t"))
        ),
        csv(
            ["Name", "PHONE", "Role", "Grid code", "A/B", "From", "Last day"],
            ["样例甲", "13800000001", "Officer", "001", "a", "2026-03-01", "2026-03-31"],
            ["样例乙", "000-2", "grid leader", "001;002", "B"],
            ["样例丙", "", "police officer", "010"],
            ["样例丁"],
            encoding="utf-8",
        ),
    ],
)  # fmt: skip
def test_lists_are_read_as_people_keep_them(content):
    found = looked(content)
    assert [(fault.row, str(fault.text)) for fault in found.faults] == []
    assert plainly(found) == EXPECTED
    assert found.read == len(EXPECTED)


def test_every_fault_is_told_by_its_row_and_column():
    found = looked(
        csv(
            [*CHINESE[:7], "经度", "纬度"],
            ["样例甲", "138、139", "大王", "1", "C", "明天", "2026-01-01"],
            ["", "000-1", "网格员"],
            ["样例乙", "000-2", "网格员", "001", "", "2026-05-03", "2026-05-02", "120", ""],
            ["样例丙", "000-3", "", "002"],
            ["样例丙", "000-3", "", "002"],
            ["样例丙", "000-4", "", "002"],
        )
    )
    assert [(fault.row, fault.column) for fault in found.faults] == [
        (2, "联系电话"), (2, "角色"), (2, "A/B岗"), (2, "上岗日期"), (2, "网格编号"), (3, "姓名"),
        (4, "结束日期"), (4, "经度"), (6, "姓名"),
    ]  # fmt: skip
    said = [fault.text.to("en") for fault in found.faults]
    assert "is 001 meant?" in said[4]
    assert "row 5" in said[-1]
    assert "是否指 001" in found.faults[4].text.to("zh")
    assert [one.row for one in found.right] == [5, 7]


def bomb():
    out = io.BytesIO(xlsx(["姓名"]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/x.xml", b" " * (40 << 20))
    return out.getvalue()


def entities():
    out = io.BytesIO(xlsx(["姓名"]))
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/more.xml", b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no column"), (csv(["电话"], ["1"]), "no column “姓名”"), (b"\x00\x01\x02" * 99, "neither a spreadsheet"),
        (b"PK\x03\x04 and nothing behind", "zip file"), (csv(["姓名", "电话", "手机"], ["甲"]), "mean the same"),
        (b"x" * (6 << 20), "more than 5 MB"), (csv(["姓名"], *[["甲"]] * 20_000), "rows"),
        (entities(), "not what spreadsheets hold"),
    ],
)  # fmt: skip
def test_what_is_no_list_is_refused(content, said):
    with pytest.raises(InputError, match=said):
        read(content)


def test_what_unpacks_to_far_more_is_refused():
    with pytest.raises(InputError, match="unpacks to"):
        read(bomb())


def test_a_list_is_written_as_a_whole_or_not_at_all(store, tmp_path):
    town = Town(store, tmp_path / "own")
    grids = town.codes

    def send(content, query="", login="planner", name="名单.xlsx", place=None):
        return town.ask(
            f"/officers/import?jurisdiction_id={place or town.place}{query}", method="POST", login=login,
            data={"file": (io.BytesIO(content), name)}, content_type="multipart/form-data",
        )  # fmt: skip

    def kept():
        with store.read() as session:
            return (
                {(one.name, one.phone) for one in session.scalars(select(Officer))},
                [(one.officer.name, one.grid_code, one.duty, one.post, one.starts, one.ends)
                 for one in session.scalars(select(Posting).order_by(Posting.id))],
            )  # fmt: skip

    header = ["姓名", "电话", "角色", "网格", "办公电话"]
    # 甲 One is there; 乙 Two is there with a posting like this one
    good = [["甲 One", "", "网格长", grids[1], "010-9"], ["样例新", "000-7", "网格员", f"{grids[2]}、{grids[3]}"],
            ["乙 Two", "13800000000", "网格员", grids[1]]]  # fmt: skip
    bad = ["样例错", "000-8", "网格员", "不存在"]
    before = kept()
    refused = send(xlsx(header, *good, bad))
    assert refused.status_code == 200
    assert {key: refused.json[key] for key in ("read", "right", "written", "added", "posted")} == {
        "read": 4, "right": 3, "written": False, "added": 0, "posted": 0
    }  # fmt: skip
    assert [(fault["row"], fault["column"]) for fault in refused.json["faults"]] == [(5, "网格")]
    assert kept() == before
    made = send(xlsx(header, *good, bad), "&keep_right=true")
    assert {key: made.json[key] for key in ("written", "added", "known", "posted", "posted_already")} == {
        "written": True, "added": 1, "known": 2, "posted": 3, "posted_already": 1
    }  # fmt: skip
    officers, postings = kept()
    assert officers == before[0] | {("样例新", "000-7")}
    assert postings[len(before[1]) :] == [
        ("甲 One", grids[1], "leader", "A", TODAY, None),
        ("样例新", grids[2], "officer", "A", TODAY, None),
        ("样例新", grids[3], "officer", "A", TODAY, None),
    ]
    again = send(csv(header, *good, encoding="utf-8"), name="list.csv")
    assert {key: again.json[key] for key in ("added", "known", "posted", "posted_already")} == {
        "added": 0, "known": 3, "posted": 0, "posted_already": 4
    }  # fmt: skip
    later = (TODAY + timedelta(9)).isoformat()
    assert send(csv(["Name", "Grid"], ["Sample", grids[0]], encoding="utf-8"), f"&starts={later}").json["posted"] == 1
    assert kept()[1][-1][4].isoformat() == later
    assert send(xlsx(header)).status_code == 422
    for login, status in (("stranger", 404), ("officer", 403)):
        assert send(xlsx(header, *good), login=login).status_code == status
    with store.read() as session:
        entries = session.scalars(select(AuditEntry).filter_by(who="planner", subject="officer")).all()
    # whose office phone was not written yet keeps what the other list said
    assert [entry.action for entry in entries] == ["create", "create"]
    assert "000-7" not in json.dumps([[entry.before, entry.after] for entry in entries])
