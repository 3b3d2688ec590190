"""A plan in tables for people: its grids, its figures, its boundaries, and why a band is broken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from gridgis.features import KINDS

if TYPE_CHECKING:
    from rich.console import Console

    from gridgis.options import Band
    from gridgis.plan import Plan

Language = Literal["zh", "en"]

TERMINAL_ROWS = 60
"""Grids that a terminal shows; of a longer plan it shows those outside a band first."""

WORDS: Mapping[str, Mapping[Language, str]] = {
    "jurisdiction": {"zh": "辖区", "en": "Jurisdiction"},
    "code": {"zh": "编码", "en": "Code"},
    "households": {"zh": "户数", "en": "Households"},
    "population": {"zh": "人口", "en": "People"},
    "buildings": {"zh": "建筑", "en": "Buildings"},
    "area_ha": {"zh": "面积（公顷）", "en": "Area (ha)"},
    "deviation": {"zh": "偏差", "en": "Off target"},
    "in_band": {"zh": "达标", "en": "In band"},
    "compactness": {"zh": "紧凑度", "en": "Compactness"},
    "bounds": {"zh": "四至", "en": "Four bounds"},
    "kept": {"zh": "达标", "en": "Kept"},
    "broken": {"zh": "超出范围", "en": "Outside a band"},
    "line": {"zh": "边界沿线", "en": "Boundary along"},
    "length": {"zh": "长度（公里）", "en": "Length (km)"},
    "share": {"zh": "占比", "en": "Share"},
    "grid": {"zh": "网格", "en": "Grid"},
    "why": {"zh": "为什么", "en": "Why"},
    "remedy": {"zh": "怎么办", "en": "What would help"},
    "whole": {"zh": "全辖区", "en": "Whole jurisdiction"},
    "unexplained": {
        "zh": "超出范围，尚无证明说明必须如此。",
        "en": "It is outside the band, and nothing proves that it has to be.",
    },
    "search_more": {
        "zh": "加大搜索力度，或放宽范围后再试。",
        "en": "Search with more effort, or widen the band.",
    },
}


@dataclass(frozen=True, kw_only=True)
class Report:
    """A plan's tables.

    Attributes
    ----------
    grids
        Index ``grid_id``: ``code``, ``name``, ``name_en``, ``households``, ``population``, ``buildings``,
        ``area_ha``, ``deviation`` (of households, or of people where only they are bounded, from the
        target, as a share of it), ``in_band`` (bool), ``compactness`` (Polsby-Popper, 0 to 1),
        ``bounds_zh``, ``bounds_en``.
    summary
        ``grids``, ``households``, ``population``, ``buildings``, ``target``, ``spread`` (standard
        deviation of the load over the target), ``kept`` and ``broken`` (grids), ``boundary_km``
        (between grids), ``visible_share`` (of that length, along something that can be seen).
    boundary
        Index ``kind`` (a key of `features.KINDS`), longest first: ``length_m``, ``share``, ``visible``.
    explanations
        One row a reason: ``grid`` (code, or None for the whole jurisdiction), ``rule``, ``reason_zh``,
        ``reason_en``, ``remedy_zh``, ``remedy_en``, ``proven`` (bool). Every grid outside a band has one.
    """

    grids: pd.DataFrame
    summary: pd.Series
    boundary: pd.DataFrame
    explanations: pd.DataFrame


def build_report(plan: Plan) -> Report:
    """Return the tables of a finished plan."""
    grids = grid_table(plan)
    boundary = boundary_table(plan)
    load, target = _load_and_target(plan)
    length_m = float(boundary["length_m"].sum())
    summary = pd.Series(
        {
            "grids": len(grids),
            "households": int(grids["households"].sum()),
            "population": int(grids["population"].sum()),
            "buildings": int(grids["buildings"].sum()),
            "target": target,
            "spread": float(np.std(load) / target) if target > 0 else 0.0,
            "kept": int(grids["in_band"].sum()),
            "broken": int((~grids["in_band"]).sum()),
            "boundary_km": length_m / 1000,
            "visible_share": float(boundary.loc[boundary["visible"], "share"].sum()) if length_m > 0 else 1.0,
        },
        dtype=object,
    )
    return Report(grids=grids, summary=summary, boundary=boundary, explanations=explanation_table(plan, grids))


def grid_table(plan: Plan) -> pd.DataFrame:
    """Return one row a grid; see `Report.grids`."""
    grids = plan.grids
    load, target = _load_and_target(plan)
    perimeter_m = grids.geometry.length.to_numpy()
    table = pd.DataFrame(grids[["code", "name", "name_en", "households", "population", "buildings"]])
    table["area_ha"] = grids["area_m2"].to_numpy() / 10_000
    table["deviation"] = load / target - 1 if target > 0 else 0.0
    table["in_band"] = _within(plan.options.households, grids["households"]) & _within(
        plan.options.population, grids["population"]
    )
    # Polsby-Popper: 1 for a circle (Polsby and Popper 1991).
    table["compactness"] = 4 * np.pi * grids["area_m2"].to_numpy() / perimeter_m**2
    table["bounds_zh"] = grids["bounds_zh"]
    table["bounds_en"] = grids["bounds_en"]
    return table


def boundary_table(plan: Plan) -> pd.DataFrame:
    """Return what the boundaries between grids run along; see `Report.boundary`."""
    edges = plan.units.edges
    left, right = edges["left"].to_numpy(), edges["right"].to_numpy()
    grid = plan.assignment.grid
    inner = (left >= 0) & (right >= 0) & (grid[left] != grid[right])
    length_m = edges.loc[inner].groupby("kind")["length_m"].sum().sort_values(ascending=False, kind="stable")
    table = length_m.to_frame()
    table["share"] = length_m / length_m.sum()
    table["visible"] = np.array([KINDS[str(kind)].visible for kind in table.index], dtype=bool)
    return table


def explanation_table(plan: Plan, table: pd.DataFrame) -> pd.DataFrame:
    """Return why rules are broken; a grid outside a band without a proof gets a row that says so."""
    codes = table["code"]
    rows = [
        {
            "grid": None if proof.grid is None else codes.loc[proof.grid],
            "rule": proof.rule,
            "reason_zh": proof.reason_zh,
            "reason_en": proof.reason,
            "remedy_zh": proof.remedy_zh,
            "remedy_en": proof.remedy,
            "proven": proof.proven,
        }
        for proof in plan.assignment.proofs
    ]
    explained = {proof.grid for proof in plan.assignment.proofs}
    for grid_id, code in codes[~table["in_band"]].items():
        if grid_id in explained:
            continue
        rule = "population" if _within(plan.options.households, table["households"])[grid_id] else "households"
        rows.append(
            {
                "grid": code,
                "rule": rule,
                "reason_zh": f"网格 {code} 有 {table.at[grid_id, rule]:,} {'人' if rule == 'population' else '户'}，"
                + WORDS["unexplained"]["zh"],
                "reason_en": f"Grid {code} has {table.at[grid_id, rule]:,} "
                f"{'people' if rule == 'population' else 'households'}. " + WORDS["unexplained"]["en"],
                "remedy_zh": WORDS["search_more"]["zh"],
                "remedy_en": WORDS["search_more"]["en"],
                "proven": False,
            }
        )
    columns = ["grid", "rule", "reason_zh", "reason_en", "remedy_zh", "remedy_en", "proven"]
    return pd.DataFrame(rows, columns=columns)


def headline(report: Report, language: Language) -> str:
    """Return the plan's figures as one sentence."""
    s = report.summary
    if language == "zh":
        return (
            f"{s['grids']} 个网格，{s['households']:,} 户、{s['population']:,} 人、{s['buildings']:,} 栋建筑；"
            f"{s['kept']}/{s['grids']} 个网格在范围内；{s['visible_share']:.0%} 的内部边界沿看得见的线"
        )
    return (
        f"{s['grids']} grids, {s['households']:,} households, {s['population']:,} people, {s['buildings']:,} buildings; "
        f"{s['kept']} of {s['grids']} within the bands; "
        f"{s['visible_share']:.0%} of the inner boundary along something that can be seen"
    )


