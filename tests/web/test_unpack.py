"""What anybody may send: names in any encoding, nothing outside its folder, nothing too large, nothing left behind."""

import io
import os
import random
import stat
import struct
import tempfile
import time
import zipfile
import zlib
from pathlib import Path

import pytest
from gridgis_web.imports.archive import Limits
from gridgis_web.imports.names import fault_of_name, safe_name
from gridgis_web.imports.unpack import PREFIX, Sent, pack, unpack, upload_folder
from hypothesis import given
from hypothesis import strategies as st
from sent_layers import AsWindowsDoes, zipped

from gridgis.errors import InputError

LIMITS = Limits(size=4_000_000, entries=50, small=100_000)
JSON = b'{"type": "FeatureCollection", "features": []}'


@pytest.fixture(autouse=True)
def own_temp(tmp_path_factory, monkeypatch):
    """Every test has a folder for temporary ones, which is empty in the end."""
    place = tmp_path_factory.mktemp("temp")
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    yield place
    assert list(place.iterdir()) == []


def taken(*sent, limits=LIMITS):
    """Unpack, and return name -> bytes, and what was left out."""
    with upload_folder() as folder:
        found = unpack([Sent(name, io.BytesIO(content)) for name, content in sent], folder, limits)
        on_disk = {str(f.relative_to(found.folder)) for f in found.folder.rglob("*") if f.is_file()}
        assert set(found.files) <= on_disk
        return {name: (found.folder / name).read_bytes() for name in found.files}, found.left_out


def refused(*sent, limits=LIMITS):
    with pytest.raises(InputError) as error:
        taken(*sent, limits=limits)
    return str(error.value)


@pytest.mark.parametrize("kind", [zipfile.ZipInfo, AsWindowsDoes])
def test_chinese_names_are_read_whoever_packed_them(kind):
    # 璞 ends with the byte of a backslash in GBK
    names = ["样例/边界.geojson", "样例/璞园.geojson"]
    files, left_out = taken(("社区.zip", zipped(dict.fromkeys(names, JSON), kind=kind)))
    assert set(files) == set(names)
    assert left_out == {}


def test_the_name_in_the_unicode_field_counts():
    raw = "边界.geojson".encode("gbk")
    field = struct.pack("<BI", 1, zlib.crc32(raw)) + "界.geojson".encode()
    entry = AsWindowsDoes("边界.geojson")
    entry.extra = struct.pack("<HH", 0x7075, len(field)) + field
    assert list(taken(("a.zip", zipped([(entry, JSON)])))[0]) == ["界.geojson"]


def test_several_files_at_once_and_parts_of_shapefiles_stay_together():
    shp = b"\0\0\x27\x0a" + bytes(96)
    files, left_out = taken(
        ("a.SHP", shp), ("A.dbf", b"x"), ("b.dbf", b"x"), ("说明.docx", b"x"), ("路.geojson", JSON),
        ("两个.zip", zipped({"路.geojson": JSON, "__MACOSX/._路.geojson": b"x", "a.sbn": b"x"})),
    )  # fmt: skip
    assert list(files) == ["A.dbf", "a.SHP", "两个/路.geojson", "路.geojson"]
    assert set(left_out) == {"b.dbf", "说明.docx"}


def link():
    entry = zipfile.ZipInfo("link.geojson")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    return [(entry, b"/etc/passwd")]


