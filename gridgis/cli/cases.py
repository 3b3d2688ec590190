"""``gridgis cases``: partition and audit over every case folder in a directory, in one table."""

from __future__ import annotations

import multiprocessing
import signal
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridgis.cli.parameters import LayerFiles, debug_option, language_option, plan_options, take_options
from gridgis.cli.terminal import end_on_signals, output_console, show_steps
from gridgis.errors import GridgisError, InputError, some
from gridgis.languages import Said, listed
from gridgis.options import PlanOptions

if TYPE_CHECKING:
    from rich.text import Text

    from gridgis.languages import Language

SUFFIXES = (".gpkg", ".parquet", ".geoparquet", ".fgb", ".geojson", ".json", ".shp", ".zip")
"""Formats of a case's layers; where a layer is there twice, the first counts."""

BARRIERS = ("rivers", "rail", "water", "barriers", "walls", "landuse")
ARCHIVE = ".tar.xz"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one case: its figures, or the reason why there are none."""

    case: str
    seconds: float
    peak_mb: float | None
    figures: Mapping[str, Any] | None = None
    failure: str = ""


@click.command("cases", short_help="Partition and audit every case folder in a directory.")
@click.argument("directory", metavar="DIR")
@plan_options
@click.option("--out", "output", metavar="DIR", help="Write each case's full set of files below this folder.")
@language_option
@debug_option
def command(directory: str, output: str | None, language: Language, **given: Any) -> int:
    """Partition and audit every case in a directory; print one table.

    A case is a folder, or a .tar.xz of one, with layers named boundary, buildings and roads, and if it
    has them rivers, rail, water, barriers, walls, landuse (all taken as barriers), compounds, communities,
    existing, and census or population_... as census. Each runs in a process of its own; one that fails is a row that
    says why. Ends with 0 where everything holds, 1 where an audit found a fault, 2 where a case failed.
    """
    options = take_options(given)
    found = find_cases(Path(directory))
    outcomes = []
    with show_steps(language) as progress:
        for path in found:
            name = case_name(path)
            progress(name, 0.0)
            folder = None if output is None else Path(output) / name
            outcomes.append(run_apart(path, options, folder, language))
            progress(name, 1.0)
    print_outcomes(outcomes)
    if any(outcome.figures is None for outcome in outcomes):
        return 2
    return int(not all(outcome.figures["holds"] for outcome in outcomes if outcome.figures))


def find_cases(directory: Path) -> list[Path]:
    """List the case folders and archives in a directory; the directory itself where it is a case."""
    if not directory.is_dir():
        raise InputError(Said("{directory}: is no folder; give a folder that holds case folders", directory=directory))
    if find_layer(directory, "boundary"):
        return [directory]
    entries = sorted(directory.iterdir())
    found = [
        entry for entry in entries if entry.name.endswith(ARCHIVE) or (entry.is_dir() and find_layer(entry, "boundary"))
    ]
    if not found:
        names = some([entry.name for entry in entries]) or Said("nothing")
        raise InputError(
            Said(
                "{directory}: no folder in it has a boundary layer (it holds {names})", directory=directory, names=names
            )
        )
    return found


def case_name(path: Path) -> str:
    """Return a case's name: its folder's, or its archive's without the ending."""
    return path.absolute().name.removesuffix(ARCHIVE)


def find_layer(folder: Path, stem: str) -> Path | None:
    """Return the file of a layer by its name, in the first format that is there."""
    candidates = (folder / f"{stem}{suffix}" for suffix in SUFFIXES)
    return next((path for path in candidates if path.is_file()), None)


def find_files(folder: Path) -> LayerFiles:
    """Return a case folder's layers; raises InputError that names what is missing."""
    needed = {stem: find_layer(folder, stem) for stem in ("boundary", "buildings", "roads")}
    missing = [stem for stem, path in needed.items() if path is None]
    if missing:
        raise InputError(
            Said("{name}: these layers are missing: {missing}; add them", name=folder.name, missing=listed(missing))
        )
    stems = sorted(path.stem for path in folder.glob("population_*") if path.suffix in SUFFIXES)
    census = next(filter(None, (find_layer(folder, stem) for stem in ("census", *stems))), None)
    areas = {stem: find_layer(folder, stem) for stem in ("compounds", "communities", "existing")}
    given = {stem: str(path) for stem, path in areas.items() if path}
    barriers = (find_layer(folder, stem) for stem in BARRIERS)
    return LayerFiles(
        boundary=str(needed["boundary"]),
        buildings=str(needed["buildings"]),
        roads=str(needed["roads"]),
        barriers=tuple(str(path) for path in barriers if path),
        compounds=(given["compounds"],) if "compounds" in given else (),
        communities=given.get("communities"),
        existing=given.get("existing"),
        census=str(census) if census else None,
    )


