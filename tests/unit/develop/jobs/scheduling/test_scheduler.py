"""Jobs start as room comes free, once each, and whatever is lost on the way is found again."""

import pytest

from tests.support.jobs import Workshop
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.host import Failed
from unshelf.contracts.protocols.jobs import AttemptUsage, JobAttempt
from unshelf.develop.jobs.scheduling import scheduler as module
from unshelf.foundation.clock import now
from unshelf.foundation.host_client import HostRequestFailed
from unshelf.manage.quotas.resources import QuotaLimits
from unshelf.manage.quotas.tables import QuotaRow


def failed(code: str, detail: str) -> HostRequestFailed:
    return HostRequestFailed(Failed(id=1, code=code, detail=detail))


def test_as_many_run_as_there_is_room_for_and_each_end_starts_the_next(workshop: Workshop) -> None:
    first = workshop.queued(copies=3)
    workshop.turn()
    assert workshop.states() == ["running", "running", "queued"]
    workshop.end(first)
    assert workshop.states() == ["succeeded", "running", "running"]
    assert workshop.launcher.forgotten == [(first, 1)]
    assert workshop.launcher.finished == [first]


def test_nothing_starts_before_it_is_known_what_runs(workshop: Workshop) -> None:
    workshop.queued()
    workshop.scheduler._turn()
    assert workshop.states() == ["queued"]


def test_a_start_that_may_have_been_lost_is_repeated_and_is_one_attempt(workshop: Workshop) -> None:
    job = workshop.queued()
    workshop.launcher.failure = Unavailable("The host is away.")
    workshop.turn()
    assert workshop.states() == ["starting"]
    workshop.launcher.failure = None
    workshop.turn()
    workshop.turn()
    assert workshop.states() == ["running"]
    assert [(order.job, order.number) for order in workshop.launcher.orders] == [(job, 1)]


def test_a_full_host_is_asked_again(workshop: Workshop) -> None:
    workshop.queued()
    workshop.launcher.failure = failed("unavailable", "all users are in use")
    workshop.turn()
    assert workshop.states() == ["starting"]


def test_an_environment_that_is_gone_is_built_again_from_its_lock(workshop: Workshop) -> None:
    job = workshop.queued(requirements=["numpy"])
    workshop.launcher.failure = failed("conflict", "the environment abc is not here")
    workshop.turn()
    assert workshop.states() == ["preparing"]
    workshop.launcher.failure = None
    workshop.prepare()
    assert workshop.host.requests[-1].environment == workshop.row(job).environment
    assert 'name = "numpy"' in workshop.host.requests[-1].lock
    workshop.turn()
    assert [order.number for order in workshop.launcher.orders] == [1]


def test_a_job_that_can_not_be_started_fails_and_says_why(workshop: Workshop) -> None:
    job = workshop.queued(secrets=["MISSING"])
    workshop.turn()
    row = workshop.row(job)
    assert (row.state, "no secret 'MISSING'" in row.reason) == ("failed", True)
    workshop.launcher.failure = failed("too_few_gpus", "there is no GPU")
    other = workshop.queued()
    workshop.turn()
    assert "there is no GPU" in workshop.row(other).reason


def test_a_job_beyond_a_quota_waits_and_says_so(workshop: Workshop) -> None:
    with workshop.database.transaction() as session:
        limits = QuotaLimits(cores=1.0)
        row = QuotaRow(
            id="q", account_kind="project", account="risk", request=None, expires_at=None, set_at=now(), set_by="x"
        )
        for name in ("cores", "memory_bytes", "gpus", "disk_bytes", "replicas"):
            setattr(row, name, getattr(limits, name))
        session.add(row)
    first = workshop.queued(copies=2)
    workshop.turn()
    assert workshop.states() == ["running", "queued"]
    second = workshop.row(first).array
    assert second == first
    workshop.end(first)
    assert workshop.states() == ["succeeded", "running"]


def test_what_ran_and_is_not_known_any_more_is_lost(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    job = workshop.queued()
    workshop.turn()
    assert workshop.states() == ["running"]
    workshop.turn()
    assert workshop.states() == ["running"], "it may just not have been seen yet"
    monkeypatch.setattr(module, "_MISSING_SECONDS", -1.0)
    workshop.turn()
    assert workshop.states() == ["failed"]
    assert "Nothing is known of it" in workshop.row(job).reason


def test_one_who_cancels_ends_what_runs(workshop: Workshop) -> None:
    job = workshop.queued()
    workshop.turn()
    workshop.service.cancel(workshop.ana, job)
    workshop.turn(JobAttempt(job=job, number=1))
    assert workshop.launcher.cancelled == [(job, 1)]
    workshop.end(job, how="cancelled", status=-15)
    assert workshop.row(job).reason == "It was cancelled by ana."


def test_the_last_measurement_of_what_runs_is_known(workshop: Workshop) -> None:
    job = workshop.queued()
    workshop.turn()
    usage = AttemptUsage(at=1.0, cpu_seconds=0.5, memory_bytes=7)
    workshop.turn(JobAttempt(job=job, number=1, usage=usage))
    assert workshop.scheduler.usage(job, 1) == usage
    workshop.end(job)
    assert workshop.scheduler.usage(job, 1) is None
