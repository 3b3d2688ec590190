"""Jobs of the real kinds, run here as their process runs them."""

from gridgis_web.jobs.kinds import kinds_for
from gridgis_web.settings import Settings
from gridgis_web.store import jobs

from gridgis.errors import GridgisError

KINDS = kinds_for(Settings())


class Heard:
    def __init__(self):
        self.steps, self.lines = [], []

    def progress(self, step, share):
        self.steps.append(step)

    def log(self, text):
        self.lines.append(text)


def run(store, kind, place, *, who="planner", **given):
    """Run a job, and return its result."""
    with store.write() as session:
        number = jobs.submit(session, kind, given, who=who, jurisdiction_id=place).id
    return run_next(store, number)


def run_next(store, number):
    """Run the job that waits, which is of a number, and return its result."""
    job = jobs.claim(store, "here/1/x")
    assert job.id == number
    heard = Heard()
    try:
        gathered = KINDS[job.kind].gather(store, job)
        made = KINDS[job.kind].work(gathered, heard)
        jobs.finish(store, number, "here/1/x", KINDS[job.kind].keep(job, gathered, made))
    except GridgisError as error:
        jobs.end(store, number, "here/1/x", state="failed", error=error.in_both())
        raise
    assert heard.steps or heard.lines
    with store.read() as session:
        return jobs.find(session, number).result


def publish(store, place, row, day):
    """Publish a plan as it is."""
    given = {"plan_id": row.id, "version": row.version, "day": day.isoformat(), "language": "zh"}
    return run(store, "publish", place, **given)
