"""A plan in tables for people: its grids, its figures, its boundaries, and why a band is broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gridgis.audit.levels import LEVEL_NOUNS, Level
from gridgis.features import KINDS
from gridgis.languages import Language
from gridgis.measures import NOUNS

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from gridgis.audit.bands import Explanation
    from gridgis.partition.assignment import Proof
    from gridgis.plan import Plan
    from gridgis.profiles import Band, Housing

TERMINAL_ROWS = 60
"""Grids that a terminal shows; of a longer plan it shows those outside a band first."""

TERMINAL_REASONS = 8
"""Faults, and explanations, that a terminal shows."""

WORDS: Mapping[str, Mapping[Language, str]] = {
    "jurisdiction": {"zh": "辖区", "en": "Jurisdiction"},
    "code": {"zh": "编码", "en": "Code"},
    "households": {"zh": "户数", "en": "Households"},
    "population": {"zh": "人口", "en": "People"},
    "buildings": {"zh": "建筑", "en": "Buildings"},
    "area_ha": {"zh": "面积（公顷）", "en": "Area (ha)"},
    "deviation": {"zh": "偏差", "en": "Off target"},
    "in_band": {"zh": "达标", "en": "In band"},
    "load": {"zh": "负荷", "en": "Load"},
    "fixed": {"zh": "固定", "en": "Fixed"},
    "locked": {"zh": "锁定", "en": "locked"},
    "dedicated": {"zh": "专属", "en": "dedicated"},
    "level": {"zh": "层级", "en": "Level"},
    "areas": {"zh": "个数", "en": "Areas"},
    "nested": {"zh": "跨越上级", "en": "Crossing"},
    "covered": {"zh": "空白、重叠（平方米）", "en": "Gap, overlap (m²)"},
    "asked": {"zh": "要求", "en": "Asked for"},
    "explained": {"zh": "已说明原因", "en": "Explained"},
    "compactness": {"zh": "紧凑度", "en": "Compactness"},
    "line": {"zh": "边界沿线", "en": "Boundary along"},
    "length": {"zh": "长度（公里）", "en": "Length (km)"},
    "share": {"zh": "占比", "en": "Share"},
    "grids": {"zh": "网格", "en": "Grids"},
}


@dataclass(frozen=True, kw_only=True)
class Report:
    """A plan's tables. What the certificate measured is taken from it, not measured again.

    Attributes
    ----------
    grids
        Index ``grid_id``: ``code``, ``name``, ``name_en``, ``households``, ``population``, ``buildings``,
        ``area_ha``, ``deviation`` (of households, or of people where only they are bounded, from the
        target, as a share of it), ``in_band`` (bool), ``compactness`` (Polsby-Popper, 0 to 1),
        ``bounds_zh``, ``bounds_en``, ``load`` (share of what a grid should hold; with several housing types the
        sum over its buildings of households ÷ the middle of their type's band), ``fixed`` (``locked``,
        ``dedicated`` or empty).
    summary
        ``grids``, ``households``, ``population``, ``buildings``, ``target``, ``spread`` (standard
        deviation of the load over the target), ``kept`` and ``broken`` (grids), ``boundary_km``
        (between grids), ``visible_share`` (of that length, along something that can be seen),
        ``visible_at_best`` (what the units would have allowed; None where unknown).
    boundary
        Index ``kind`` (a key of `features.KINDS`), longest first: ``length_m``, ``share``.
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
    load, target = load_and_target(plan)
    follows = plan.certificate.follows
    visible = None if follows is None else follows.visible_share
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
            "boundary_km": 0.0 if follows is None else follows.length_m / 1000,
            "visible_share": None if visible is None else float(visible),
            "visible_at_best": plan.certificate.visible_at_best,
        },
        dtype=object,
    )
    return Report(grids=grids, summary=summary, boundary=boundary_table(plan), explanations=explanation_table(plan))


def grid_table(plan: Plan) -> pd.DataFrame:
    """Return one row a grid; see `Report.grids`."""
    grids, rows = plan.grids, plan.certificate.rows
    load, target = load_and_target(plan)
    table = pd.DataFrame(grids[["code", "name", "name_en", "households", "population", "buildings"]])
    table["area_ha"] = grids["area_m2"].to_numpy() / 10_000
    table["deviation"] = load / target - 1 if target > 0 else 0.0
    table["in_band"] = rows["in_bands"].to_numpy(dtype=bool)
    table["compactness"] = rows["polsby_popper"].to_numpy(dtype=float)
    table["bounds_zh"] = grids["bounds_zh"]
    table["bounds_en"] = grids["bounds_en"]
    table["load"] = load / target if target > 0 else 0.0
    table["fixed"] = _fixed(plan)
    return table


