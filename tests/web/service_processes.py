"""Workers and servers as processes of their own, with the tests' kinds of jobs."""

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from gridgis_web.store import jobs

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LONG_S = 120
"""Beyond this something hangs; nothing is measured by it."""

WORK = """
from gridgis_web.jobs.worker import work
from gridgis_web.settings import Settings
from job_kinds import KINDS
work(Settings.read(), KINDS)
"""
SERVE = """
from gridgis_web import create_app
from gridgis_web.serving import open_store, serve
from gridgis_web.settings import Settings
from job_kinds import KINDS
settings = Settings.read().with_secret()
app = create_app(settings, store=open_store(settings.place))
serve(app, settings, KINDS, ready=lambda address: print(address, flush=True))
"""


def environment(**settings):
    named = {f"GRIDGIS_{name.upper()}": str(value) for name, value in settings.items()}
    path = os.pathsep.join([str(ROOT), str(ROOT / "web"), str(HERE)])
    return {name: value for name, value in os.environ.items() if not name.startswith("GRIDGIS_")} | named | {
        "PYTHONPATH": path
    }  # fmt: skip


def start(code, **settings):
    """Start Python code as a service would be, its errors on this process's."""
    return subprocess.Popen(
        [sys.executable, "-c", code], env=environment(**settings), stdout=subprocess.PIPE, text=True
    )


def stop(process):
    """Ask a process to end, as a system does; return its exit code."""
    process.terminate()
    try:
        return process.wait(LONG_S)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def working(store, folder, **settings):
    """Have a worker for a store."""
    process = start(WORK, store=place(store), folder=folder, **settings)
    try:
        yield process
    finally:
        stop(process)


def place(store):
    return str(store.file) if store.embedded else store.url.render_as_string(hide_password=False)


def until(true, what="it", *, every_s=0.05):
    """Wait until something holds; return it."""
    ends = time.monotonic() + LONG_S
    while not (found := true()):
        assert time.monotonic() < ends, f"{what} does not come"
        time.sleep(every_s)
    return found


def submit(store, kind="wait", **given):
    with store.write() as session:
        return jobs.submit(session, kind, given, who="planner").id


def get(store, number):
    with store.read() as session:
        return jobs.find(session, number)


def wait_for(store, number, *states):
    """Return a job once it is of one of the states."""
    return until(lambda: (job := get(store, number)).state in states and job, f"job {number} {states}")


def is_running(pid):
    """Tell whether a process of this user lives, and is not just waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid):
    """Return the processes that a process started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            command = (folder / "cmdline").read_text()
        except (OSError, ValueError):
            continue
        if parent == pid and "resource_tracker" not in command:
            found.append(int(folder.name))
    return found