def print_report(plan: Plan, console: Console, language: Language = "zh") -> None:
    """Print the grids, the boundaries, the explanations and the certificate's verdict on a terminal."""
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    report = build_report(plan)

    def word(key: str) -> str:
        return WORDS[key][language]

    grids = report.grids
    shown = grids if len(grids) <= TERMINAL_ROWS else grids.sort_values("in_band", kind="stable").head(TERMINAL_ROWS)
    table = Table(title=escape(plan.layers.name or word("jurisdiction")), title_justify="left", header_style="bold")
    table.add_column(word("code"))
    for key in ("households", "population", "buildings", "area_ha", "deviation", "compactness"):
        table.add_column(word(key), justify="right")
    table.add_column(word("in_band"), justify="center")
    for row in shown.itertuples():
        table.add_row(
            escape(str(row.code)),
            f"{row.households:,}",
            f"{row.population:,}",
            f"{row.buildings:,}",
            f"{row.area_ha:.1f}",
            f"{row.deviation:+.0%}",
            f"{row.compactness:.2f}",
            Text("✓", "green") if row.in_band else Text("✗", "bold red"),
        )
    console.print(table)
    rest = len(grids) - len(shown)
    if rest > 0:
        console.print(f"……其余 {rest} 个网格都在报告里" if language == "zh" else f"… {rest} more grids are in the report")

    lines = Table(header_style="bold")
    lines.add_column(word("line"))
    lines.add_column(word("length"), justify="right")
    lines.add_column(word("share"), justify="right")
    for kind, length_m, share in report.boundary[["length_m", "share"]].itertuples():
        lines.add_row(kind_word(str(kind), language), f"{length_m / 1000:.2f}", f"{share:.1%}")
    if len(report.boundary):
        console.print(lines)

    for row in report.explanations.itertuples():
        reason, remedy = (row.reason_zh, row.remedy_zh) if language == "zh" else (row.reason_en, row.remedy_en)
        console.print(Text.assemble(("• ", "yellow"), str(reason), " ", (str(remedy), "dim")))
    for note in plan.assignment.notes:
        console.print(Text(note, "dim"))
    console.print(Text(headline(report, language)))
    verdict = plan.certificate.summary(language)
    console.print(Text(verdict, "bold green" if plan.certificate.holds else "bold red"))


def kind_word(kind: str, language: Language) -> str:
    """Return the name of a kind of line as people say it."""
    return KINDS[kind].zh if language == "zh" else KINDS[kind].en


def _within(band: Band | None, counts: pd.Series) -> pd.Series:
    if band is None:
        return pd.Series(True, index=counts.index)
    return counts.between(band.low, band.high)


def _load_and_target(plan: Plan) -> tuple[np.ndarray, float]:
    """Return each grid's load and what it should be: households, or people where only they are bounded.

    Where the number of grids is given, the target is the even share: no other can be met by all.
    """
    by_people = plan.options.households is None and plan.options.population is not None
    band = plan.options.population if by_people else plan.options.households
    load = plan.grids["population" if by_people else "households"].to_numpy(dtype=float)
    if band is None or plan.options.grids is not None:
        return load, float(load.mean())
    return load, band.middle
