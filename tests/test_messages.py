"""Every message is there in Chinese and English, says the same in both, and is said in the reader's language."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from spoken import differing, hidden, missing, spare

import gridgis
from gridgis.cli import run
from gridgis.errors import InputError, some
from gridgis.languages import Both, Said, listed

PACKAGE = Path(gridgis.__file__).parent


def test_every_message_has_its_chinese():
    assert missing(PACKAGE) == {}


def test_no_message_is_translated_that_nobody_says():
    assert spare(PACKAGE) == set()


def test_a_translation_names_what_the_original_names():
    assert differing(PACKAGE) == {}


def test_every_template_stands_in_its_call():
    assert hidden(PACKAGE) == []


def test_a_message_is_english_as_a_string_and_chinese_on_request():
    fault = Said("“{level}” is no level; choose one of {levels}", level="x", levels=listed(["a", "b"]))
    error = InputError(fault, Both("one", "一"))
    assert str(error) == "“x” is no level; choose one of a, b\none"
    assert error.lines("zh") == ["没有“x”这个层级；可用：a、b", "一"]
    assert error.lines("en") == str(error).splitlines()


def test_an_error_from_another_process_still_speaks_both():
    fault = Said("“{level}” is no level; choose one of {levels}", level=Path("x"), levels=listed(["a"]))
    error = pickle.loads(pickle.dumps(InputError(fault, some([1, 2, 3], 2))))
    assert isinstance(error, InputError)
    assert error.lines("zh") == ["没有“x”这个层级；可用：a", "1、2等3个"]
    assert error.lines("en") == ["“x” is no level; choose one of a", "1, 2 and 1 more"]


def test_names_in_a_message_can_be_changed_in_both_languages():
    fault = Said("“{value}” is not LEVEL=TEMPLATE, the level one of {levels}", value="/d/x", levels=listed(["/d/y"]))
    shorter = fault.map(lambda name: name.replace("/d/", ""))
    assert (shorter, shorter.to("zh")) == (
        "“x” is not LEVEL=TEMPLATE, the level one of y",
        "“x”的写法不对；请写成“层级=模板”，层级可用：y",
    )


def test_a_row_ends_with_its_word():
    assert [listed(row, "and") for row in (["a"], ["a", "b"], ["a", "b", "c"])] == ["a", "a and b", "a, b and c"]
    assert listed(["a", Both("b", "乙"), "c"], "or").to("zh") == "a、乙或c"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("partition", "缺少选项 --boundary"),
        ("partition --nope 1", "没有 --nope 这个选项"),
        ("partition --boundry x", "是否指 --boundary"),
        ("partition --boundary", "选项 --boundary 要带一个值"),
        ("partition --explain=x", "选项 --explain 不带值"),
        ("partition --households 500-300", "--households 的值无效：“500-300”"),
        ("partition --column a", "--column 的值无效：“a”的写法不对"),
        ("partition --objective pretty", "“pretty”不在可选范围内：balance、cut-edges、cut-length"),
        ("partition --seed x", "“x”不是整数"),
        ("partition --unit-share x", "“x”不是数字"),
        ("city --workers 0", "0超出范围x>=1"),
        ("audit", "缺少参数 GRIDS"),
        ("cases a b", "多出了参数“b”"),
    ],
)
def test_arguments_that_cannot_be_used_are_told_in_chinese(arguments, said, capsys):
    command, *rest = arguments.split()
    assert run([command, "--language=zh", *rest]) == 2
    told = capsys.readouterr().err
    assert "用法：gridgis" in told or "选项" in told
    assert said in told


def test_a_command_that_is_not_there_is_told_in_the_language_of_the_system(capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert run(["nothing"]) == 2
    assert "没有“nothing”这个命令" in capsys.readouterr().err


def test_faults_are_told_in_the_language_asked_for(tmp_path, capsys):
    files = [
        text for name in ("boundary", "buildings", "roads") for text in (f"--{name}", str(tmp_path / f"{name}.shp"))
    ]
    assert run(["partition", *files, "-o", str(tmp_path / "plan"), "--language=zh"]) == 2
    assert "错误：" in capsys.readouterr().err


def test_english_alone_needs_no_catalogue():
    script = (
        "import sys; from gridgis import cli; cli.run(['audit', '--language=en']); sys.exit('babel' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).returncode == 0