def encrypted():
    content = bytearray(zipped({"a.geojson": JSON}))
    content[6] |= 1
    content[content.find(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def lying():
    """Says that its file is small; it is not."""
    content = bytearray(zipped({"a.geojson": b"{" + bytes(9_000_000)}))
    for at in (22, content.find(b"PK\x01\x02") + 24):
        content[at : at + 4] = struct.pack("<I", 1000)
    return bytes(content)


@pytest.mark.parametrize(("content", "told"), [
    (zipped({"../a.geojson": JSON}), "out of its folder"),
    (zipped({"a/../../b.geojson": JSON}), "out of its folder"),
    (zipped({"..\\a.geojson": JSON}), "out of its folder"),
    (zipped({".. /a.geojson": JSON}), "out of its folder"),
    (zipped({"/etc/a.geojson": JSON}), "full path"),
    (zipped({"C:\\a.geojson": JSON}), "full path"),
    (zipped({"\\\\host\\a.geojson": JSON}), "full path"),
    (zipped({"a/" * 9 + "a.geojson": JSON}), "folders deep"),
    (zipped(link()), "a link or a device"),
    (zipped({"a.geojson": JSON, "b.zip": zipped({"a.geojson": JSON})}), "archive within the archive"),
    (zipped({"a.geojson": JSON, "b.RAR": b"x"}), "archive within the archive"),
    (zipped({"a.geojson": JSON, "A.GEOJSON": JSON}), "is there twice"),
    (zipped({f"{i}.geojson": JSON for i in range(51)}), "more than 50 files"),
    (zipped({"a.geojson": b"{" + bytes(3_900_000)}), "times its size"),
    (zipped({"a.geojson": b"{" + os.urandom(10), "b.geojson": bytes(5_000_000)}), "5 MB unpacked"),
    (encrypted(), "password"),
    (lying(), "cannot be unpacked"),
    (zipped({"a.txt": b"x"}), "there is no layer in it"),
    (zipped({}), "there is no layer in it"),
    (zipped({"a.gpkg": b"<OGRVRTDataSource><SrcDataSource>/etc/passwd"}), "is no .gpkg file"),
    (zipped({"a.json": b"<OGRVRTDataSource>"}), "is no .json file"),
    (zipped({"a.osm": b"<?xml version='1.0'?><!DOCTYPE osm [<!ENTITY a 'a'>]><osm>&a;</osm>"}), "is no .osm file"),
    (zipped({"a.shp": b"MZ"}), "is no .shp file"),
    (zipped({"a.geojson": b""}), "is empty"),
    (zipped({"a.geojson": JSON})[:-9], "no end"),
    (b"PK\x03\x04", "no end"),
    (b"", "no end"),
])  # fmt: skip
def test_a_zip_not_to_be_trusted_is_refused_and_says_why(content, told):
    assert told in refused(("a.zip", content))


def test_methods_that_cannot_be_unpacked_and_other_archives_are_refused():
    content = bytearray(zipped({"a.geojson": JSON}))
    for at in (8, content.find(b"PK\x01\x02") + 10):
        content[at : at + 2] = struct.pack("<H", 9)
    assert "cannot be unpacked" in refused(("a.zip", bytes(content)))
    assert "pack it as .zip" in refused(("a.rar", b"x"))


def test_all_faults_are_told_at_once():
    told = refused(("a.zip", zipped({"../a": b"x", "b.zip": b"x"})), ("b.7z", b"x"), ("../c.geojson", JSON))
    assert [word in told for word in ("out of its folder", "within the archive", "b.7z", "c.geojson")] == [True] * 4


def test_weight_is_counted_as_it_comes_over_all_files():
    big = b"{" + os.urandom(2_500_000)
    assert "weighs more than 4 MB" in refused(("a.geojson", big), ("b.geojson", big))
    assert "weighs more than 4 MB" in refused(
        ("a.zip", zipped({"a.geojson": big})), ("b.zip", zipped({"b.geojson": big}))
    )


def test_a_list_of_contents_that_would_fill_the_memory_is_not_read():
    content = bytearray(zipped({"a.geojson": JSON}))
    at = content.rfind(b"PK\x05\x06")
    content[at + 12 : at + 16] = struct.pack("<I", 900_000_000)
    assert "list of contents is 900 MB long" in refused(("a.zip", bytes(content)))


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=120))
def test_a_name_without_fault_stays_in_its_folder_and_can_be_written(name):
    if fault_of_name(name) is not None:
        return
    safe = safe_name(name)
    parts = safe.split("/")
    assert all(part not in ("", ".", "..") and len(part.encode()) <= 255 for part in parts)
    assert not set(safe) & set('<>:"|?*\\\0')
    assert (Path("/folder") / safe).resolve().is_relative_to("/folder")
    assert safe_name(safe) == safe
    assert fault_of_name(safe) is None


@given(st.lists(st.sampled_from(["..", ".", "a", "边界.shp", "", " ", "...", "\\", "C:", "~"]), min_size=1, max_size=6))
def test_no_way_of_writing_dots_and_slashes_leads_out(parts):
    name = "/".join(parts)
    if fault_of_name(name) is None:
        assert (Path("/folder") / safe_name(name)).resolve().is_relative_to("/folder/")
    if ".." in parts:
        assert fault_of_name(name) is not None


def test_a_zip_with_any_byte_changed_is_unpacked_or_refused():
    sound = zipped({"样例/边界.geojson": JSON * 20, "a.geojson": JSON, "说明.txt": b"x"}, kind=AsWindowsDoes)
    chance = random.Random(3)
    ends = {"unpacked": 0, "refused": 0}
    for _ in range(500):
        content = bytearray(sound)
        for _ in range(chance.choice((1, 1, 2, 8))):
            content[chance.randrange(len(content))] = chance.randrange(256)
        try:
            taken(("a.zip", bytes(content)))
            ends["unpacked"] += 1
        except InputError:
            ends["refused"] += 1
    assert all(ends.values())


def test_what_is_kept_is_the_same_files_and_the_same_bytes():
    files = {"样例/边界.geojson": JSON, "b.geojson": JSON + b" "}
    with upload_folder() as folder:
        found = unpack([Sent("a.zip", io.BytesIO(zipped(files)))], folder, LIMITS)
        for name in ("1.zip", "2.zip"):
            pack(found, folder / name)
        kept = (folder / "1.zip").read_bytes()
        assert kept == (folder / "2.zip").read_bytes()
    assert taken(("kept.zip", kept))[0] == files


def test_what_a_killed_program_left_goes_and_what_is_in_use_stays(own_temp):
    old, new = own_temp / f"{PREFIX}old", own_temp / f"{PREFIX}new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "边界.shp").write_bytes(b"x")
    os.utime(old, (time.time() - 200_000,) * 2)
    with upload_folder():
        assert not old.exists()
        assert new.exists()
    (new / "边界.shp").unlink()
    new.rmdir()
