"""What a terminal shows while work goes on: consoles, the progress display, the language."""

from __future__ import annotations

import locale
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, NoReturn, cast

import click

if TYPE_CHECKING:
    from rich.console import Console

    from gridgis.languages import Language

Progress = Callable[[str, float], None]

STEPS: Mapping[str, Mapping[Language, str]] = {
    "demo": {"en": "Getting the demo ready, once; longer right after installing", "zh": "首次准备示例，刚安装后稍久"},
    "extract": {"en": "Extracting", "zh": "提取数据"},
    "layers": {"en": "Reading the layers", "zh": "读取图层"},
    "people": {"en": "Counting people", "zh": "估算户数人口"},
    "units": {"en": "Cutting units", "zh": "划分单元"},
    "graph": {"en": "Finding neighbours", "zh": "建立邻接"},
    "partition": {"en": "Partitioning", "zh": "划分网格"},
    "grids": {"en": "Drawing grids", "zh": "绘制网格"},
    "micro": {"en": "Making micro-grids", "zh": "划分微网格"},
    "audit": {"en": "Auditing", "zh": "核验"},
    "explain": {"en": "Trying what would help", "zh": "试算改进办法"},
    "city": {"en": "Dividing the city among its communities", "zh": "按社区划分全市"},
    "plans": {"en": "Dividing the communities", "zh": "划分各社区"},
    "write": {"en": "Writing files", "zh": "写入文件"},
    "boards": {"en": "Printing notice boards", "zh": "制作公示牌"},
    "cards": {"en": "Printing contact cards", "zh": "制作联系卡"},
    "atlas": {"en": "Printing the atlas", "zh": "制作图册"},
}
"""Names of steps as people read them; others are shown as they are."""

STOPPING = threading.Event()
"""Set once somebody asked the program to stop."""

PIPED_WIDTH = 160
"""Columns of a table that no terminal shows, so that nothing in it is cut."""


def system_language() -> Language:
    """Return the language of the user's locale: Chinese where it is that, else English."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "zh" if os.environ[name].lower().startswith("zh") else "en"
    name = locale.getlocale()[0] or ""
    return "zh" if name.lower().startswith(("zh", "chinese")) else "en"


def asked_language(arguments: Sequence[str]) -> Language:
    """Return the language that ``--language`` asks for, before the arguments are parsed; else the system's."""
    for option, value in pairwise([*(part for text in arguments for part in text.split("=", 1)), ""]):
        if option == "--language" and value in ("zh", "en"):
            return cast("Language", value)
    return system_language()


def output_console() -> Console:
    """Return standard output: coloured on a terminal, plain and wide in a pipe or file."""
    from rich.console import Console

    piped = not sys.stdout.isatty()
    return Console(width=PIPED_WIDTH if piped else None, soft_wrap=piped, highlight=False)


@contextmanager
def show_steps(language: Language = "en") -> Iterator[Progress]:
    """Give a function ``(step, done 0…1)`` that shows the step under way on standard error.

    On a terminal each step is a bar with its name and time; elsewhere it is one short line.
    """
    if not sys.stderr.isatty():
        yield _one_line_a_step(language)
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        steps: dict[str, TaskID] = {}

        def show(step: str, done: float) -> None:
            _go_on()
            if step not in steps:
                for earlier in steps.values():
                    bars.update(earlier, completed=1.0)
                steps[step] = bars.add_task(_word(step, language), total=1.0)
            bars.update(steps[step], completed=min(max(done, 0.0), 1.0))

        yield show
        for step in steps.values():
            bars.update(step, completed=1.0)


def _one_line_a_step(language: Language) -> Progress:
    seen: set[str] = set()

    def show(step: str, done: float) -> None:
        _go_on()
        if step not in seen:
            seen.add(step)
            click.echo(f"gridgis: {_word(step, language)}", err=True)

    return show


def _word(step: str, language: Language) -> str:
    return STEPS[step][language] if step in STEPS else step


def end_on_signals() -> None:
    """Let Ctrl-C and the system's request to end stop the work; what is half-written is cleaned up on the way."""

    def stop(number: int, frame: FrameType | None) -> NoReturn:
        STOPPING.set()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, stop)


def _go_on() -> None:
    """Stop here, if a library swallowed the interrupt."""
    if STOPPING.is_set():
        raise KeyboardInterrupt
