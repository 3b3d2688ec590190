"""The measured rows as Markdown, and put into a page between marks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

Column = tuple[str, str, Callable[[pd.Series], str]]
"""Head, alignment (``<`` or ``>``), and the text of a row."""


def number(name: str, digits: int = 0) -> Callable[[pd.Series], str]:
    """Return what writes a column of numbers; a value that is missing is a dash."""

    def write(row: pd.Series) -> str:
        value = row.get(name)
        return "–" if value is None or pd.isna(value) else f"{value:,.{digits}f}"

    return write


def share(name: str) -> Callable[[pd.Series], str]:
    """Return what writes shares as .655."""
    return lambda row: number(name, 3)(row).removeprefix("0")


def seconds(row: pd.Series) -> str:
    """Write CPU seconds with two figures that count, or why there are none."""
    if row["trouble"]:
        return str(row["trouble"])
    return f"{row['cpu_s']:,.{0 if row['cpu_s'] >= 30 else 1 if row['cpu_s'] >= 10 else 2}f}"


def bad(row: pd.Series) -> str:
    """Write bad grids, and how many of them are proven unavoidable."""
    proven = row["proven"]
    return number("bad")(row) + (f" ({proven:.0f} proven)" if not pd.isna(proven) and proven else "")


def text(name: str) -> Callable[[pd.Series], str]:
    """Return what writes a column of words."""
    return lambda row: str(row[name])


def markdown(rows: pd.DataFrame, columns: Sequence[Column], *, group: Sequence[str] = ()) -> str:
    """Return a table; what repeats from the row above in the columns `group` is left blank."""
    lines = ["| " + " | ".join(head for head, _, _ in columns) + " |"]
    lines.append("|" + "|".join(" --- " if side == "<" else " ---: " for _, side, _ in columns) + "|")
    before: list[str] = []
    for _, row in rows.iterrows():
        cells = [write(row) for _, _, write in columns]
        key = [cells[i] for i, column in enumerate(columns) if column[0] in group]
        shown = [
            "" if key == before and column[0] in group else cell for cell, column in zip(cells, columns, strict=True)
        ]
        lines.append("| " + " | ".join(shown) + " |")
        before = key
    return "\n".join(lines)


def towns_table(rows: pd.DataFrame) -> str:
    """Towns: every method on the first seed."""
    columns: list[Column] = [
        ("units", "<", lambda row: f"{'coarse ' if row['case'].startswith('coarse') else ''}{row['units']:,}"),
        ("method", "<", text("method")),
        ("CPU s", ">", seconds),
        ("× METIS", ">", number("times", 1)),
        ("peak MB", ">", number("peak_mb")),
        ("bad", ">", bad),
        ("cut", ">", number("cut_ratio", 2)),
        ("Polsby–Popper", ">", share("shape")),
        ("spread", ">", share("spread")),
    ]
    return markdown(rows, columns, group=("units",))


def seeds_table(rows: pd.DataFrame) -> str:
    """Towns: every method over all seeds that it was given."""
    groups = rows.groupby(["case", "units", "method"], sort=False)
    table = groups.agg(
        seeds=("seed", "nunique"),
        bad=("bad", "sum"),
        proven=("proven", lambda values: values.sum(min_count=1)),
        cpu_s=("cpu_s", "max"),
        cut_ratio=("cut_ratio", "mean"),
        shape=("shape", "mean"),
        trouble=("trouble", "first"),
    ).reset_index()
    columns: list[Column] = [
        ("units", "<", lambda row: f"{'coarse ' if row['case'].startswith('coarse') else ''}{row['units']:,}"),
        ("method", "<", text("method")),
        ("seeds", ">", number("seeds")),
        ("bad, all seeds", ">", bad),
        ("most CPU s", ">", seconds),
        ("mean cut", ">", number("cut_ratio", 3)),
        ("mean Polsby–Popper", ">", share("shape")),
    ]
    return markdown(table[table["seeds"] > 1], columns, group=("units",))


def graphs_table(rows: pd.DataFrame) -> str:
    """Graphs given as tables, many small grids."""
    columns: list[Column] = [
        ("graph", "<", text("case")),
        ("units", ">", number("units")),
        ("method", "<", text("method")),
        ("CPU s", ">", seconds),
        ("grids", ">", number("grids")),
        ("bad", ">", bad),
        ("cut", ">", number("cut_ratio", 2)),
        ("spread", ">", share("spread")),
    ]
    return markdown(rows, columns, group=("graph", "units"))


def few_table(rows: pd.DataFrame) -> str:
    """Few large grids: edges cut, and the fewest known."""
    columns: list[Column] = [
        ("graph", "<", text("case")),
        ("units", ">", number("units")),
        ("method", "<", text("method")),
        ("CPU s", ">", seconds),
        ("bad", ">", bad),
        ("edges cut", ">", number("cut_edges")),
        ("best known", ">", number("best_known")),
    ]
    return markdown(rows, columns, group=("graph", "units"))


def hopeless_table(rows: pd.DataFrame) -> str:
    """What is refused: how soon, and with which words."""
    columns: list[Column] = [
        ("10,000 units", "<", text("case")),
        ("s", ">", number("wall_s", 2)),
        ("answer", "<", text("trouble")),
    ]
    return markdown(rows, columns)


def workers_table(rows: pd.DataFrame) -> str:
    """The same plan by one worker and by several."""
    columns: list[Column] = [
        ("units", "<", number("units")),
        ("workers", ">", number("workers")),
        ("wall s", ">", number("wall_s", 1)),
        ("of one worker's", ">", number("wall_ratio", 2)),
        ("CPU s", ">", seconds),
        ("peak MB", ">", number("peak_mb")),
        ("same plan", "<", lambda row: "yes" if row["same"] else "no"),
    ]
    return markdown(rows, columns, group=("units",))


def put_into(page: Path, name: str, body: str) -> None:
    """Replace what stands in a page between ``<!-- name -->`` and ``<!-- /name -->``."""
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    words = page.read_text(encoding="utf-8")
    before, found, rest = words.partition(start)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{page} has no place {start} … {end} for a table")
    page.write_text(f"{before}{start}\n\n{body}\n\n{end}{after}", encoding="utf-8")


def ratio(values: pd.Series, base: pd.Series) -> pd.Series:
    """Return values ÷ base, NaN where the base is 0 or missing."""
    return values / base.where(base != 0, math.nan)