def _fixed(plan: Plan) -> list[str]:
    """Say which grids were given and stay as they are: locked ones, and dedicated compounds."""
    found = [""] * plan.assignment.grids
    for group in plan.graph.fixed:
        found[int(plan.assignment.grid[group.units[0]])] = "dedicated"
    for grid, code in enumerate(plan.codes.code):
        if code in plan.options.lock:
            found[grid] = "locked"
    return found


def boundary_table(plan: Plan) -> pd.DataFrame:
    """Return what the boundaries between grids run along; see `Report.boundary`."""
    follows = plan.certificate.follows
    shares = pd.Series({} if follows is None else follows.shares, name="share", dtype=float)
    table = shares.rename_axis("kind").to_frame()
    table.insert(0, "length_m", shares * (0.0 if follows is None else follows.length_m))
    return table[table["share"] > 0].sort_values("length_m", ascending=False, kind="stable")


def explanation_table(plan: Plan) -> pd.DataFrame:
    """Return why bands are broken, and what the partition says of the whole jurisdiction."""
    codes = plan.grids["code"]
    whole: list[tuple[str | None, Proof | Explanation]] = [(None, proof) for proof in plan.proofs if proof.grid is None]
    grids = [(codes.iloc[found.grid], found) for found in plan.certificate.explanations]
    rows = [
        {
            "grid": code,
            "rule": found.rule,
            "reason_zh": found.reason_zh,
            "reason_en": found.reason,
            "remedy_zh": found.remedy_zh,
            "remedy_en": found.remedy,
            "proven": found.proven,
        }
        for code, found in [*whole, *grids]
    ]
    columns = ["grid", "rule", "reason_zh", "reason_en", "remedy_zh", "remedy_en", "proven"]
    return pd.DataFrame(rows, columns=columns).astype({"grid": object, "proven": bool})


def headline(report: Report, language: Language) -> str:
    """Return the plan's figures as one sentence."""
    s = report.summary
    if language == "zh":
        text = (
            f"{s['grids']:,} 个网格，{s['households']:,} 户，{s['population']:,} 人，{s['buildings']:,} 栋建筑；"
            f"{s['kept']:,}/{s['grids']:,} 个网格在范围内"
        )
        return text if s["visible_share"] is None else text + f"；内部边界 {s['visible_share']:.0%} 沿看得见的线"
    text = (
        f"{s['grids']:,} grid{'' if s['grids'] == 1 else 's'}, {s['households']:,} households, "
        f"{s['population']:,} people, {s['buildings']:,} buildings; "
        f"{s['kept']:,} of {s['grids']:,} grids within the bands"
    )
    return (
        text if s["visible_share"] is None else text + f"; {s['visible_share']:.0%} of the inner boundary can be seen"
    )


def print_report(plan: Plan, console: Console, language: Language = "zh") -> None:
    """Print the grids, the boundaries, the explanations and the certificate's verdict on a terminal."""
    from rich.markup import escape
    from rich.table import Table
    from rich.text import Text

    report = plan.report

    def word(key: str) -> str:
        return WORDS[key][language]

    grids = report.grids
    shown = grids if len(grids) <= TERMINAL_ROWS else grids.sort_values("in_band", kind="stable").head(TERMINAL_ROWS)
    table = Table(title=escape(plan.layers.name or word("jurisdiction")), title_justify="left", header_style="bold")
    table.add_column(word("code"))
    for key in ("households", "population", "buildings", "area_ha", "deviation", "compactness"):
        table.add_column(word(key), justify="right")
    table.add_column(word("in_band"), justify="center")
    by_load, fixed = plan.options.housing is not None, bool(grids["fixed"].ne("").any())
    if by_load:
        table.add_column(word("load"), justify="right")
    if fixed:
        table.add_column(word("fixed"))
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
            *([f"{row.load:.0%}"] if by_load else []),
            *([word(str(row.fixed)) if row.fixed else ""] if fixed else []),
        )
    console.print(table)
    rest = len(grids) - len(shown)
    if rest > 0:
        console.print(
            f"……其余 {rest} 个网格都在报告里" if language == "zh" else f"… {rest} more grids are in the report"
        )

    if len(plan.certificate.levels) > 1:
        console.print(_level_table(plan, language))

    lines = Table(header_style="bold")
    lines.add_column(word("line"))
    lines.add_column(word("length"), justify="right")
    lines.add_column(word("share"), justify="right")
    for kind, length_m, share in report.boundary[["length_m", "share"]].itertuples():
        lines.add_row(kind_word(str(kind), language), f"{length_m / 1000:.2f}", f"{share:.1%}")
    if len(report.boundary):
        console.print(lines)

    certificate = plan.certificate
    faults = certificate.faults_zh if language == "zh" else certificate.faults
    _print_some(console, [Text(f"✗ {fault}", "red") for fault in faults], language)
    reasons = report.explanations[report.explanations["proven"]]
    side = "zh" if language == "zh" else "en"
    said = zip(reasons[f"reason_{side}"], reasons[f"remedy_{side}"], strict=True)
    _print_some(console, [Text.assemble(("• ", "yellow"), why, " → ", (what, "dim")) for why, what in said], language)
    notes = certificate.notes_zh if language == "zh" else certificate.notes
    for note in (*plan.assignment.notes, *notes):
        console.print(Text(note, "dim"))
    console.print(Text(headline(report, language)))
    console.print(Text(certificate.summary(language), "bold green" if certificate.holds else "bold red"))


