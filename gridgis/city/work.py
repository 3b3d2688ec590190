"""The recipe for a city: divide it into jurisdictions, make what plans are missing, report on all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gridgis.city.jobs import Job, make_job
from gridgis.city.jurisdictions import Division, divide_city, part_layers
from gridgis.city.lock import locked
from gridgis.city.manifest import Manifest
from gridgis.city.report import CityReport, report_city, write_city
from gridgis.city.runners import PoolRunner, Runner, run_here
from gridgis.errors import InputError
from gridgis.housing import count_housing
from gridgis.languages import Said
from gridgis.layers import Layers
from gridgis.options import PlanOptions

if TYPE_CHECKING:
    from gridgis.languages import Language

Progress = Callable[[str, float], None]

WORK = ".unfinished"
"""Folder inside the city's for what workers have half-written; gone when the run ends."""


@dataclass(frozen=True, kw_only=True)
class City:
    """A city's plans as they are in its folder.

    Attributes
    ----------
    made
        Codes of the jurisdictions that this run worked on; the others were there already.
    """

    folder: Path
    layers: Layers
    division: Division
    report: CityReport
    made: tuple[str, ...]
    seconds: float


def make_city(
    layers: Layers,
    options: PlanOptions | None = None,
    *,
    folder: str | Path,
    workers: int = 1,
    runner: Runner | None = None,
    language: Language = "zh",
    pictures: bool = True,
    progress: Progress | None = None,
) -> City:
    """Divide every community of a city into grids, and write all plans and one report into a folder.

    What is in the folder already, made from the same layers and options, is kept. So a run that was broken off,
    however it ended, goes on where it was.

    Parameters
    ----------
    layers
        Of the whole city, with ``communities``.
    options
        The same for every jurisdiction; each has its community's code as ``parent_code``.
    workers
        Processes of this machine; 1: this process.
    runner
        Where to run the jobs instead, e.g. `dask_runner.DaskRunner`. Plans are the same byte for byte everywhere.
    pictures
        Whether each jurisdiction gets a map and a page of its own.

    Raises
    ------
    InputError
        No communities, options that cannot be used, or a folder that another run is writing to. What is wrong with
        one jurisdiction is told in the report.
    ExportError
        The folder cannot be written to.
    """
    if workers < 1:
        raise InputError(Said("{workers} workers were asked for; ask for at least 1", workers=workers))
    with locked(Path(folder)):
        return _make(layers, options or PlanOptions(), Path(folder), workers, runner, language, pictures, progress)


def _make(
    layers: Layers,
    options: PlanOptions,
    folder: Path,
    workers: int,
    runner: Runner | None,
    language: Language,
    pictures: bool,
    progress: Progress | None,
) -> City:
    started = time.monotonic()
    tell = progress or (lambda step, done: None)
    tell("city", 0.0)
    division = divide_city(layers, options)
    counts = count_housing(layers, options)
    manifest = Manifest(folder)
    work = manifest.folder / WORK
    work.mkdir(exist_ok=True)
    run = runner or (PoolRunner(workers, work) if workers > 1 else run_here)
    made: list[str] = []
    manifest.keep_only({place.code for place in division.jurisdictions})
    seen = 0

    def missing() -> Iterator[Job]:
        nonlocal seen
        for job in _jobs(layers, division, counts, options, language, pictures):
            seen += 1
            if not manifest.holds(job):
                yield job

    tell("plans", 0.0)
    try:
        for job, outcome in run(missing()):
            manifest.take(outcome, job.fingerprint)
            made.append(job.code)
            tell("plans", seen / len(division.jurisdictions))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    tell("write", 0.0)
    report = report_city(layers, counts, division, manifest)
    write_city(report, layers, manifest.folder, language)
    return City(
        folder=manifest.folder,
        layers=layers,
        division=division,
        report=report,
        made=tuple(sorted(made)),
        seconds=time.monotonic() - started,
    )


def _jobs(
    layers: Layers,
    division: Division,
    counts: pd.DataFrame,
    options: PlanOptions,
    language: Language,
    pictures: bool,
) -> Iterator[Job]:
    """Yield the jobs, the largest first, so that none is left over at the end."""
    size: dict[str, Any] = {place.code: -len(place.buildings) for place in division.jurisdictions}
    for place in sorted(division.jurisdictions, key=lambda place: (size[place.code], place.code)):
        part = part_layers(layers, place)
        own = counts.iloc[place.buildings].set_axis(part.buildings.index)
        yield make_job(place.code, part, own, options, language=language, pictures=pictures)
