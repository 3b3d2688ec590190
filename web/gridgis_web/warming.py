"""What the first look at a plan would wait for, done ahead while nobody asks for anything: imports, compiled code."""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable
from functools import partial

from flask import Flask

QUIET_S = 1.0
"""Work goes on when nothing was asked for so long, since it would take turns with the answer."""

MODULES = (
    "pandas",
    "geopandas",
    "numba",
    "scipy.optimize",
    "scipy.sparse.csgraph",
    "gridgis.plan",
    "gridgis.conflicts",
    "gridgis.edit",
    "gridgis.explain",
    "gridgis_web.planning.foresight",
    "gridgis_web.planning.drafts",
    "gridgis_web.planning.standing",
    "gridgis_web.planning.mesh",
    "gridgis_web.planning.publish",
)
"""One after the other, so that a request has to wait for one alone."""


def warm(app: Flask) -> threading.Thread:
    """Start the work; the thread ends by itself, or with the program."""
    asked = [time.monotonic()]

    def note() -> None:
        asked[0] = time.monotonic()

    app.before_request_funcs.setdefault(None, []).append(note)
    works: list[Callable[[], object]] = [partial(importlib.import_module, name) for name in MODULES]
    thread = threading.Thread(target=_work, args=([*works, divide_a_little], asked), name="warming", daemon=True)
    thread.start()
    return thread


def _work(works: list[Callable[[], object]], asked: list[float]) -> None:
    for work in works:
        while (left := asked[0] + QUIET_S - time.monotonic()) > 0:
            time.sleep(left)
        work()


def divide_a_little() -> None:
    """Divide and balance a lattice of sixteen units: compiled code is loaded, or made where none is kept."""
    import numpy as np

    from gridgis.graph import Graph
    from gridgis.options import PlanOptions
    from gridgis.partition import partition
    from gridgis.partition.moves_regions import Now
    from gridgis.partition.priced_moves import improve
    from gridgis.profiles import Band

    side = 4
    unit = np.arange(side * side).reshape(side, side)
    u = np.concatenate([unit[:, :-1].ravel(), unit[:-1].ravel()])
    v = np.concatenate([unit[:, 1:].ravel(), unit[1:].ravel()])
    n, metres = unit.size, np.full(len(u), 100.0)
    graph = Graph(
        ids=unit.ravel().astype(str),
        households=np.full(n, 100),
        population=np.full(n, 260),
        x=(unit.ravel() % side).astype(np.float64),
        y=(unit.ravel() // side).astype(np.float64),
        area_m2=np.full(n, 10_000.0),
        outer_m=np.full(n, 100.0),
        u=u,
        v=v,
        shared_m=metres,
        cost=metres * (1 + u % 3),
        block=unit.ravel(),
    )
    options = PlanOptions(households=Band(300, 500), population=None, effort=0.01)
    grid = partition(graph, options).grid
    now = Now(start=grid, own=grid, weight=graph.households, fixed=np.zeros(n, bool))
    improve(graph, options, now, grid, price=1.0)
