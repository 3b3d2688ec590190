"""The answer of a partitioner: which unit goes to which grid, and what could not be had, with proof."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, kw_only=True)
class Proof:
    """Why a rule is broken: by necessity (proven) or because no way was found.

    Attributes
    ----------
    grid
        The grid concerned; None: the whole jurisdiction.
    rule
        ``households``, ``population``, ``connected`` or ``grids``.
    units
        Indices of the units that force it.
    """

    grid: int | None
    rule: str
    reason: str
    reason_zh: str
    remedy: str
    remedy_zh: str
    units: tuple[int, ...] = ()
    proven: bool = True


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """Unit -> grid, with 0 … grids-1 all in use."""

    grid: npt.NDArray[np.int64]
    grids: int
    proofs: tuple[Proof, ...] = ()
    notes: tuple[str, ...] = ()
