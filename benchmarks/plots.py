"""The measured rows as pictures: small, labelled where the lines end, in colours that colour-blind people can tell."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

# Okabe and Ito 2008; ours alone is strong, METIS dark, the rest muted.
COLOURS = {
    "gridgis": "#0072B2",
    "METIS": "#E69F00",
    "METIS merged": "#D55E00",
    "KaHIP": "#009E73",
    "GerryChain": "#CC79A7",
    "spopt": "#7F7F7F",
}
MARKS = {"gridgis": "o", "METIS merged": "s", "METIS": "D", "KaHIP": "^", "GerryChain": "v", "spopt": "P"}
INK, FAINT = "#222222", "#DDDDDD"
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#888888",
    "axes.labelcolor": INK,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "xtick.color": "#555555",
    "ytick.color": "#555555",
    "axes.grid": True,
    "grid.color": "#EEEEEE",
    "svg.hashsalt": "gridgis",
}
WORDS = {"METIS": "METIS ±25 %", "METIS merged": "METIS merged ±10 %", "spopt": "spopt MaxP"}
PAPER = {"boxstyle": "square,pad=0.08", "facecolor": "white", "edgecolor": "none", "alpha": 0.8}
LABEL_PT = 11.0
"""Least distance of two labels."""


def family_of(method: str) -> str:
    """Return the name under which a method has its colour."""
    return next(name for name in reversed(COLOURS) if method.startswith(name))


def plot(rows: pd.DataFrame, folder: Path) -> list[Path]:
    """Draw what the rows hold into a folder; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    towns = rows[(rows["family"] == "towns") & (rows["case"] == "town") & (rows["seed"] == 0)]
    towns = towns.assign(bad_share=100 * towns["bad"] / towns["grids"])
    done = towns[towns["grid_found"]]
    files = []
    with plt.rc_context(STYLE):
        if len(done["units"].unique()) > 1:
            files.append(_save(_against_size(_one_effort(done), (TIME, MEMORY)), folder / "partition-time.svg"))
            quality = (SPREAD, SHAPE, BAD)
            files.append(_save(_against_size(_one_effort(done), quality), folder / "partition-quality.svg"))
        effort = rows[rows["family"] == "effort"]
        if len(effort):
            files.append(_save(_against_effort(effort), folder / "partition-effort.svg"))
    return files


class Panel:
    """One measure: its column, title, and whether it has a logarithmic scale."""

    def __init__(self, column: str, title: str, *, log: bool = False, bottom: float | None = None) -> None:
        self.column, self.title, self.log, self.bottom = column, title, log, bottom

    def prepare(self, axes: Axes) -> None:
        axes.set_title(self.title, pad=10)
        axes.set_yscale("log" if self.log else "linear")
        axes.tick_params(length=0, which="both")
        if self.log:
            axes.yaxis.set_major_formatter("{x:,g}")
            axes.yaxis.set_minor_locator(NullLocator())


TIME = Panel("cpu_s", "CPU seconds of one core", log=True)
MEMORY = Panel("peak_mb", "Peak memory of the process, MB", log=True)
SPREAD = Panel("spread", "Spread of households", bottom=0.0)
SHAPE = Panel("shape", "Mean Polsby–Popper")
BAD = Panel("bad_share", "Bad grids, %", bottom=0.0)


