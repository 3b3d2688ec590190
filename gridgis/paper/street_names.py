"""Names of streets along the streets: where a name fits a straight enough stretch and touches nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

BEND = 0.22
"""How far a street may leave the straight line under its name, as a share of the letters' height."""

APART_MM = 95.0
"""A name is said again where the street goes on for so long."""

TRIES = 60
"""Stretches that are looked at for one name."""

ROOM = 1.12
"""How much longer a stretch is than its name."""


@dataclass(frozen=True, slots=True)
class Street:
    """All stretches of one name that are seen, in millimetres of the page."""

    name: str
    lines: Any
    size: float
    """Of its name, points."""


@dataclass(frozen=True, slots=True)
class Label:
    """A name and where it stands: its middle, how it is turned (degrees to the left), the room it takes."""

    name: str
    size: float
    x: float
    y: float
    angle: float
    room: shapely.Polygon


def place_names(
    streets: list[Street],
    width: Callable[[str, float], float],
    *,
    frame: shapely.Polygon,
    near: shapely.Geometry,
    taken: list[shapely.Geometry],
) -> list[Label]:
    """Place names, the first streets first; adds the room they take to `taken`.

    Parameters
    ----------
    width
        Of a text of a size in points, in millimetres.
    frame
        What no name leaves.
    near
        What names should be close to: the grid that is shown.
    """
    shapely.prepare(frame)
    labels = []
    for street in streets:
        placed: list[shapely.Point] = []
        for label in _wishes(street, width, near):
            here = shapely.Point(label.x, label.y)
            if any(here.distance(other) < APART_MM for other in placed):
                continue
            if frame.contains(label.room) and not (taken and shapely.intersects(np.array(taken), label.room).any()):
                taken.append(label.room)
                placed.append(here)
                labels.append(label)
    return labels


def _wishes(street: Street, width: Callable[[str, float], float], near: shapely.Geometry) -> Iterator[Label]:
    """Yield where a name could stand, the best places first."""
    height = street.size * 0.3528
    long = width(street.name, street.size)
    need = long * ROOM
    parts = shapely.get_parts(shapely.line_merge(shapely.union_all(street.lines)))
    lengths = shapely.length(parts)
    found: list[tuple[float, Label]] = []
    for part, length in sorted(zip(parts, lengths, strict=True), key=lambda pair: -pair[1]):
        if length < need or len(found) >= TRIES:
            break
        count = max(1, min(TRIES, int((length - need) / 2.5) + 1))
        starts = np.linspace(0.0, length - need, count)
        at = starts[:, None] + np.linspace(0.0, need, 7)[None, :]
        points = shapely.get_coordinates(shapely.line_interpolate_point(part, at.ravel())).reshape(count, 7, 2)
        chord = points[:, -1] - points[:, 0]
        span = np.maximum(np.hypot(chord[:, 0], chord[:, 1]), 1e-9)
        off = points - points[:, :1]
        bend = np.abs(off[..., 0] * chord[:, None, 1] - off[..., 1] * chord[:, None, 0]).max(axis=1) / span
        middle = points.mean(axis=1)
        away = shapely.distance(near, shapely.points(middle))
        straight = (bend <= BEND * height) & (span >= 0.97 * need)
        for i in np.flatnonzero(straight):
            angle = float(np.degrees(np.arctan2(-chord[i, 1], chord[i, 0])))
            angle = angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle
            x, y = middle[i].tolist()
            label = Label(street.name, street.size, x, y, angle, _room(x, y, angle, long, height))
            # inside the grid and along its edge first, the straighter the better
            found.append((float(away[i]) + 8 * float(bend[i]) / height, label))
    found.sort(key=lambda wish: wish[0])
    for _, label in found:
        yield label


def _room(x: float, y: float, angle: float, long: float, height: float) -> shapely.Polygon:
    """Return the room of letters with their halo."""
    turn = np.radians(angle)
    along = np.array([np.cos(turn), -np.sin(turn)]) * (long / 2 + height * 0.3)
    up = np.array([np.sin(turn), np.cos(turn)]) * height * 0.68
    middle: npt.NDArray[np.float64] = np.array([x, y])
    return shapely.Polygon([middle + along + up, middle + along - up, middle - along - up, middle - along + up])
