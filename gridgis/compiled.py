"""How the inner loops are compiled by numba, and when compiled code is out of date."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import numba as nb

Kernel = TypeVar("Kernel", bound=Callable[..., object])

BARE: Mapping[str, Any] = {"cache": True, "nogil": True, "_nrt": False}


def bare(kernel: Kernel) -> Kernel:
    """Compile a function that makes no array of its own, and returns none.

    numba else counts the holders of an array whenever one is taken from a tuple or passed on, in steps that two threads
    cannot take at once: a third to half of a search's time.
    """
    compiled: Kernel = nb.njit(**BARE)(kernel)
    return compiled


def drop_stale_code(folder: Path) -> None:
    """Delete compiled code that is older than the newest source in a folder.

    numba keeps the code of each file until that file changes, but the code holds what it calls in other files too.
    """
    newest = max(source.stat().st_mtime for source in folder.glob("*.py"))
    for index in folder.glob("__pycache__/*.nbi"):
        # another process may be first, or the folder not ours to write: then its owner has to
        with suppress(OSError):
            if index.stat().st_mtime < newest:
                index.unlink()
