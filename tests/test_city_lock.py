"""Two runs never write into one city's folder at once; a lock that a dead process left is no lock."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from four_towns import OPTIONS, frames

from gridgis import read_layers
from gridgis.city import make_city
from gridgis.city.lock import NAME, locked
from gridgis.city.runners import run_here
from gridgis.errors import ExportError, InputError

HOLD = """
import sys
from pathlib import Path
from gridgis.city.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.communicate()


def test_a_second_run_is_refused_and_told_who_is_at_work(tmp_path, holder):
    layers = read_layers(**frames())
    with pytest.raises(InputError, match=rf"another run is at work there \(process {holder.pid} on .*give -o another"):
        make_city(layers, OPTIONS, folder=tmp_path)
    with pytest.raises(InputError, match="another run"):
        make_city(layers, OPTIONS, folder=tmp_path, runner=run_here)  # whoever does the work
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    holder.communicate("")
    assert not (tmp_path / NAME).exists()
    with locked(tmp_path):
        assert json.loads((tmp_path / NAME).read_text())["pid"] == os.getpid()


def test_the_lock_of_a_killed_process_is_taken_over(tmp_path, holder):
    holder.send_signal(signal.SIGTERM if sys.platform == "win32" else signal.SIGKILL)
    holder.wait()
    assert (tmp_path / NAME).exists()
    with locked(tmp_path):
        told = json.loads((tmp_path / NAME).read_text())
        assert told["pid"] == os.getpid()
        with pytest.raises(InputError, match=f"process {os.getpid()}"), locked(tmp_path):
            pass
    assert not list(tmp_path.iterdir())


def test_many_who_want_it_get_it_one_at_a_time(tmp_path):
    """Each finds the folder without another's mark, however the lock's file comes and goes."""
    code = """
import sys, time
from pathlib import Path
from gridgis.city.lock import locked
from gridgis.errors import InputError
folder, mark, done = Path(sys.argv[1]), Path(sys.argv[1]) / "mark", 0
while done < 30:
    try:
        with locked(folder):
            mark.touch(exist_ok=False)
            mark.unlink()
            done += 1
    except InputError:
        time.sleep(0.0005)
"""
    several = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path)]) for _ in range(4)]
    assert [process.wait() for process in several] == [0, 0, 0, 0]


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path):
    (tmp_path / "file").write_text("mine")
    with (
        pytest.raises(ExportError, match="choose a folder that you may write to"),
        locked(Path(tmp_path / "file" / "x")),
    ):
        pass
