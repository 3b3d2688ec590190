"""The command line: parse, call, print; one command a file."""

from __future__ import annotations

import io
import logging
import sys
import traceback
import warnings
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from typing import NoReturn

import click

from gridgis.cli import (
    audit,
    cases,
    city,
    compare,
    demo,
    edit,
    inspect,
    osm,
    paper,
    partition,
    partition_graph,
    rebalance,
)
from gridgis.cli.parameters import Settings, debug_option
from gridgis.cli.terminal import asked_language, end_on_signals
from gridgis.cli.usage import show_usage_error
from gridgis.errors import ExportError, GridgisError, InfeasibleError, InputError
from gridgis.languages import Said

EXIT_CODES: tuple[tuple[type[GridgisError], int], ...] = (
    (InputError, 2),
    (ExportError, 2),
    (InfeasibleError, 3),
    (GridgisError, 2),
)
"""What an error means for whoever called the program; the first line that fits counts."""

UNEXPECTED = 70
STOPPED = 130


class InOrder(click.Group):
    """Lists its commands in the order in which they were added, then those of other installed packages.

    These name them as entry points of the group ``gridgis.commands``, and are only imported when called for.
    """

    @cached_property
    def added(self) -> dict[str, EntryPoint]:
        """Name -> where the command is."""
        return {entry.name: entry for entry in entry_points(group="gridgis.commands")}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names as help lists them."""
        return [*self.commands, *self.added]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        entry = self.added.get(cmd_name)
        if entry is None:
            return super().get_command(ctx, cmd_name)
        command: click.Command = entry.load()
        return command


@click.group(
    cls=InOrder,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done (audit: everything holds); 1 the audit found a fault; 2 input or options that cannot "
    "be used; 3 the rules cannot be met (the best plan and the reasons are written all the same).",
)
@click.version_option(package_name="gridgis", message="gridgis %(version)s")
@debug_option
def cli() -> None:
    """Divide a jurisdiction into balanced service grids along its roads and rivers, and certify the result."""


for module in (demo, osm, inspect, partition, partition_graph, rebalance, edit, city, audit, compare, paper, cases):
    cli.add_command(module.command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and end the process with its exit code."""
    end_on_signals()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; every error becomes its text on standard error."""
    settings = Settings(language=asked_language(sys.argv[1:] if arguments is None else arguments))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.lastResort = None
        try:
            code = cli.main(arguments, prog_name="gridgis", standalone_mode=False, obj=settings)
        except click.exceptions.Exit as end:
            return end.exit_code
        except click.ClickException as error:
            show_usage_error(error, settings.language)
            return error.exit_code
        except (click.Abort, KeyboardInterrupt):
            click.echo(Said("stopped; nothing was left half-written").to(settings.language), err=True)
            return STOPPED
        except GridgisError as error:
            _show(error, settings)
            return next(code for kind, code in EXIT_CODES if isinstance(error, kind))
        except Exception as error:  # the last door: a person gets one line, a developer the traceback
            _show_unexpected(error, settings)
            return UNEXPECTED
    return code if isinstance(code, int) else 0


def _show(error: GridgisError, settings: Settings) -> None:
    if settings.debug:
        traceback.print_exception(error)
    language = settings.language
    lines = error.lines(language) or [type(error).__name__]
    mark = click.style(Said("error:").to(language), fg="red", bold=True)
    if len(lines) == 1:
        click.echo(f"{mark} {lines[0]}", err=True)
        return
    heading = Said("{count} things are wrong", count=len(lines))
    click.echo(f"{mark} {heading.to(language)}", err=True)
    for line in lines:
        click.echo(f"  - {line}", err=True)


def _show_unexpected(error: Exception, settings: Settings) -> None:
    if settings.debug:
        traceback.print_exception(error)
    language = settings.language
    words = Said(
        "{kind}: {details}. This is a mistake in gridgis, not in your data; run the same command with --debug and "
        "report what it prints",
        kind=type(error).__name__,
        details=str(error).splitlines()[0] if str(error) else Said("no details"),
    )
    mark = click.style(Said("unexpected:").to(language), fg="red", bold=True)
    click.echo(f"{mark} {words.to(language)}", err=True)
