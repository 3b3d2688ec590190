"""A plan written earlier, with its layers given again: what several commands start from."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from gridgis.cli.parameters import LayerFiles, layer_options, lock_option

if TYPE_CHECKING:
    from gridgis.options import PlanOptions
    from gridgis.rebalance import SavedPlan

Command = Callable[..., Any]

communities_option = click.option(
    "--communities", metavar="FILE", help="Communities, whose edges no grid crosses: polygons."
)


def saved_plan_options(command: Command) -> Command:
    """Add the plan's folder, its layers and locks; `take_saved_plan` reads them."""
    plan = click.argument("plan", metavar="PLAN")
    return plan(layer_options(roads_required=True)(communities_option(lock_option(command))))


def take_saved_plan(given: dict[str, Any]) -> tuple[SavedPlan, LayerFiles, PlanOptions]:
    """Take the plan, the files of its layers and its rules, with more locks, out of a command's values."""
    from gridgis.rebalance import read_plan

    saved = read_plan(given.pop("plan"))
    locked = dict.fromkeys([*saved.options.lock, *given.pop("lock")])
    given["columns"] = given["columns"] or dict(saved.options.columns)
    files = LayerFiles.take(given | {"existing": saved.existing})
    return saved, files, saved.options.replace(lock=tuple(locked), columns=files.columns)
