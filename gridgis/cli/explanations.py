"""What cannot be met, told before the work; and which rules conflict and what would help, told after it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from gridgis.cli.terminal import output_console

if TYPE_CHECKING:
    import pandas as pd

    from gridgis.explain import Conflict
    from gridgis.export import Exporter
    from gridgis.languages import Language
    from gridgis.layers import Layers
    from gridgis.options import PlanOptions
    from gridgis.plan import Plan

SHOWN = 8
"""Reasons that a terminal shows."""

explain_option = click.option(
    "--explain",
    is_flag=True,
    help="For every grid outside a bound try which rules conflict and what would help; writes explanations.json.",
)


def tell_foreseen(layers: Layers, options: PlanOptions, counts: pd.DataFrame, language: Language) -> None:
    """Say on standard error what every plan will have to break, before the plan is made."""
    from gridgis.conflicts import foresee

    proofs = foresee(layers, options, counts)
    if not proofs:
        return
    zh = language == "zh"
    head = (
        f"有{len(proofs)}处无论如何划分都无法满足：" if zh else f"No plan can keep every rule here ({len(proofs):,}):"
    )
    click.echo(head, err=True)
    for proof in proofs[:SHOWN]:
        reason, remedy = (proof.reason_zh, proof.remedy_zh) if zh else (proof.reason, proof.remedy)
        click.echo(f"  - {reason}{'。建议：' if zh else '. What would help: '}{remedy}", err=True)
    if len(proofs) > SHOWN:
        more = len(proofs) - SHOWN
        click.echo(f"  - 另有{more}处" if zh else f"  - and {more:,} more", err=True)


def explanations_file(found: tuple[Conflict, ...]) -> dict[str, Exporter]:
    """Return the file beside a plan's others that tells its conflicts, and what binds each grid."""
    from gridgis.explain import bindings
    from gridgis.export.plan_json import write_json

    def write(plan: Plan, path: Path, *, language: Language = "zh") -> None:
        values = {
            "conflicts": [_values(conflict) for conflict in found],
            "bindings": bindings(plan).to_dict("records"),
        }
        write_json(values, path)

    return {"explanations.json": write}


def show_explanations(found: tuple[Conflict, ...], language: Language) -> None:
    """Print the first conflicts: the rules, and after arrows what would help."""
    console, zh = output_console(), language == "zh"
    at = 1 if zh else 0
    for conflict in found[:SHOWN]:
        head = f"网格{conflict.code}：以下规则相互冲突" if zh else f"Grid {conflict.code}: these rules conflict"
        console.print(head, style="bold", markup=False)
        for rule in conflict.rules:
            console.print(f"  · {rule.text[at]}", markup=False)
        for remedy in conflict.remedies:
            console.print(f"  → {remedy.text[at]}", markup=False)
    if len(found) > SHOWN:
        more = len(found) - SHOWN
        console.print(
            f"另有{more}处，见 explanations.json" if zh else f"{more:,} more in explanations.json", markup=False
        )


def _values(conflict: Conflict) -> dict[str, Any]:
    return {
        "grid": conflict.code,
        "proven": conflict.proven,
        "rules": [{"rule": rule.key, "en": rule.text[0], "zh": rule.text[1]} for rule in conflict.rules],
        "remedies": [
            {"rules": list(remedy.rules), "en": remedy.text[0], "zh": remedy.text[1]} for remedy in conflict.remedies
        ],
    }
