"""Jobs on a Dask cluster: its scheduler runs again what a lost worker had, and results come back as bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from gridgis.city.jobs import Job, Outcome, run_job
from gridgis.city.runners import lost
from gridgis.errors import GridgisError, InputError, some
from gridgis.languages import Said

if TYPE_CHECKING:
    from distributed import Client, Future

PATIENCE_S = 30
"""How long the scheduler may take to answer, and the first worker to be there."""

AHEAD = 2
"""Jobs given out for every thread of the cluster, so that none has to wait for its next."""


class DaskRunner:
    """Runs jobs on the cluster of a scheduler, ``tcp://host:port``; its workers need no file system in common.

    Raises
    ------
    InputError
        ``distributed`` is not installed, nobody answers at the address, or workers cannot run this gridgis.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._client = open_cluster(address)

    def __call__(self, jobs: Iterable[Job]) -> Iterator[tuple[Job, Outcome]]:
        """See `runners.Runner`."""
        from distributed import as_completed

        run = uuid4().hex  # of the same key Dask would return a former run's result
        under_way: dict[str, Job] = {}
        results = as_completed(loop=self._client.loop)
        with self._client as client:
            for job in jobs:
                future = client.submit(run_job, job.packed(), key=f"gridgis-{job.code}-{run}", pure=False)
                under_way[future.key] = job
                results.add(future)
                del future
                while len(under_way) >= AHEAD * max(1, sum(client.nthreads().values())):
                    yield self._finish(next(results), under_way)
            while under_way:
                yield self._finish(next(results), under_way)

    def _finish(self, future: Future, under_way: dict[str, Job]) -> tuple[Job, Outcome]:
        from concurrent.futures import CancelledError

        from distributed import KilledWorker
        from distributed.comm import CommClosedError

        job = under_way.pop(future.key)
        try:
            outcome: Outcome = future.result()
        except KilledWorker:
            outcome = lost(job)
        except ImportError as error:
            outcome = Outcome(
                code=job.code, state="failed", error=Said("its worker cannot run gridgis: {error}", error=error)
            )
        except (CancelledError, CommClosedError, OSError) as error:
            raise GridgisError(
                Said(
                    "the scheduler at {address} went away ({name}); start it and run the same command again: "
                    "what is done stays",
                    address=self.address,
                    name=type(error).__name__,
                )
            ) from error
        return job, outcome


def worker_version() -> str:
    """Return the version of gridgis where this runs."""
    return version("gridgis")


def open_cluster(address: str) -> Client:
    """Return a client of a cluster whose workers run this gridgis; raises InputError with the remedy."""
    client = _connect(address)
    try:
        _check_workers(client, address)
    except BaseException:
        client.close()
        raise
    return client


def _connect(address: str) -> Client:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(
            Said(
                "for a Dask cluster the package “distributed” is needed: pip install 'gridgis[dask]'; "
                "without it, name no scheduler and the processes of this machine do the work",
            )
        ) from None
    try:
        return Client(address, timeout=PATIENCE_S, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            Said(
                "no Dask scheduler answers at {address} ({error}); give the address that `dask scheduler` "
                "prints when it starts, e.g. tcp://192.168.1.5:8786",
                address=address,
                error=error or Said("no answer"),
            )
        ) from None


def _check_workers(client: Client, address: str) -> None:
    try:
        client.wait_for_workers(1, timeout=PATIENCE_S)
    except TimeoutError:
        raise InputError(
            Said(
                "the scheduler at {address} has no workers; start some: dask worker {address} --nthreads 1",
                address=address,
            )
        ) from None
    try:
        versions: dict[str, Any] = client.run(worker_version)
    except ImportError as error:
        raise InputError(
            Said(
                "the workers at {address} cannot run gridgis ({error}); install gridgis {version} there",
                address=address,
                error=error,
                version=version("gridgis"),
            )
        ) from None
    others = sorted({f"{worker} has {found}" for worker, found in versions.items() if found != version("gridgis")})
    if others:
        raise InputError(
            Said(
                "{count} workers have another gridgis than {version} here ({others}); install the same "
                "version everywhere, so that all make the same plans",
                count=len(others),
                version=version("gridgis"),
                others=some(others),
            )
        )
