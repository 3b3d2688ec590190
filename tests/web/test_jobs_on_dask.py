"""Jobs whose work is done on a Dask cluster: bytes travel, progress comes back, the store is written on this side."""

import pytest
from dask_cluster import running_cluster
from gridgis_web.store import Store, jobs
from service_processes import environment, get, submit, until, wait_for, working


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("dask"), workers=1, environment=environment()) as (address, _):
        yield address


@pytest.mark.dask
def test_jobs_run_on_the_cluster_and_a_cancelled_one_frees_its_thread(tmp_path, cluster):
    store = Store.at(tmp_path / "store.gpkg")
    store.upgrade()
    first, long = submit(store, "rows", seconds=2, lines=2), submit(store, seconds=600)
    with working(store, tmp_path, scheduler=cluster):
        until(lambda: get(store, first).step == "waiting", "progress from the cluster")
        job = wait_for(store, first, "done")
        assert job.result == {"rows": 40}
        assert [text for _, text in job.log] == ["line 1", "line 2"]
        until(lambda: get(store, long).step == "waiting", "progress from the cluster")
        with store.write() as session:
            jobs.cancel(session, long, who="planner")
        wait_for(store, long, "cancelled")
        # the cluster has one thread: the next job can only run if the cancelled one left it
        refused = submit(store, "refuse")
        assert "the roads have no CRS" in wait_for(store, refused, "failed", "done").error
    store.close()
