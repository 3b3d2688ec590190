"""A Dask cluster of the tests' own: a scheduler and workers, each a process of its own."""

import json
import subprocess
import sys
import time
from contextlib import contextmanager


@contextmanager
def running_cluster(folder, *, workers=2, environment=None):
    """Give the scheduler's address and the workers' processes."""
    address_file = folder / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    scheduler = subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
         "--no-dashboard", "--scheduler-file", str(address_file)], **quiet)  # fmt: skip
    started = []
    try:
        while not address_file.exists() or not address_file.read_text():
            assert scheduler.poll() is None
            time.sleep(0.05)
        address = json.loads(address_file.read_text())["address"]
        started += [
            subprocess.Popen(
                [sys.executable, "-m", "distributed.cli.dask_worker", address, "--host", "127.0.0.1", "--nthreads", "1",
                 "--no-nanny", "--no-dashboard", "--local-directory", str(folder / f"worker{k}")], **quiet)
            for k in range(workers)
        ]  # fmt: skip
        yield address, started
    finally:
        for process in (*started, scheduler):
            process.kill()
            process.wait()
