"""One jurisdiction's work as a pure function of bytes: the same plan here, in another process, on another machine."""

from __future__ import annotations

import hashlib
import pickle
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridgis.errors import GridgisError, InfeasibleError
from gridgis.languages import Both
from gridgis.layers import Layers
from gridgis.options import PlanOptions

if TYPE_CHECKING:
    from gridgis.languages import Language
    from gridgis.plan import Plan

PICTURES = ("report.html", "map.png")
"""Files for looking at, which take as long to draw as a small plan takes to make."""

_ONE_AT_A_TIME = threading.Lock()
"""Pictures are drawn with settings of the whole process, so a worker with several threads does one job at a time."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """All that decides one jurisdiction's files.

    Attributes
    ----------
    counts
        Households and people of its buildings, as counted over the whole city.
    fingerprint
        sha256 (hex) of everything else here and of the program's version.
    """

    code: str
    layers: Layers
    counts: pd.DataFrame
    options: PlanOptions
    language: Language
    pictures: bool
    fingerprint: str

    def packed(self) -> bytes:
        """Return it as bytes, for `run_job`."""
        return pickle.dumps(self, protocol=5)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a job.

    Attributes
    ----------
    state
        ``done``, ``refused`` (the input cannot be used), ``infeasible``, or ``failed``: a mistake in the program, or
        a worker that was lost too often.
    seconds
        Its own time, without waiting.
    files
        Name -> content; none unless ``done``.
    figures
        See `plan_figures`; none unless ``done``.
    error
        The reason, one fault a line; empty when ``done``.
    """

    code: str
    state: str
    seconds: float = 0.0
    files: Mapping[str, bytes] = field(default_factory=dict)
    figures: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""


def make_job(
    code: str, layers: Layers, counts: pd.DataFrame, options: PlanOptions, *, language: Language, pictures: bool
) -> Job:
    """Return the job of one jurisdiction; `layers` and `counts` are its own."""
    from importlib.metadata import version

    held = set(layers.existing["code"])
    # known totals are the city's, and the counts follow them already
    options = options.replace(
        parent_code=code,
        total_population=None,
        total_households=None,
        lock=tuple(lock for lock in options.lock if lock in held),
    )
    digest = hashlib.sha256(layers.fingerprint.encode())
    digest.update(repr((code, layers.name, layers.crs.to_string(), layers.attribution)).encode())
    digest.update(repr((sorted(options.to_dict().items()), language, pictures, version("gridgis"))).encode())
    digest.update(counts.to_csv().encode())
    return Job(
        code=code,
        layers=layers,
        counts=counts,
        options=options,
        language=language,
        pictures=pictures,
        fingerprint=digest.hexdigest(),
    )


def run_job(packed: bytes) -> Outcome:
    """Make a jurisdiction's plan and its files; whatever goes wrong with it is told, not raised."""
    job: Job = pickle.loads(packed)
    with _ONE_AT_A_TIME:
        started = time.monotonic()
        state, error = "done", Both("", "")
        files: dict[str, bytes] = {}
        figures: dict[str, Any] = {}
        try:
            files, figures = _files_and_figures(job)
        except InfeasibleError as infeasible:
            state, error = "infeasible", infeasible.in_both()
        except GridgisError as refused:
            state, error = "refused", refused.in_both()
        except Exception as mistake:  # the other jurisdictions go on; this one's row says what happened
            state, error = "failed", unexpected(mistake)
        seconds = round(time.monotonic() - started, 2)
    return Outcome(code=job.code, state=state, seconds=seconds, files=files, figures=figures, error=error)


def unexpected(mistake: Exception) -> Both:
    """Say what went wrong in the program itself."""
    what = f"{type(mistake).__name__}: {mistake}"
    return Both(f"unexpected {what}", f"意外错误：{what}")


def plan_figures(plan: Plan) -> dict[str, Any]:
    """Return a plan's figures as plain JSON values, as ``city.json`` shows them."""
    summary, certificate = plan.report.summary, plan.certificate
    kept = int(certificate.rows["in_bands"].sum())
    explained = {found.grid for found in certificate.explanations if found.proven}
    unexplained = {found.grid for found in certificate.explanations if not found.proven}
    return {
        "grids": int(summary["grids"]),
        "in_bands": kept,
        "explained": len(explained - unexplained),
        "broken": len(unexplained),
        "households": int(summary["households"]),
        "population": int(summary["population"]),
        "buildings": int(summary["buildings"]),
        "holds": bool(certificate.holds),
        "rules_met": bool(plan.rules_met),
    }


def _files_and_figures(job: Job) -> tuple[dict[str, bytes], dict[str, Any]]:
    from gridgis.export import files_of, write_plan
    from gridgis.plan import make_plan

    plan = make_plan(job.layers, job.options, counts=job.counts)
    chosen = {name: exporter for name, exporter in files_of(plan).items() if job.pictures or name not in PICTURES}
    with tempfile.TemporaryDirectory(prefix="gridgis-") as folder:
        written = write_plan(plan, Path(folder) / "plan", language=job.language, files=chosen)
        return {path.name: path.read_bytes() for path in written}, plan_figures(plan)