def _level_table(plan: Plan, language: Language) -> Table:
    """Show each level: how many areas, whether they cover and nest, and how many keep what was asked of them."""
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="bold")
    table.add_column(WORDS["level"][language])
    for key in ("areas", "asked", "in_band", "explained", "covered", "nested"):
        table.add_column(WORDS[key][language], justify="right")
    for level in plan.certificate.levels:
        crossing = Text("–") if level.above is None else Text(f"{len(level.crossing)}")
        table.add_row(
            level_word(level.name, language),
            f"{level.areas:,}",
            " · ".join(asked_for(plan, level, language)) or "–",
            f"{level.kept:,}" if level.bands else "–",
            f"{level.explained:,}" if level.bands else "–",
            f"{level.gap_m2:,.2f} · {level.overlap_m2:,.2f}",
            crossing if not level.crossing else Text(str(crossing), "bold red"),
        )
    return table


def level_word(level: str, language: Language) -> str:
    """Return what the areas of a level are called, as a heading."""
    _, several, zh = LEVEL_NOUNS[level]
    return zh if language == "zh" else several.capitalize()


def asked_for(plan: Plan, level: Level, language: Language) -> list[str]:
    """Return what an area of a level is to hold, a phrase for each count or housing type; aims are told as such."""
    housing = plan.options.housing
    if level.name == "grid" and housing is not None:
        used = plan.counts.loc[plan.building_grid >= 0]
        names = sorted(set(used["profile"][(used["households"] > 0) | (used["population"] > 0)]))
        soft = _aim("households" in plan.options.soft, language)
        return [
            f"{p.title_zh if language == 'zh' else p.title_en} {_span(p.households)}{soft}"
            for p in (housing.profiles[name] for name in names)
            if p.households is not None
        ]
    soft_rules = plan.options.soft if level.name == "grid" else ()
    side = 1 if language == "zh" else 0
    return [
        f"{_span(band)} {NOUNS[rule][side]}{_aim(rule in soft_rules, language)}" for rule, band in level.bands.items()
    ]


def _span(band: Band) -> str:
    return f"{band.low:,g}–{band.high:,g}"


def _aim(soft: bool, language: Language) -> str:
    return ("（参考）" if language == "zh" else " (aimed at)") if soft else ""


def _print_some(console: Console, lines: Sequence[Text], language: Language) -> None:
    for line in lines[:TERMINAL_REASONS]:
        console.print(line)
    rest = len(lines) - TERMINAL_REASONS
    if rest > 0:
        console.print(f"…… 另有 {rest} 条，见报告" if language == "zh" else f"… {rest} more in the report")


def kind_word(kind: str, language: Language) -> str:
    """Return the name of a kind of line as people say it."""
    return KINDS[kind].zh if language == "zh" else KINDS[kind].en


def load_and_target(plan: Plan) -> tuple[np.ndarray, float]:
    """Return each grid's load and what it should be: households, or people where only they are bounded.

    Where the number of grids is given, the target is the even share: no other can be met by all. With several
    housing types the load is in grids: each building's households over the middle of its type's band.
    """
    if plan.options.housing is not None and "profile" in plan.counts:
        return _shares(plan, plan.options.housing), 1.0
    by_people = plan.options.households is None and plan.options.population is not None
    band = plan.options.population if by_people else plan.options.households
    load = plan.grids["population" if by_people else "households"].to_numpy(dtype=float)
    if band is None or plan.options.grids is not None:
        return load, float(load.mean())
    return load, band.middle


def _shares(plan: Plan, housing: Housing) -> np.ndarray:
    size = {name: housing.band(name, "households")[1].middle for name in housing.profiles}
    shares = plan.counts["households"].to_numpy(float) / plan.counts["profile"].map(size).to_numpy(float)
    grid = plan.building_grid.reindex(plan.counts.index).to_numpy(np.int64)
    return np.bincount(grid[grid >= 0], shares[grid >= 0], plan.assignment.grids)