def _one_effort(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave of gridgis the default effort alone, or what is nearest to it."""
    ours = rows["effort"].notna()
    nearest = (rows["effort"] - 1.0).abs().groupby(rows["units"]).transform("min")
    kept = ~ours | ((rows["effort"] - 1.0).abs() == nearest)
    return rows[kept]


def _against_size(rows: pd.DataFrame, panels: tuple[Panel, ...]) -> Figure:
    """Return a panel for each measure over the number of units, one line a method."""
    figure, every = plt.subplots(1, len(panels), figsize=(4.1 * len(panels), 3.5), layout="constrained")
    for axes, panel in zip(every, panels, strict=True):
        panel.prepare(axes)
        ends = []
        for name in COLOURS:
            line = rows[rows["method"].map(family_of) == name].sort_values("units")
            if not len(line):
                continue
            _line(axes, name, line["units"].to_numpy(float), line[panel.column].to_numpy(float))
            ends.append((name, float(line["units"].iloc[-1]), float(line[panel.column].iloc[-1])))
        axes.set_xscale("log")
        axes.set_xlabel("units")
        sizes = sorted(rows["units"].unique())
        axes.set_xticks(sizes, [_short(size) for size in sizes])
        axes.minorticks_off()
        low, high = sizes[0], sizes[-1]
        axes.set_xlim(low / 1.25, high * (high / low) ** 0.6)
        if panel.bottom is not None:
            axes.set_ylim(bottom=panel.bottom - 0.02 * (axes.get_ylim()[1] - panel.bottom))
        figure.canvas.draw()
        _label(axes, ends)
    return figure


def _line(axes: Axes, name: str, x: np.ndarray, y: np.ndarray) -> None:
    ours = name == "gridgis"
    axes.plot(
        x,
        y,
        color=COLOURS[name],
        marker=MARKS[name],
        markersize=5.5 if ours else 4.5,
        linewidth=2.4 if ours else 1.4,
        linestyle="--" if name == "METIS merged" else "-",
        markeredgecolor="white",
        markeredgewidth=0.6,
        zorder=4 if ours else 3,
        clip_on=False,
    )


def _short(size: float) -> str:
    return f"{size / 1e6:g} M" if size >= 1e6 else f"{size:,.0f}"


def _label(axes: Axes, ends: list[tuple[str, float, float]]) -> None:
    """Write each name beside the end of its line, moved up or down where two would touch."""
    scale = axes.figure.dpi / 72
    for at in sorted({x for _, x, _ in ends}):
        here = sorted((e for e in ends if e[1] == at and math.isfinite(e[2])), key=lambda e: e[2])
        wanted = np.array([axes.transData.transform((x, y))[1] for _, x, y in here]) / scale
        place = _apart(wanted, LABEL_PT)
        floor = axes.transAxes.transform((0, 0))[1] / scale + LABEL_PT / 2
        place += max(0.0, floor - place[0]) if len(place) else 0.0
        for (name, x, y), want, spot in zip(here, wanted, place, strict=True):
            axes.annotate(
                WORDS.get(name, name),
                (x, y),
                xytext=(9, spot - want),
                textcoords="offset points",
                va="center",
                color=COLOURS[name],
                fontsize=8.5,
                fontweight="bold" if name == "gridgis" else "normal",
                zorder=6,
                annotation_clip=False,
                bbox=PAPER,
            )


def _apart(wanted: np.ndarray, least: float) -> np.ndarray:
    """Return ascending places at least so far apart, as near as can be to those wanted (pooled where they clash)."""
    groups: list[list[float]] = []  # mean of the wanted starts, count
    for i, value in enumerate(wanted):
        groups.append([value - i * least, 1])
        while len(groups) > 1 and groups[-2][0] >= groups[-1][0]:
            start, count = groups.pop()
            before, many = groups.pop()
            groups.append([(before * many + start * count) / (many + count), many + count])
    starts = np.concatenate([np.full(int(count), start) for start, count in groups] or [np.zeros(0)])
    return starts + least * np.arange(len(wanted))


def _against_effort(rows: pd.DataFrame) -> Figure:
    """Return what CPU seconds buy: cut, shape and spread of gridgis by effort, METIS as points of reference."""
    panels = (
        Panel("cut_ratio", "Cut length, METIS ±25 % = 1"),
        Panel("shape", "Mean Polsby–Popper"),
        Panel("spread", "Spread of households"),
    )
    figure, every = plt.subplots(1, len(panels), figsize=(4.1 * len(panels), 3.3), layout="constrained")
    ours = rows[rows["effort"].notna()].sort_values("effort")
    for axes, panel in zip(every, panels, strict=True):
        panel.prepare(axes)
        x, y = ours["cpu_s"].to_numpy(float), ours[panel.column].to_numpy(float)
        _line(axes, "gridgis", x, y)
        axes.set_xscale("log")
        axes.set_xlabel(f"CPU seconds, {int(rows['units'].iloc[0]):,} units")
        ticks = [t for t in (0.03, 0.1, 0.3, 1, 3, 10, 30, 100) if x.min() / 2 < t < x.max() * 2]
        axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
        axes.minorticks_off()
        figure.canvas.draw()
        _efforts(axes, ours, panel.column)
        for _, row in rows[rows["effort"].isna()].iterrows():
            name = family_of(row["method"])
            axes.plot(row["cpu_s"], row[panel.column], color=COLOURS[name], marker=MARKS[name], markersize=7, zorder=3)
            axes.annotate(
                WORDS.get(name, name),
                (row["cpu_s"], row[panel.column]),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                color=COLOURS[name],
                fontsize=8.5,
                bbox=PAPER,
            )
        axes.margins(x=0.12, y=0.12)
    return figure


def _efforts(axes: Axes, ours: pd.DataFrame, column: str) -> None:
    """Write the effort on the outer side of each point, the first with its name; none where it would touch another."""
    values = ours[column].to_numpy(float)
    rising = values[-1] > values[0]
    scale = axes.figure.dpi / 72
    last = -math.inf
    for effort, x, y in zip(ours["effort"], ours["cpu_s"], values, strict=True):
        at = axes.transData.transform((x, y))[0] / scale
        words = f"{effort:g}" if math.isfinite(last) else f"effort {effort:g}"
        if at - last < 26:
            continue
        last = at if math.isfinite(last) else at + 24  # the first is longer
        axes.annotate(
            words,
            (x, y),
            xytext=(-4, 6) if rising and words[0] != "e" else (5, 5),
            textcoords="offset points",
            ha="right" if rising and words[0] != "e" else "left",
            fontsize=7.5,
            color=COLOURS["gridgis"],
        )


def _save(figure: Figure, path: Path) -> Path:
    drawn: Callable[..., None] = figure.savefig
    drawn(path, metadata={"Date": None} if path.suffix == ".svg" else None, facecolor="white")
    plt.close(figure)
    return path
