"""Environments say which jobs ran in them, to those who may see these."""

from tests.support.actors import user
from tests.support.jobs import Workshop
from unshelf.develop.jobs.tables import JobRow
from unshelf.develop.jobs.uses import JobUses


def test_jobs_are_told_the_newest_first_to_those_who_see_them(workshop: Workshop) -> None:
    jobs = [workshop.queued(), workshop.queued()]
    with workshop.database.read() as session:
        environment = str(session.get_one(JobRow, jobs[0]).environment)
        member, stranger = user("mia", risk="contributor"), user("nora", fraud="contributor")
        found = JobUses().of_environments(session, member, [environment], most=10)
        assert [(use.name, use.page) for use in found] == [(job, f"/jobs/{job}") for job in sorted(jobs, reverse=True)]
        assert len(JobUses().of_environments(session, member, [environment], most=1)) == 1
        assert JobUses().of_environments(session, stranger, [environment], most=10) == []
        assert JobUses().of_environments(session, member, ["0" * 64], most=10) == []