def run_apart(path: Path, options: PlanOptions, output: Path | None, language: Language) -> Outcome:
    """Run a case in a process of its own, so that its memory is its own and a crash ends only it."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(sender, path, options, output, language), daemon=True)
    started = time.monotonic()
    # Ctrl-C is for this process, which then ends the other.
    listening = signal.signal(signal.SIGINT, signal.SIG_IGN)
    process.start()
    signal.signal(signal.SIGINT, listening)
    sender.close()
    try:
        outcome: Outcome = receiver.recv()
    except EOFError:
        process.join()
        reason = f"its process ended with code {process.exitcode}; the machine may have run out of memory"
        outcome = Outcome(case=case_name(path), seconds=time.monotonic() - started, peak_mb=None, failure=reason)
    except KeyboardInterrupt:
        process.terminate()
        raise
    finally:
        process.join()
    return outcome


def _answer(sender: Connection, path: Path, options: PlanOptions, output: Path | None, language: Language) -> None:
    end_on_signals()
    started = time.monotonic()
    figures, failure = None, ""
    try:
        figures = run_case(path, options, output, language)
    except GridgisError as error:
        failure = str(error)
    except KeyboardInterrupt:
        return
    except Exception as error:  # the other cases go on; this one's row says what happened
        failure = f"unexpected {type(error).__name__}: {error}"
    sender.send(
        Outcome(
            case=case_name(path),
            seconds=time.monotonic() - started,
            peak_mb=peak_mb(),
            figures=figures,
            failure=failure,
        )
    )


def run_case(path: Path, options: PlanOptions, output: Path | None, language: Language) -> dict[str, Any]:
    """Partition and audit one case; return its figures."""
    import gridgis
    from gridgis.export import write_plan

    with case_folder(path) as folder:
        plan = gridgis.make_plan(find_files(folder).read(), options)
    if output is not None:
        write_plan(plan, output, language=language)
    found = plan.certificate.to_dict()
    return {
        "buildings": found["buildings"]["counted"],
        "units": len(plan.units.frame),
        "grids": plan.assignment.grids,
        "spread": plan.report.summary["spread"],
        "kept": found["bands"]["kept"],
        "explained": found["bands"]["explained"],
        "cut": found["buildings"]["cut"]["count"],
        "gap_m2": found["cover"]["gap_m2"],
        "overlap_m2": found["cover"]["overlap_m2"],
        "visible": found["inner_boundary"]["visible_share"],
        "visible_at_best": found["inner_boundary"]["visible_share_at_best"],
        "holds": found["holds"],
        "faults": plan.certificate.faults,
    }


@contextmanager
def case_folder(path: Path) -> Iterator[Path]:
    """Give a case's folder, unpacked where it is an archive."""
    if path.is_dir():
        yield path
        return
    if not hasattr(tarfile, "data_filter"):
        raise InputError(
            Said("{name}: Python 3.11.4 or newer is needed to unpack it safely; unpack it by hand", name=path.name)
        )
    with tempfile.TemporaryDirectory(prefix="gridgis-") as unpacked:
        try:
            with tarfile.open(path) as archive:
                archive.extractall(unpacked, filter="data")
        except (tarfile.TarError, EOFError) as error:
            raise InputError(
                Said("{name}: cannot be unpacked ({error}); copy it again", name=path.name, error=error)
            ) from error
        folders = [Path(unpacked), *sorted(entry for entry in Path(unpacked).iterdir() if entry.is_dir())]
        folder = next((folder for folder in folders if find_layer(folder, "boundary")), None)
        if folder is None:
            raise InputError(Said("{name}: no folder in it has a boundary layer", name=path.name))
        yield folder


def peak_mb() -> float | None:
    """Return the most memory this process has held; None where the system does not say."""
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def print_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Print one row a case, then why those failed that did."""
    from rich.table import Table
    from rich.text import Text

    console = output_console()
    table = Table(header_style="bold")
    table.add_column("case")
    for heading in ("buildings", "units", "grids", "std ÷ target", "bands kept", "cut", "gap m²", "overlap m²"):
        table.add_column(heading, justify="right")
    for heading in ("visible (at best)", "s", "peak MB"):
        table.add_column(heading, justify="right")
    table.add_column("verdict")
    for outcome in outcomes:
        peak = "–" if outcome.peak_mb is None else f"{outcome.peak_mb:,.0f}"
        cost = (f"{outcome.seconds:.1f}", peak)
        if outcome.figures is None:
            table.add_row(outcome.case, *["–"] * 9, *cost, Text("failed", "bold red"))
        else:
            table.add_row(outcome.case, *_cells(outcome.figures), *cost, _verdict(outcome.figures))
    console.print(table)
    for outcome in outcomes:
        reasons = outcome.failure.splitlines() if outcome.figures is None else outcome.figures["faults"]
        for reason in reasons:
            console.print(f"{outcome.case}: {reason}", markup=False)


def _cells(figures: Mapping[str, Any]) -> tuple[str, ...]:
    explained = f" +{figures['explained']}" if figures["explained"] else ""
    return (
        f"{figures['buildings']:,}",
        f"{figures['units']:,}",
        f"{figures['grids']:,}",
        f"{figures['spread']:.3f}",
        f"{figures['kept']}/{figures['grids']}{explained}",
        f"{figures['cut']}",
        f"{figures['gap_m2']:.3g}",
        f"{figures['overlap_m2']:.3g}",
        f"{_share(figures['visible'])} ({_share(figures['visible_at_best'])})",
    )


def _share(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


def _verdict(figures: Mapping[str, Any]) -> Text:
    from rich.text import Text

    return Text("holds", "green") if figures["holds"] else Text("does not hold", "bold red")
