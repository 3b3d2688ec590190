"""The real kinds of jobs, each leaving a trace of how far it is: who kills one can say where that hit.

Whoever loads this starts jobs from a process that has the engine loaded: most kills else hit nothing but imports.
"""

import multiprocessing
import os
import time
from functools import partial
from pathlib import Path

from gridgis_web.jobs import one, worker
from gridgis_web.jobs.kind import Kind
from gridgis_web.jobs.kinds import kinds_for
from gridgis_web.settings import Settings

one.KINDNESS = 0
worker.CONTEXT = multiprocessing.get_context("forkserver")
worker.CONTEXT.set_forkserver_preload(
    [
        "traced_kinds", "gridgis.plan", "gridgis.export", "gridgis.housing", "gridgis_web.imports.load",
        "gridgis.inputs.inspect", "gridgis_web.planning.pack", "gridgis_web.planning.succession", "folium", "psycopg",
        "matplotlib.figure",
    ]
)  # fmt: skip

REAL = kinds_for(Settings())


def mark(phase):
    """Append a line, at once or not at all."""
    file = os.open(os.environ["GRIDGIS_TRACE"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, f"{phase} {time.monotonic()}\n".encode())
    os.close(file)


def read_trace(file):
    """Return the phases that were begun, with the clock's time of each; the clock is the same for all processes."""
    lines = Path(file).read_text().splitlines() if Path(file).exists() else []
    return {phase: float(at) for phase, at in (line.split() for line in lines)}


def gather(name, store, job):
    mark("gathering")
    return REAL[name].gather(store, job)


def work(name, gathered, report):
    mark("working")
    return REAL[name].work(gathered, report)


def keep(name, job, gathered, made):
    mark("preparing")
    write = REAL[name].keep(job, gathered, made)

    def write_marked(session):
        mark("writing")
        result = write(session)
        mark("committing")
        return result

    return write_marked


KINDS = {name: Kind(partial(gather, name), partial(work, name), partial(keep, name)) for name in REAL}
