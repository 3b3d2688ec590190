"""A window of the ground on a page: metres to millimetres, and what of a layer is seen in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import shapely

MARGIN = 0.09
"""Of what is shown, on each side."""

FINEST_MM = 0.06
"""Corners closer to a straight line than this, in millimetres of paper, are left out."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A rectangle of the page (millimetres from its top left) and the ground in it (metres).

    Attributes
    ----------
    x, y, w, h
        The rectangle.
    west, north
        The ground at its top left.
    m_per_mm
        Its scale: 1 : 1000 · `m_per_mm`.
    """

    x: float
    y: float
    w: float
    h: float
    west: float
    north: float
    m_per_mm: float

    @classmethod
    def of(
        cls, bounds: tuple[float, float, float, float], x: float, y: float, w: float, h: float, *, least: float = 0.5
    ) -> Self:
        """Fit some ground into a rectangle; ``least``: metres a millimetre that it shows at least."""
        x0, y0, x1, y1 = bounds
        scale = max((x1 - x0) / (w * (1 - 2 * MARGIN)), (y1 - y0) / (h * (1 - 2 * MARGIN)), least)
        return cls(
            x=x, y=y, w=w, h=h, west=(x0 + x1 - w * scale) / 2, north=(y0 + y1 + h * scale) / 2, m_per_mm=scale
        )  # fmt: skip

    @property
    def ground(self) -> shapely.Polygon:
        """What is seen, in metres."""
        return shapely.box(
            self.west, self.north - self.h * self.m_per_mm, self.west + self.w * self.m_per_mm, self.north
        )

    @property
    def frame(self) -> shapely.Polygon:
        """The rectangle, in millimetres."""
        return shapely.box(self.x, self.y, self.x + self.w, self.y + self.h)

    def on_page(self, shapes: Any) -> npt.NDArray[Any]:
        """Return shapes in millimetres of the page, without corners that nobody would see, cut to what is seen."""
        x0, y0, x1, y1 = self.ground.bounds
        edge = 5 * self.m_per_mm
        seen = shapely.clip_by_rect(np.atleast_1d(shapes), x0 - edge, y0 - edge, x1 + edge, y1 + edge)
        seen = shapely.simplify(seen[~shapely.is_empty(seen)], FINEST_MM * self.m_per_mm, preserve_topology=False)
        return np.asarray(shapely.transform(seen[~shapely.is_empty(seen)], self.points))

    def points(self, xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return points in millimetres of the page."""
        return np.column_stack(
            [self.x + (xy[:, 0] - self.west) / self.m_per_mm, self.y + (self.north - xy[:, 1]) / self.m_per_mm]
        )
