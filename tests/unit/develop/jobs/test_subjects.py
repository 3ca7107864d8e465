"""Jobs are found by words, and count to quotas while they run and with what they left."""

from sqlalchemy import func, select

from tests.support.jobs import CODE, Workshop
from unshelf.contracts.tiers import TIERS
from unshelf.develop.jobs.subjects import (
    JobFiles,
    JobUsage,
    copies_of_job,
    job_source,
    makers_of_jobs,
    titles_of_jobs,
)
from unshelf.manage.quotas.accounts import INSTALLATION_ACCOUNT, project_account


def test_a_job_is_found_by_its_name_its_command_and_how_it_ended(workshop: Workshop) -> None:
    job = workshop.queued(name="churn model", command=["job.py", "--deep"])
    workshop.turn()
    workshop.end(job, status=3)
    with workshop.database.read() as session:
        (found,) = job_source().documents(session, [job, "gone"])
    assert (found.title, found.subject.project, found.owner, found.page) == (
        "churn model",
        "risk",
        "ana",
        f"/jobs/{job}",
    )
    for word in ("--deep", "failed", "status 3"):
        assert word in found.text


def test_a_job_counts_while_it_runs(workshop: Workshop) -> None:
    usage = JobUsage(TIERS)
    job = workshop.queued(tier="medium")
    with workshop.database.read() as session:
        assert usage.used(session, project_account("risk")).cores == 0
    workshop.turn()
    with workshop.database.read() as session:
        used = usage.used(session, project_account("risk"))
        assert (used.cores, used.memory_bytes) == (2.0, 4 << 30)
        assert usage.used(session, project_account("other")).cores == 0
        assert usage.of_tier(session, "medium", project="risk") == [f"job/{job}"]
        assert usage.of_tier(session, "medium", makers=["ben"]) == []


def test_code_and_what_was_left_count_as_files(workshop: Workshop) -> None:
    job = workshop.queued()
    workshop.turn()
    workshop.end(job, files=[workshop.upload(workshop.eve, b"model", "m.bin")])
    with workshop.database.read() as session:
        sizes = [
            session.scalar(select(func.sum(files.subquery().c[1]))) for files in JobFiles().files(INSTALLATION_ACCOUNT)
        ]
        others = [list(session.execute(files)) for files in JobFiles().files(project_account("other"))]
    assert sorted(sizes) == [5, len(CODE)]
    assert others == [[], []]


def test_jobs_have_the_makers_that_submitted_them(workshop: Workshop) -> None:
    job = workshop.queued()
    with workshop.database.read() as session:
        assert makers_of_jobs(session, [job, "gone"]) == {job: "ana"}


def test_copies_are_found_through_copies_and_titles_by_id(workshop: Workshop) -> None:
    first = workshop.submit(name="Train")
    second = workshop.service.clone(workshop.ana, first, lambda order: order)[0]
    third = workshop.service.clone(workshop.ben, second, lambda order: order)[0]
    other = workshop.submit(name="Other")
    with workshop.database.read() as session:
        assert copies_of_job(session, first) == ("risk", [second, third])
        assert copies_of_job(session, third) == ("risk", [])
        assert copies_of_job(session, "no-such") is None
        assert titles_of_jobs(session, [first, other, "no-such"]) == {first: "Train", other: "Other"}
