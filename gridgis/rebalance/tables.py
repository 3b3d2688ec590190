"""What a rebalanced plan tells people: every move with its reason, and what became of every code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from gridgis.languages import Language
from gridgis.measures import Measure
from gridgis.partition.moves_regions import outside

if TYPE_CHECKING:
    from rich.console import Console

    from gridgis.rebalance.recipe import Rebalance

Ints = npt.NDArray[np.int64]

TERMINAL_MOVES = 40
"""Moves that a terminal shows."""

WORDS: Mapping[str, Mapping[Language, str]] = {
    "building_id": {"zh": "建筑序号", "en": "Building no."},
    "source_id": {"zh": "建筑", "en": "Building"},
    "households": {"zh": "户数", "en": "Households"},
    "population": {"zh": "人口", "en": "People"},
    "buildings": {"zh": "建筑数", "en": "Buildings"},
    "from": {"zh": "原网格", "en": "From"},
    "to": {"zh": "新网格", "en": "To"},
    "why_zh": {"zh": "原因", "en": "Why (Chinese)"},
    "why_en": {"zh": "原因（英文）", "en": "Why"},
}

BETTER = ("迁移带来的均衡与边界改善大于其代价", "better balance and lines are worth more than the move costs")
REDRAWN = (
    "地块随新建筑或边界改变而归入另一网格，或原网格已不连通",
    "its ground came to another grid with new buildings or lines, or its grid is in pieces",
)
TIED = (
    "与原属其他网格的建筑同在一个不可分割的单元",
    "it shares a unit, which is never cut, with buildings of another grid",
)


def reasons(
    measures: Sequence[Measure], start: Ints, slots: int, codes: Mapping[int, str], cause: Ints
) -> list[tuple[str, str]]:
    """Return for every unit why it moves, Chinese and English, by the grid whose broken bound set it off (-1: none)."""
    said: dict[int, tuple[str, str]] = {-1: BETTER}
    for grid in np.unique(cause[cause >= 0]).tolist():
        name = codes.get(grid)
        who_zh, who = (f"网格{name}", f"grid {name}") if name else ("一处未编码的地块", "ground without a code")
        said[grid] = (f"{who_zh}不再连通", f"{who} is no longer in one piece")
        for m in measures:
            total = float(m.counts[start == grid].sum())
            if outside([m], start, slots, len(start))[grid]:
                bound = m.low if total < m.low else m.high
                (have, have_zh), (limit, limit_zh) = m.say(total), m.say(bound)
                side, side_zh = ("fewer", "少于下限") if total < m.low else ("more", "多于上限")
                said[grid] = (
                    f"{who_zh}原有{have_zh}，{side_zh}{limit_zh}",
                    f"{who} had {have}, {side} than the {limit} allowed",
                )
                break
    return [said[int(grid)] for grid in cause]


def crosswalk_of(came: pd.Series, to: pd.Series, counts: pd.DataFrame) -> pd.DataFrame:
    """Return how many old buildings and households went from each old code to each new one, the largest first."""
    table = pd.DataFrame({"from": came, "to": to, "households": counts["households"], "buildings": 1})
    table = table[came.notna() & to.notna()]
    sums = table.groupby(["from", "to"], sort=True)[["households", "buildings"]].sum().reset_index()
    order = np.lexsort((sums["to"], -sums["households"].to_numpy(), sums["from"]))
    return sums.iloc[order].reset_index(drop=True)


def write_table(table: pd.DataFrame, path: Path, language: Language) -> None:
    """Write a table as CSV that spreadsheets open rightly in Chinese: UTF-8 with a byte order mark."""
    names = {name: WORDS[name][language] for name in table.columns}
    path.write_text(table.rename(columns=names).to_csv(index=False, lineterminator="\n"), "utf-8-sig", newline="\n")


def headline(found: Rebalance, language: Language) -> str:
    """Say in one sentence what was changed."""
    moved, share, least = found.moved_households, found.share, found.fewest_possible
    if found.untouched:
        return (
            "所有规则依然成立，方案保持不变" if language == "zh" else "Every rule still holds; the plan stays as it is"
        )
    if language == "zh":
        known = "已证明不能更少" if found.proven else f"至少须迁移 {least:,} 户"
        return f"迁移 {moved:,} 户（{share:.1%}），{len(found.moves):,} 栋建筑；{known}"
    known = "proven: no fewer can" if found.proven else f"at least {least:,} must"
    return f"{moved:,} households ({share:.1%}) in {len(found.moves):,} buildings change their grid; {known}"


def print_moves(found: Rebalance, console: Console, language: Language) -> None:
    """Print the moves, and the codes that are new or no longer used."""
    from rich.markup import escape
    from rich.table import Table

    why = "why_zh" if language == "zh" else "why_en"
    if len(found.moves):
        table = Table(header_style="bold")
        for column in ("source_id", "households", "population", "from", "to", why):
            right = column in ("households", "population")
            table.add_column(WORDS[column][language], justify="right" if right else "left")
        shown = found.moves[["source_id", "households", "population", "from", "to", why]].head(TERMINAL_MOVES)
        for name, households, population, before, after, reason in shown.itertuples(index=False):
            table.add_row(escape(str(name)), f"{households:,}", f"{population:,}", before, after, escape(reason))
        console.print(table)
        rest = len(found.moves) - len(shown)
        if rest > 0:
            console.print(f"……另有 {rest} 栋，见 moves.csv" if language == "zh" else f"… {rest} more in moves.csv")
    if found.new_codes or found.retired_codes:
        new, gone = ", ".join(found.new_codes) or "–", ", ".join(found.retired_codes) or "–"
        text = f"新编码：{new}；停用编码：{gone}" if language == "zh" else f"New codes: {new}; retired codes: {gone}"
        console.print(text, markup=False)
    console.print(headline(found, language), markup=False)
