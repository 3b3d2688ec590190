"""Boards, cards and the atlas: a page a grid, fonts in them, text that can be read, and no more than is public."""

import io
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from finished_plans import redrawn, town_plan
from PIL import Image
from pypdf import PdfReader
from shapely import LineString, affinity
from town_files import layer_arguments, partition, write_town

from gridgis.cli import run
from gridgis.errors import InputError
from gridgis.paper import Contact, Imprint, changed_since, read_contacts, write_prints
from gridgis.paper import prints as written
from gridgis.paper.portraits import portrait
from gridgis.paper.sheet import Sheet
from gridgis.paper.street_names import Street, place_names

MM = 25.4 / 72
IMPRINT = Imprint(address="https://grids.example/here", supervision_phone="0571-8000 0009", office="幸福街道")


def photo(colour="#8899aa"):
    """A picture as a phone takes it, which says where it was taken."""
    exif = Image.Exif()
    exif[0x010F] = "SECRETCAMERA"
    out = io.BytesIO()
    Image.new("RGB", (400, 300), colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


def texts(path):
    """The text of each page without its spaces, which readers put where they like."""
    return ["".join(text_of(page).split()) for page in PdfReader(path).pages]


def text_of(page):
    """A page's text; of codes of two bytes pypdf tells the first one as a letter of its own."""
    return page.extract_text().replace("\0", "")


def people_of(plan):
    code = plan.grids["code"].iloc[0]
    return {
        code: (Contact("张示例", "leader", "0571-8000 0001", portrait(photo(), "a.jpg")), Contact("李示范", "officer"))
    }


@pytest.fixture(scope="module")
def printed(tmp_path_factory):
    """Everything printed of the small town, in Chinese."""
    folder = tmp_path_factory.mktemp("paper")
    plan = town_plan()
    write_prints(plan, folder, kinds=("boards", "cards", "atlas"), people=people_of(plan), imprint=IMPRINT)
    return folder


def test_a_board_is_one_page_a_grid_of_its_size(printed):
    grids = town_plan().grids
    pages = PdfReader(printed / "boards.pdf").pages
    assert len(pages) == len(grids)
    assert {(round(float(page.mediabox.width) * MM), round(float(page.mediabox.height) * MM)) for page in pages} == {
        (210, 297)
    }
    for text, code, name in zip(texts(printed / "boards.pdf"), grids["code"], grids["name"], strict=True):
        assert name in text
        assert code.removeprefix("330102001-") in text
        assert "监督电话0571-80000009" in text
        assert "四至范围东至" in text
        assert "走访巡查，及时发现并报告安全隐患" in text


def test_people_are_on_the_boards_of_their_grids_alone(printed):
    first, *others = texts(printed / "boards.pdf")
    assert "网格长" in first
    assert "张示例" in first
    assert "0571-80000001" in first
    assert all("张示例" not in text and "待公布" in text for text in others)
    front, back, *_ = texts(printed / "cards.pdf")
    assert "张示例" in front
    assert "李示范" in front
    assert "张示例" not in back


def test_streets_have_their_names_on_the_map(printed):
    assert any("朝阳路" in text for text in texts(printed / "boards.pdf"))


@pytest.mark.parametrize("name", ["boards.pdf", "cards.pdf", "atlas.pdf"])
def test_fonts_are_in_the_file_and_only_the_letters_that_are_used(printed, name):
    fonts = {}
    for page in PdfReader(printed / name).pages:
        for font in page["/Resources"]["/Font"].values():
            fonts[font["/BaseFont"]] = font["/DescendantFonts"][0]["/FontDescriptor"]
    assert fonts
    for called, font in fonts.items():
        assert "+" in called, "it is not told as a part of a font"
        assert len(font.get("/FontFile3", font.get("/FontFile2")).get_data()) < 300_000


def test_a_photo_is_printed_without_what_the_camera_wrote(printed):
    page = PdfReader(printed / "boards.pdf").pages[0]
    assert len(page.images) == 1
    assert b"SECRETCAMERA" not in (printed / "boards.pdf").read_bytes()
    assert page.images[0].image.size == (354, 472)


def test_maps_are_lines_and_not_pictures(printed):
    for page in PdfReader(printed / "boards.pdf").pages[1:]:
        assert not page.images


def test_an_atlas_shows_all_then_each_grid_then_where_streets_are(printed):
    plan, pages = town_plan(), texts(printed / "atlas.pdf")
    assert len(pages) == 1 + len(plan.grids) + 1
    assert "总览图" in pages[0]
    assert f"{plan.grids['households'].sum():,}" in pages[0]
    for text, name, households in zip(pages[1:-1], plan.grids["name"], plan.grids["households"], strict=True):
        assert name in text
        assert f"{households:,}" in text
        assert all(side in text for side in ("东至", "南至", "西至", "北至"))
    assert "朝阳路" in pages[-1]
    assert "解放路" in pages[-1]


def test_boards_in_english_at_a3(tmp_path):
    plan = town_plan()
    write_prints(plan, tmp_path, size="A3", imprint=Imprint(language="en"), grids=[1])
    (page,) = PdfReader(tmp_path / "boards.pdf").pages
    assert round(float(page.mediabox.width) * MM) == 297
    text = text_of(page)
    assert "Bounded to the east by" in text
    assert "to be announced" in text
    assert "监督" not in text


def test_what_has_many_pages_becomes_several_files(tmp_path, monkeypatch):
    monkeypatch.setattr(written, "PAGES", 2)
    plan, told = town_plan(), []
    (tmp_path / "boards.pdf").write_bytes(b"of last year")
    (tmp_path / "notes.pdf").write_bytes(b"not ours")
    files = write_prints(plan, tmp_path, progress=lambda step, done: told.append((step, done)))
    count = -(-len(plan.grids) // 2)
    assert [file.name for file in files] == [f"boards-{number}.pdf" for number in range(1, count + 1)]
    assert sum(len(PdfReader(file).pages) for file in files) == len(plan.grids)
    assert not (tmp_path / "boards.pdf").exists()
    assert (tmp_path / "notes.pdf").exists()
    assert told[0] == ("boards", 0.0)
    assert told[-1] == ("boards", 1.0)
    assert [done for _, done in told] == sorted(done for _, done in told)


def test_only_grids_with_another_outline_or_code_have_changed():
    grids = town_plan().grids
    before = grids[["code", "geometry"]].to_crs(4326)
    assert changed_since(grids, before) == []
    moved = before.to_crs(grids.crs)
    moved.loc[moved.index[2], "geometry"] = affinity.scale(moved.geometry.iloc[2], 0.97, 1.0)
    assert changed_since(grids, moved) == [2]
    assert changed_since(grids, moved.drop(index=0)) == [0, 2]
    with pytest.raises(InputError, match="no grid has changed"):
        write_prints(town_plan(), "nowhere", grids=[])


def test_a_table_of_people_says_who_is_where_and_nothing_else_is_read(tmp_path):
    (tmp_path / "zhang.jpg").write_bytes(photo())
    table = pd.DataFrame(
        {
            "网格": ["001", "1", "002"],
            "姓名": ["李示范", "张示例", "王样本"],
            "职务": ["", "网格长", "副网格长"],
            "办公电话": ["0571-1", "0571-2", None],
            "照片": ["", "zhang.jpg", ""],
            "手机": ["139PRIVATE"] * 3,
        }
    )
    table.to_csv(tmp_path / "people.csv", index=False, encoding="gb18030")
    table.to_excel(tmp_path / "people.xlsx", index=False)
    codes, short = ["330-001", "330-002"], ["001", "002"]
    for name in ("people.csv", "people.xlsx"):
        found = read_contacts(tmp_path / name, codes, short)
        assert [(one.name, one.duty, one.phone) for one in found["330-001"]] == [
            ("张示例", "leader", "0571-2"),
            ("李示范", "officer", "0571-1"),
        ]
        assert found["330-001"][0].photo is not None
        assert found["330-002"] == (Contact("王样本", "副网格长"),)
        assert "139PRIVATE" not in repr(found)


def test_faults_of_a_table_are_all_told_with_their_rows(tmp_path):
    path = tmp_path / "people.csv"
    path.write_text("grid,name,photo\n001,,\n009,Example,\n001,Example,missing.jpg\n001,Example,people.csv\n")
    with pytest.raises(InputError) as refused:
        read_contacts(path, ["001"])
    assert [fault.split(":")[0] for fault in refused.value.faults] == [
        "people.csv, row 2",
        "people.csv, row 3",
        "people.csv, row 4",
        "the photo people.csv cannot be read; give a JPEG or PNG file",
    ]
    (tmp_path / "people.xlsx").write_bytes(b"PK no spreadsheet")
    with pytest.raises(InputError, match="cannot be read as a table"):
        read_contacts(tmp_path / "people.xlsx", ["001"])
    path.write_text("where,who\n1,2\n")
    with pytest.raises(InputError, match="needs the columns grid and name"):
        read_contacts(path, ["001"])


def test_an_address_leads_to_the_page_of_its_grid():
    assert Imprint(address="https://a.example/here").address_of("A 1") == "https://a.example/here?grid=A%201"
    assert Imprint(address="https://a.example/?x=1").address_of("7") == "https://a.example/?x=1&grid=7"
    assert Imprint(address="https://a.example/{code}").address_of("7") == "https://a.example/7"
    assert Imprint().address_of("7") == ""
    with pytest.raises(InputError, match="begins with https"):
        Imprint(address="grids.example")


def test_names_of_streets_neither_meet_nor_leave_the_map():
    frame = shapely.box(0, 0, 180, 120)
    across = [Street(f"street {y}", [LineString([(-9, y), (190, y + 3)])], 9.0) for y in range(2, 120, 4)]
    down = [Street(f"lane {x}", [LineString([(x, -9), (x, 130)])], 9.0) for x in range(5, 180, 12)]
    bent = Street("bent", [LineString([(90 + 4 * np.cos(a), 60 + 4 * np.sin(a)) for a in np.linspace(0, 6, 60)])], 9.0)
    taken = [shapely.box(0, 100, 40, 120)]
    labels = place_names(
        [*across, *down, bent], lambda text, size: len(text) * size * 0.18, frame=frame, near=frame, taken=taken
    )
    rooms = np.array([label.room for label in labels], object)
    assert len(labels) > 25
    assert "bent" not in {label.name for label in labels}
    assert shapely.contains(frame, rooms).all()
    assert not shapely.intersects(rooms, taken[0]).any()
    for i, room in enumerate(rooms):
        assert not shapely.intersects(room, np.delete(rooms, i)).any()
    assert all(-90 < label.angle <= 90 for label in labels)


def test_letters_that_the_font_lacks_come_from_another():
    sheet = Sheet((100, 100), title="x", language="zh")
    sheet.add_page()
    sheet.say(5, 20, "网格 שלום", 12, "#000000")
    page = PdfReader(io.BytesIO(sheet.output())).pages[0]
    assert len(page["/Resources"]["/Font"]) == 2
    assert set("שלום") <= set(text_of(page))


def test_lines_end_before_no_full_stop_and_within_no_word():
    sheet = Sheet((100, 100), title="x", language="zh")
    text = "东至Boulevard d'Italie、一条步行道，南至人民路。"
    for width in range(30, 90, 3):
        lines = sheet.lines(text, 10, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert not any(line.startswith(("。", "，", "、")) for line in lines)
        assert sum("Boulevard" in line for line in lines) == 1


def test_a_jurisdiction_without_names_of_streets_is_printed_too(tmp_path):
    plan = town_plan()
    nameless = replace(plan.layers, lines=plan.layers.lines.assign(name=None), name="")
    write_prints(redrawn(plan, layers=nameless), tmp_path, kinds=("atlas", "boards"), grids=[0])
    assert "没有有名称的道路" in texts(tmp_path / "atlas.pdf")[-1]


def test_the_command_prints_a_saved_plan_and_what_changed_since(tmp_path, capsys):
    town = write_town(tmp_path)
    assert partition(town, "--language", "en") == 0
    (town / "people.csv").write_text("grid,name,duty\n001,Example,leader\n")
    arguments = ["paper", str(town / "out"), *layer_arguments(town), "--language", "en", "-o", str(town / "paper")]
    capsys.readouterr()
    assert run([*arguments, "--contacts", str(town / "people.csv"), "--print", "cards"]) == 0
    count = len(gpd.read_file(town / "out" / "grids.gpkg", layer="grids"))
    assert f"{count} grids printed" in capsys.readouterr().out
    assert len(PdfReader(town / "paper" / "cards.pdf").pages) == 2 * count
    assert run([*arguments, "--since", str(town / "out")]) == 2
    assert "no grid has changed" in capsys.readouterr().err
