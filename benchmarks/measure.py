"""One measurement: a method and a case in a process of their own, so that time and memory are its alone.

The process imports no more than the method needs: run as a script, this module reads a case and a method from standard
input and answers on standard output.
"""

from __future__ import annotations

import math
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from cases import Case

from gridgis.errors import GridgisError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
READY = b"ready\n"
OUT_OF_TIME = 24
"""The signal SIGXCPU."""
PATIENCE = 10
"""Wall seconds for each CPU second that a process may have, where others use the machine too."""


def nothing(case: Case) -> None:
    """Prepare nothing."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """A way to divide a case: `prepare` brings it into the method's own form, only `solve` is timed.

    ``solve`` returns (n,) grids, or what has them as ``grid``, with ``proofs``. ``package`` is what has to be
    installed; ``whole`` says that it needs a graph in one piece.
    """

    name: str
    solve: Callable[[Case, Any], Any]
    prepare: Callable[[Case], Any] = nothing
    package: str = ""
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class Run:
    """What came of a measurement; without a ``grid``, ``trouble`` says why. ``cpu_s`` counts all threads."""

    grid: np.ndarray | None = None
    proven: int | None = None
    cpu_s: float = float("nan")
    wall_s: float = float("nan")
    peak_mb: float = float("nan")
    trouble: str = ""


def measure(case: Case, method: Method, *, limit_s: float, workers: int = 1) -> Run:
    """Run a method on a case in a new process, and end it after `limit_s` CPU seconds of its own work."""
    process = subprocess.Popen(
        [sys.executable, __file__],
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | dict.fromkeys(THREADS, "1") | {"GRIDGIS_THREADS": str(workers)},
    )
    try:
        process.stdin.write(pickle.dumps((case, method, limit_s)))
        process.stdin.close()
        process.stdin = None
        if process.stdout.read(len(READY)) == READY:
            answer, said = process.communicate(timeout=PATIENCE * limit_s)
        else:
            answer, said = process.communicate()
        if process.returncode == 0:
            return pickle.loads(answer)
        if process.returncode == -OUT_OF_TIME:
            return Run(trouble=f"stopped after {limit_s:g} s")
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        return Run(trouble=f"ended with code {process.returncode} {' '.join(last)}".strip())
    except subprocess.TimeoutExpired:
        return Run(trouble=f"stopped after {limit_s:g} s")
    finally:
        process.kill()
        process.communicate()


def serve(job: BinaryIO, reply: BinaryIO) -> None:
    """Do one measurement in this process."""
    case, method, limit_s = pickle.load(job)
    ready = method.prepare(case)
    end_after(limit_s)
    reply.write(READY)
    reply.flush()
    wall, cpu = time.perf_counter(), cpu_seconds()
    try:
        answer = method.solve(case, ready)
        trouble = ""
    except (GridgisError, RuntimeError, ValueError) as error:
        answer = None
        trouble = " ".join(str(error).split())
    took = {"cpu_s": cpu_seconds() - cpu, "wall_s": time.perf_counter() - wall, "peak_mb": peak_mb()}
    if trouble:
        run = Run(trouble=trouble, **took)
    else:
        proofs = getattr(answer, "proofs", None)
        proven = None if proofs is None else len({proof.grid for proof in proofs if proof.proven})
        grid = np.unique(np.asarray(getattr(answer, "grid", answer)), return_inverse=True)[1]
        run = Run(grid=grid, proven=proven, **took)
    pickle.dump(run, reply)
    reply.flush()


def end_after(limit_s: float) -> None:
    """Let the system end this process after so many more CPU seconds; Windows cannot, and waits longer."""
    try:
        import resource
    except ImportError:
        return
    until = math.ceil(cpu_seconds() + limit_s)
    resource.setrlimit(resource.RLIMIT_CPU, (until, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def cpu_seconds() -> float:
    """CPU seconds so far, of all threads and of processes that have ended."""
    return time.process_time() + sum(os.times()[2:4])


def peak_mb() -> float:
    """The most memory this process has had, in MB.

    Linux counts into ``ru_maxrss`` what the starting process had, so ``VmHWM`` is read there.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    try:
        import resource
    except ImportError:  # Windows
        return float("nan")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


if __name__ == "__main__":
    from measure import serve as serve_imported  # so that what is pickled has the same classes on both sides

    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a method prints must not come between the answers
    serve_imported(sys.stdin.buffer, replies)
