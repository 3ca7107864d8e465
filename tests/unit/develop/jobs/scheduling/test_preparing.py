"""Environments of jobs are built by a queue; each says what it is doing, and a failure ends its job alone."""

from tests.support.jobs import Workshop
from unshelf.contracts.protocols.host import Failed
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.loops.loops import Postponed


def test_a_job_waits_for_its_environment_and_is_queued_with_its_hash(workshop: Workshop) -> None:
    job = workshop.submit(requirements=["numpy"])
    assert (workshop.row(job).state, workshop.row(job).environment) == ("preparing", None)
    with workshop.database.read() as session:
        assert workshop.environments.is_building(session)
    workshop.prepare()
    row = workshop.row(job)
    assert row.state == "queued"
    assert row.environment is not None
    with workshop.database.read() as session:
        assert workshop.environments.unused(session) == [], "the job holds it"
        assert not workshop.environments.is_building(session)


def test_what_is_being_done_can_be_read_meanwhile(workshop: Workshop) -> None:
    said: list[str] = []
    workshop.preparation.on_change(lambda jobs: said.append(workshop.row(jobs[0]).reason))
    workshop.submit(requirements=["numpy"])
    workshop.prepare()
    assert said == ["Its environment: building (one).", ""]


def test_packages_that_can_not_be_had_end_the_job_with_the_reason(workshop: Workshop) -> None:
    workshop.host.failure = Failed(
        id=1, code="lock_failed", detail="There is no package nothing", hint="Look at its name."
    )
    job = workshop.submit(requirements=["nothing"])
    workshop.prepare()
    row = workshop.row(job)
    assert row.state == "failed"
    assert row.reason == "Its environment: There is no package nothing. Look at its name."


def test_a_host_that_is_away_is_asked_again_later(workshop: Workshop) -> None:
    workshop.host.failure = Failed(id=1, code="unavailable", detail="Busy.", retry_after=7.0)
    job = workshop.submit()
    claim = workshop.loops._claims.take("job-environments")
    assert claim is not None
    try:
        workshop.preparation._work(claim)
    except Postponed as later:
        assert later.seconds == 7.0
    assert workshop.row(job).state == "preparing"


def test_a_job_that_was_cancelled_meanwhile_gets_none(workshop: Workshop) -> None:
    job = workshop.submit()
    workshop.service.cancel(workshop.ana, job)
    workshop.prepare()
    assert (workshop.row(job).state, workshop.host.requests) == ("cancelled", [])
    with workshop.database.transaction() as session:
        assert session.get_one(JobRow, job).environment is None
