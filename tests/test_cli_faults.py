"""The command line where something is wrong: one message, no traceback, nothing half-written."""

import signal
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import pytest
from town_files import BANDS, boundary_frame, buildings_frame, layer_arguments, partition, write_town


@pytest.fixture
def town(tmp_path) -> Path:
    return write_town(tmp_path)


def written(town: Path, name: str, frame: gpd.GeoDataFrame) -> dict[str, Path]:
    path = town / f"{name}-bad.gpkg"
    frame.to_file(path)
    return {name: path}


def no_such_file(town):
    return {"buildings": town / "nowhere.gpkg"}, (), ("nowhere.gpkg",)


def no_crs(town):
    return (
        written(town, "buildings", buildings_frame().set_crs(None, allow_override=True)),
        (),
        ("coordinate system", "--crs"),
    )


def text_for_counts(town):
    frame = buildings_frame()
    frame["households"] = ["many" if i < 3 else "10" for i in range(len(frame))]
    return written(town, "buildings", frame), (), ("households", "many")


def empty_layer(town):
    return written(town, "buildings", buildings_frame().iloc[:0]), (), ("buildings",)


def boundary_is_a_line(town):
    frame = boundary_frame().set_geometry(boundary_frame().boundary)
    return written(town, "boundary", frame), (), ("boundary", "polygon")


def buildings_all_outside(town):
    frame = buildings_frame()
    frame.geometry = frame.translate(50_000)
    return written(town, "buildings", frame), (), ("buildings", "96")


def negative_counts(town):
    frame = buildings_frame()
    frame.loc[[4, 7], "households"] = -1
    return written(town, "buildings", frame), (), ("households", "2", "b4", "b7")


def upside_down_band(town):
    return {}, ("--households", "500:300"), ("500:300", "300:500")


def no_band(town):
    return {}, ("--households", "many"), ("many", "300:500")


def more_grids_than_buildings(town):
    return {}, ("--grids", "1000"), ("1,000", "96")


def zero_grids(town):
    return {}, ("--grids", "0"), ("0 grids",)


def no_such_column(town):
    return {}, ("--column", "households=nothing"), ("nothing",)


def not_a_column(town):
    return {}, ("--column", "households"), ("households=户数",)


BAD_INPUT = [
    no_such_file, no_crs, text_for_counts, empty_layer, boundary_is_a_line, buildings_all_outside, negative_counts,
    upside_down_band, no_band, more_grids_than_buildings, zero_grids, no_such_column, not_a_column,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize("bad", BAD_INPUT, ids=lambda bad: bad.__name__)
def test_bad_input_is_one_message_and_leaves_nothing_behind(bad, town, capsys):
    files, options, words = bad(town)
    before = sorted(town.iterdir())
    assert partition(town, *options, **files) == 2
    said = capsys.readouterr()
    assert said.out == ""
    for word in words:
        assert word in said.err
    assert "Traceback" not in said.err
    assert sorted(town.iterdir()) == before


def test_output_that_is_a_file_is_refused_before_any_work(town, capsys):
    (town / "out").write_text("")
    assert partition(town) == 2
    assert "is a file" in capsys.readouterr().err


def test_unexpected_error_is_one_line_and_debug_shows_where(town, capsys, monkeypatch):
    def surprise(*arguments, **options):
        raise RuntimeError("the sky fell")

    monkeypatch.setattr("gridgis.plan.build_graph", surprise)
    assert partition(town) == 70
    said = capsys.readouterr().err
    assert "the sky fell" in said
    assert "--debug" in said
    assert "Traceback" not in said
    assert partition(town, "--debug") == 70
    assert "Traceback" in capsys.readouterr().err


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_stopping_leaves_nothing_behind(town, sign):
    before = sorted(town.iterdir())
    # Started in the background, a process inherits a deaf ear to Ctrl-C.
    listen = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    command = [sys.executable, "-c", f"{listen}; from gridgis.cli import main; main()", "partition"]
    command += [*layer_arguments(town), *BANDS, "-o", str(town / "out")]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stderr:
            if "Reading" in line:
                break
        process.send_signal(sign)
        said = process.communicate()[1]
    # Where the interrupt met an import, Python ends by the signal itself; a shell calls both 130.
    assert process.returncode in (130, -signal.SIGINT)
    assert said.splitlines()[-1].startswith("stopped")
    assert "Traceback" not in said
    assert sorted(town.iterdir()) == before
