"""`run` on a small project of its own, with a real virtual environment and a real pip, and no network."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import textwrap
import zipfile
from pathlib import Path

import pytest

RUN = Path(__file__).resolve().parent.parent / "run"
SAYS_UNAVAILABLE = 69

BACKEND = """
import zipfile
NAME = "gridgis-0.0.1"
def build_editable(folder, config_settings=None, metadata_directory=None):
    file = NAME + "-py3-none-any.whl"
    info = NAME + ".dist-info/"
    with zipfile.ZipFile(folder + "/" + file, "w") as wheel:
        import os
        wheel.writestr("_gridgis.pth", os.getcwd())
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: gridgis\\nVersion: 0.0.1\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: t\\nTag: py3-none-any\\n")
        wheel.writestr(info + "RECORD", "")
    return file
"""

BUILDER = "open('web/bundle', 'a').write('built')"

PROGRAM = """
import sys, tiny
print("program", *sys.argv[1:])
sys.exit(7)
"""


def write_wheel(folder: Path) -> str:
    """Write a package with nothing in it; return its locked requirement."""
    path = folder / "tiny-1.0-py3-none-any.whl"
    info = "tiny-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", "")
        wheel.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: t\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return f"tiny==1.0 \\\n    --hash=sha256:{digest}\n"


class Checkout:
    """A small project with the real `run`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copy(RUN, root / "run")
        self.venv = root / ".venv"
        self.state = self.venv / "gridgis-state.json"
        (root / "backend.py").write_text(BACKEND)
        (root / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            '[project]\nname = "gridgis"\nversion = "0.0.1"\n'
        )
        self.builder = root / "web" / "hatch_build.py"
        self.builder.parent.mkdir()
        self.builder.write_text(BUILDER)
        (root / "web" / "frontend" / "src").mkdir(parents=True)
        (root / "gridgis").mkdir()
        (root / "gridgis" / "__init__.py").touch()
        (root / "gridgis" / "__main__.py").write_text(textwrap.dedent(PROGRAM))
        self.lock = root / "requirements.lock"
        self.lock.write_text(write_wheel(root))
        (root / "requirements-dev.lock").write_text(f"uv==0.0.0 \\\n    --hash=sha256:{'0' * 64}\n    # via us\n")

    def command(self, *arguments: str, before: str = "") -> list[str]:
        if not before:
            return [sys.executable, str(self.root / "run"), *arguments]
        start = (
            f"import runpy, sys; sys.argv = sys.argv[1:]; {before}; runpy.run_path(sys.argv[0], run_name='__main__')"
        )
        return [sys.executable, "-c", start, str(self.root / "run"), *arguments]

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "GRIDGIS_"))}
        quiet = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.root), "PATH": os.defpath}
        return kept | quiet | more

    def start(self, *arguments: str, before: str = "", **more: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            self.command(*arguments, before=before),
            env=self.environment(**more), cwd=self.root.parent, capture_output=True, text=True, check=False,
        )  # fmt: skip


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A project that has been set up once."""
    made = Checkout(tmp_path_factory.mktemp("checkout"))
    first = made.start("hello", "world")
    assert first.returncode == 7, first.stderr
    assert first.stdout == "program hello world\n"
    assert "installing 1 packages" in first.stderr
    return made


@pytest.fixture
def fresh(tmp_path):
    root = tmp_path / "fresh"
    root.mkdir()
    return Checkout(root)


def test_warm_start_only_hands_over(checkout):
    again = checkout.start("hello")
    assert (again.returncode, again.stdout, again.stderr) == (7, "program hello\n", "")


def test_without_arguments_it_says_what_it_does_and_sets_nothing_up(fresh):
    done = fresh.start()
    assert done.returncode == 0
    assert "./run demo" in done.stdout
    assert not fresh.venv.exists()


def test_changed_lock_is_installed_anew(checkout):
    checkout.lock.write_text(checkout.lock.read_text() + "# another line\n")
    assert "installing" in checkout.start("hello").stderr
    assert checkout.start("hello").stderr == ""


def test_changed_front_end_is_built_anew(checkout):
    before = (checkout.root / "web" / "bundle").read_text()
    (checkout.root / "web" / "frontend" / "src" / "map.js").write_text("one")
    assert "installing" in checkout.start("hello").stderr
    assert (checkout.root / "web" / "bundle").read_text() == before + "built"
    assert checkout.start("hello").stderr == ""


def test_front_end_that_cannot_be_built_is_one_clear_message(fresh):
    fresh.builder.write_text("import sys; sys.exit('gridgis: npm is out of reach; set NPM_CONFIG_REGISTRY')")
    done = fresh.start("hello")
    assert done.returncode == SAYS_UNAVAILABLE
    assert done.stderr.splitlines()[-1] == "gridgis: npm is out of reach; set NPM_CONFIG_REGISTRY"
    fresh.builder.write_text(BUILDER)
    assert fresh.start("hello").returncode == 7


def test_broken_off_set_up_begins_anew(checkout):
    debris = checkout.venv / "lib" / "half-written"
    debris.write_text("")
    state = json.loads(checkout.state.read_text())
    checkout.state.write_text(json.dumps(state | {"installed": {}, "unfinished": "run"}))
    done = checkout.start("hello")
    assert done.returncode == 7
    assert "beginning anew" in done.stderr
    assert not debris.exists()


def test_unreachable_package_is_one_clear_message_and_keeps_what_was_there(checkout):
    before = checkout.lock.read_text()
    checkout.lock.write_text(before + f"nowhere-to-be-had==1.0 \\\n    --hash=sha256:{'1' * 64}\n")
    done = checkout.start("hello")
    assert done.returncode == SAYS_UNAVAILABLE
    assert "could not be installed" in done.stderr
    assert "nowhere-to-be-had" in done.stderr
    assert "PIP_INDEX_URL" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    checkout.lock.write_text(before)
    assert checkout.start("hello").returncode == 7


def test_two_first_starts_at_once(fresh):
    both = [
        subprocess.Popen(
            fresh.command("hello"), env=fresh.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    ends = [process.communicate() for process in both]
    assert [process.returncode for process in both] == [7, 7]
    assert [stdout for stdout, _ in ends] == ["program hello\n"] * 2
    assert sum("installing" in stderr for _, stderr in ends) == 1


def test_foreign_folder_is_left_alone(fresh, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "holiday.jpg").write_text("")
    done = fresh.start("hello", GRIDGIS_VENV=str(photos))
    assert done.returncode == SAYS_UNAVAILABLE
    assert str(photos) in done.stderr
    assert "GRIDGIS_VENV" in done.stderr
    assert [path.name for path in photos.iterdir()] == ["holiday.jpg"]


def test_python_without_venv_names_the_package_to_install(fresh):
    done = fresh.start("hello", before="sys.modules['ensurepip'] = None")
    assert done.returncode == SAYS_UNAVAILABLE
    assert f"apt-get install python{sys.version_info[0]}.{sys.version_info[1]}-venv" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("version", [(3, 8, 18), (3, 10, 1), (3, 99, 0)])
def test_unfit_python_is_refused_with_the_remedy(fresh, tmp_path, version):
    done = fresh.start("hello", before=f"sys.version_info = {version}", PATH=str(tmp_path))
    assert done.returncode == 1
    assert f"this is {version[0]}.{version[1]}" in done.stderr
    assert "Install one" in done.stderr
    assert not fresh.venv.exists()


def test_unfit_python_hands_over_to_a_fit_one_on_the_path(fresh, tmp_path):
    fit = f"python3.{sys.version_info[1]}"
    (tmp_path / fit).symlink_to(sys.executable)
    done = fresh.start(before="sys.version_info = (3, 8, 18)", PATH=str(tmp_path))
    assert done.returncode == 0
    assert "./run demo" in done.stdout
