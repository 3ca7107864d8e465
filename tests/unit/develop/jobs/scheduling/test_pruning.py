"""Old jobs go, with what they left; those that something names stay."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from tests.support.jobs import Workshop
from unshelf.develop.jobs.scheduling.pruning import JobPruning
from unshelf.develop.jobs.scheduling.settling import CHECKPOINT_KEPT
from unshelf.develop.jobs.tables import JobAttemptRow, JobRow, JobTreeRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.blob_holds import held_among
from unshelf.foundation.clock import now
from unshelf.foundation.uses.job_mentions import JobMention


@pytest.fixture
def named(workshop: Workshop) -> set[str]:
    """Jobs that something names."""
    jobs: set[str] = set()

    def find(_: Session, __: Actor | None, wanted: Sequence[str]) -> list[JobMention]:
        return [
            JobMention(job=job, kind="version", name="iris:1", page="/models/iris:1") for job in wanted if job in jobs
        ]

    workshop.references.add(find)
    return jobs


def pruning(workshop: Workshop) -> JobPruning:
    return JobPruning(
        workshop.database, environments=workshop.environments, references=workshop.references, subjects=workshop.subjects,
        prune_groups=[],
    )  # fmt: skip


def age(workshop: Workshop, *jobs: str, days: int = 40) -> None:
    with workshop.database.transaction() as session:
        session.execute(update(JobRow).where(JobRow.id.in_(jobs)).values(ended_at=now() - timedelta(days=days)))


def done(workshop: Workshop, content: bytes, *, status: int = 0) -> str:
    """A job of code of its own that left a file."""
    job = workshop.queued(files=[workshop.upload(workshop.ana, content)])
    workshop.turn()
    workshop.end(job, status=status, output=workshop.upload(workshop.eve, b"left by " + content))
    return job


def there(workshop: Workshop) -> set[str]:
    with workshop.database.read() as session:
        return set(session.scalars(select(JobRow.id)))


def test_an_old_job_goes_with_its_attempts_files_and_code(workshop: Workshop) -> None:
    old, recent = done(workshop, b"print(1)"), done(workshop, b"print(2)")
    copy = workshop.service.clone(workshop.ana, old, lambda order: order)[0]
    age(workshop, old)
    with workshop.database.read() as session:
        code = [session.get_one(JobRow, job).code for job in (old, recent)]
        left = session.get_one(JobAttemptRow, (old, 1)).output
    assert left is not None
    assert pruning(workshop).prune(30) == 1
    assert there(workshop) == {recent, copy}
    with workshop.database.read() as session:
        assert session.get_one(JobRow, copy).parent is None
        assert session.get(JobTreeRow, code[0]) is not None, "the copy has the same code"
        assert held_among(session, [left["sha256"]]) == set()
    workshop.service.cancel(workshop.ana, copy)
    age(workshop, copy, recent)
    assert pruning(workshop).prune(30) == 2
    with workshop.database.read() as session:
        assert list(session.scalars(select(JobTreeRow.digest))) == []
    assert pruning(workshop).prune(30) == 0


def test_a_job_that_something_names_or_waits_for_stays(workshop: Workshop, named: set[str]) -> None:
    first, second = done(workshop, b"print(1)"), done(workshop, b"print(2)")
    waited = workshop.submit()
    after = workshop.submit(after=[waited])
    age(workshop, first, second)
    named.add(first)
    assert pruning(workshop).prune(30) == 1
    assert there(workshop) == {first, waited, after}
    named.clear()
    assert pruning(workshop).prune(41) == 0, "its time is not over"
    assert pruning(workshop).prune(30) == 1


def test_a_checkpoint_stays_for_a_week_where_the_job_did_not_succeed(workshop: Workshop) -> None:
    fine, failed = done(workshop, b"print(1)"), done(workshop, b"print(2)", status=1)
    assert workshop.launcher.finished == [fine]
    age(workshop, failed, days=CHECKPOINT_KEPT.days + 1)
    workshop.scheduler.prune()
    assert workshop.launcher.finished == [fine, failed]
    workshop.scheduler.prune()
    assert workshop.launcher.finished == [fine, failed], "once is enough"
