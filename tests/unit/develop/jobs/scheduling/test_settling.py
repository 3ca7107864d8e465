"""An end is recorded once, and what follows from it happens in the same transaction."""

from datetime import timedelta

import pytest

from tests.support.jobs import Workshop
from unshelf.contracts.protocols.jobs import AttemptEnd, AttemptOutcome, JobAttempt, RefusedPlace
from unshelf.develop.jobs.scheduling.settling import reason_of
from unshelf.develop.jobs.tables import JobAttemptRow
from unshelf.develop.jobs.views import job_view
from unshelf.foundation.blob_holds import held_among


def test_what_an_attempt_took_and_left_is_recorded_and_held(workshop: Workshop) -> None:
    job = workshop.queued()
    workshop.turn()
    left = workshop.upload(workshop.eve, b"model", "model.bin")
    output = workshop.upload(workshop.eve, b"hello\n", "output.log")
    workshop.end(
        job, files=[left], output=output, results='{"auc": 0.9}', cpu_seconds=1.25, peak_memory_bytes=7, started_at=10.0
    )
    with workshop.database.read() as session:
        kept = session.get_one(JobAttemptRow, (job, 1))
        assert held_among(session, [left.sha256, output.sha256]) == {left.sha256, output.sha256}
    assert (kept.outcome, kept.status, kept.cpu_seconds, kept.peak_memory_bytes) == ("exited", 0, 1.25, 7)
    row = workshop.row(job)
    assert (row.state, row.results, row.reason) == ("succeeded", {"auc": 0.9}, "")
    assert kept.started_at is not None
    assert kept.started_at.timestamp() == 10.0


def test_an_end_that_is_seen_twice_is_recorded_once(workshop: Workshop) -> None:
    job = workshop.queued(retries=1)
    workshop.turn()
    outcome = AttemptOutcome(how="exited", status=1, started_at=1.0, ended_at=2.0)
    attempt = JobAttempt(job=job, number=1, outcome=outcome)
    assert not workshop.settling.settle(attempt)
    assert not workshop.settling.settle(attempt)
    assert workshop.row(job).state == "queued"
    assert workshop.settling.settle(JobAttempt(job="gone", number=1, outcome=outcome))


@pytest.mark.parametrize("how", ["exited", "lost", "interrupted", "timed_out", "out_of_memory"])
def test_a_failed_attempt_is_tried_again_as_often_as_retries_say(workshop: Workshop, how: AttemptEnd) -> None:
    job = workshop.queued(retries=1)
    workshop.turn()
    workshop.end(job, how=how, status=1)
    assert workshop.row(job).state == "running", "the next attempt began"
    workshop.end(job, 2, how=how, status=1)
    assert workshop.row(job).state == ("timed_out" if how == "timed_out" else "failed")
    assert [order.number for order in workshop.launcher.orders] == [1, 2]


def test_without_retries_nothing_runs_twice(workshop: Workshop) -> None:
    job = workshop.queued()
    workshop.turn()
    workshop.end(job, how="lost", status=None)
    assert workshop.row(job).state == "failed"
    assert len(workshop.launcher.orders) == 1


def test_a_job_goes_on_once_all_that_it_comes_after_have_succeeded(workshop: Workshop) -> None:
    first, second = workshop.queued(), workshop.queued()
    third = workshop.submit(after=[first, second])
    workshop.turn()
    assert workshop.row(third).state == "waiting"
    workshop.end(first)
    assert workshop.row(third).state == "waiting"
    workshop.end(second)
    workshop.prepare()
    workshop.turn()
    assert workshop.row(third).state == "running"


def test_a_failure_ends_all_that_would_have_come_after(workshop: Workshop) -> None:
    first = workshop.queued()
    second = workshop.submit(after=[first])
    third = workshop.submit(after=[second])
    workshop.turn()
    workshop.end(first, status=1)
    assert workshop.states() == ["failed", "cancelled", "cancelled"]
    assert first in workshop.row(second).reason
    assert second in workshop.row(third).reason


@pytest.mark.parametrize(
    ("how", "status", "said"),
    [
        ("exited", 3, "Its program ended with exit status 3."), ("exited", -9, "Its program was ended by SIGKILL."),
        ("exited", -34, "Its program was ended by signal 34."), ("timed_out", -15, "It was over its time limit."),
        ("disk_full", -9, "It wrote more than a job may leave."),
    ],
)  # fmt: skip
def test_reasons_are_sentences(how: AttemptEnd, status: int, said: str) -> None:
    assert reason_of(AttemptOutcome(how=how, status=status, started_at=1.0, ended_at=2.0)) == said


def test_an_environment_is_let_go_some_time_after_the_end(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    job = workshop.queued()
    workshop.turn()
    workshop.end(job)
    workshop.settling.prune()
    with workshop.database.read() as session:
        assert workshop.environments.unused(session) == []
    monkeypatch.setattr("unshelf.develop.jobs.scheduling.settling._ENVIRONMENT_KEPT", timedelta(days=-1))
    workshop.settling.prune()
    with workshop.database.read() as session:
        assert workshop.environments.unused(session) == [workshop.row(job).environment]


def test_refused_connections_are_kept_with_the_attempt_and_logged(workshop: Workshop) -> None:
    job = workshop.queued()
    workshop.turn()
    workshop.end(job, status=1, refused=[RefusedPlace(place="pypi.org:443", reason="it is not granted", count=2)])
    (run,) = job_view(workshop.service.show(workshop.ana, job)).runs
    assert [(each.place, each.reason, each.count) for each in run.refused] == [("pypi.org:443", "it is not granted", 2)]
    assert not workshop.settling.settle(
        JobAttempt(job=job, number=1, outcome=AttemptOutcome(how="exited", status=1, started_at=1.0, ended_at=2.0))
    ), "its checkpoint is kept"
