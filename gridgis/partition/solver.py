"""0/1 programs solved by HiGHS, in a process of its own where it must end on time.

HiGHS looks at its clock too rarely: at the root of a program it was seen to go on for a minute past a limit of 4 s,
deaf to interrupts. A process can be ended at any moment; it tells what it has found and shown as it goes.

Run as a script, this module is that process. It imports HiGHS and numpy alone, so it starts in a fraction of a second.
"""

from __future__ import annotations

import math
import os
import pickle
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

SMALL = 2000
"""Programs of fewer entries are solved at once, long before any limit."""
OFF = 1e-5
"""What a row may be off by in an answer."""
GRACE_S = 1.0
"""What HiGHS may take beyond its limit to end by itself."""

ANEW = "anew"
"""What its process says when it forgets what it told."""

Tell = Callable[[float, Any], None]


class Program(NamedTuple):
    """Minimise costs · x with low ≤ matrix · x ≤ high and whole 0 ≤ x ≤ upper; the matrix column by column.

    The last ``shares`` of x need not be whole.
    """

    costs: Any
    upper: Any
    starts: Any
    rows: Any
    values: Any
    low: Any
    high: Any
    shares: int = 0


class Solution(NamedTuple):
    """What is known of a program.

    Attributes
    ----------
    status
        ``optimal``; ``impossible``, proven; ``open``: the time or the nodes ran out.
    x
        The best solution known; None: there is none.
    bound
        No solution costs less.
    """

    status: str
    x: Any
    bound: float


def solve(program: Program, *, seconds: float, nodes: int | None = None, start: Any = None, on_time: bool) -> Solution:
    """Solve a program from a solution on, if one is known, or the first part of one.

    Parameters
    ----------
    seconds
        HiGHS's own limit, which it may overrun.
    on_time
        End it soon after the limit whatever it is doing, in a process of its own. Where no Python can be started
        (gridgis inside another program), HiGHS's own clock has to do.
    """
    if on_time and math.isfinite(seconds) and len(program.values) >= SMALL and _python():
        return _solve_apart(program, seconds, nodes, start)
    return run_highs(program, seconds, nodes, start, lambda bound, x: None, lambda: None)


def _python() -> bool:
    return Path(sys.executable or "").stem.lower().startswith("python")


def _solve_apart(program: Program, seconds: float, nodes: int | None, start: Any) -> Solution:
    until = time.monotonic() + seconds + GRACE_S
    bound, best = -math.inf, start
    news: queue.Queue[tuple[str, float, Any] | None] = queue.Queue()
    process = subprocess.Popen(
        [sys.executable, "-P", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )
    assert process.stdin is not None
    assert process.stdout is not None
    reader = threading.Thread(target=_read, args=(process.stdout, news), daemon=True)
    reader.start()
    try:
        process.stdin.write(pickle.dumps((tuple(program), seconds, nodes, start)))
        process.stdin.close()
        while (item := news.get(timeout=max(0.0, until - time.monotonic()))) is not None:
            status, least, x = item
            if status == ANEW:
                bound, best = -math.inf, start
                continue
            bound, best = max(bound, least), best if x is None else x
            if status:
                return Solution(status, best, bound)
    except (queue.Empty, BrokenPipeError):
        pass  # out of time, or it could not start: what is known counts
    finally:
        process.kill()
        process.wait()
        reader.join()
        process.stdout.close()
    return Solution("open", best, bound)


def _read(stream: IO[bytes], news: queue.Queue[tuple[str, float, Any] | None]) -> None:
    """Pass on what the process tells, and None when it tells no more."""
    try:
        while True:
            news.put(pickle.load(stream))
    except (EOFError, pickle.UnpicklingError):
        news.put(None)


def _model(program: Program) -> Any:
    import highspy

    model = highspy.HighsLp()
    model.num_col_, model.num_row_ = len(program.costs), len(program.low)
    model.col_cost_, model.col_lower_, model.col_upper_ = program.costs, np.zeros(len(program.costs)), program.upper
    model.row_lower_, model.row_upper_ = program.low, program.high
    model.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    model.a_matrix_.start_, model.a_matrix_.index_ = program.starts, program.rows
    model.a_matrix_.value_ = program.values
    whole = [highspy.HighsVarType.kInteger] * (len(program.costs) - program.shares)
    model.integrality_ = whole + [highspy.HighsVarType.kContinuous] * program.shares
    return model


def run_highs(
    program: Program, seconds: float, nodes: int | None, start: Any, tell: Tell, forget: Callable[[], None]
) -> Solution:
    """Solve a program in this process; `tell` gets every new bound, and every new solution.

    HiGHS was seen to simplify a program into one whose answer does not keep the rows of the first. It notices that at
    its end: then it begins again without simplifying, and `forget` is called, as nothing told before holds.
    """
    import highspy

    kind: Any = highspy.Highs  # the package has no types
    highs = kind()
    highs.setOptionValue("output_flag", False)
    highs.setOptionValue("threads", 1)
    highs.setOptionValue("mip_rel_gap", 1e-6)
    if math.isfinite(seconds):
        highs.setOptionValue("time_limit", max(seconds, 0.1))
    if nodes is not None:
        highs.setOptionValue("mip_max_nodes", nodes)
    highs.passModel(_model(program))
    if start is not None:
        if len(start) < len(program.costs):
            # what the rest is, HiGHS finds out
            highs.setSolution(len(start), np.arange(len(start), dtype=np.int32), np.asarray(start, float))
        else:
            known = highspy.HighsSolution()
            known.col_value = start
            highs.setSolution(known)
    told = [-math.inf]
    column = np.repeat(np.arange(len(program.costs)), np.diff(program.starts))

    def kept(x: Any) -> bool:
        held = np.bincount(program.rows, program.values * x[column], len(program.low))
        return bool((held >= program.low - OFF).all() and (held <= program.high + OFF).all())

    def bounded(event: Any) -> None:
        if event.data_out.mip_dual_bound > told[0]:
            told[0] = event.data_out.mip_dual_bound
            tell(told[0], None)

    def improved(event: Any) -> None:
        x = np.array(event.data_out.mip_solution)
        if kept(x):
            tell(-math.inf, x)

    highs.cbMipInterrupt += bounded
    highs.cbMipImprovingSolution += improved
    highs.run()
    status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kSolveError:
        told[0] = -math.inf
        forget()
        highs.clearSolver()
        highs.setOptionValue("presolve", "off")
        highs.run()
        status = highs.getModelStatus()
    if status == highspy.HighsModelStatus.kInfeasible:
        return Solution("impossible", None, math.inf)
    info = highs.getInfo()
    found = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    x = np.array(highs.getSolution().col_value) if found else None
    done = status == highspy.HighsModelStatus.kOptimal
    return Solution("optimal" if done else "open", x, float(info.mip_dual_bound))


def _serve(job: IO[bytes], reply: IO[bytes]) -> None:
    """Solve the one program that comes in, and tell what is found and shown as it goes."""

    def write(status: str, bound: float, x: Any) -> None:
        pickle.dump((status, bound, x), reply)
        reply.flush()

    program, seconds, nodes, start = pickle.load(job)
    status, x, bound = run_highs(
        Program(*program),
        seconds,
        nodes,
        start,
        lambda bound, x: write("", bound, x),
        lambda: write(ANEW, -math.inf, None),
    )
    write(status, bound, x)


if __name__ == "__main__":
    _serve(sys.stdin.buffer, sys.stdout.buffer)
