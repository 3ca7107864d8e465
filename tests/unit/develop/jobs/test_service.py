"""Jobs are their project's: who may not see them there gets the same answer as for one that there is not."""

import pytest

from tests.support.jobs import Workshop
from unshelf.contracts.errors import Conflict, Forbidden, NotFound
from unshelf.develop.jobs.service import JobFilter


def test_a_job_is_shown_to_those_who_see_its_project_alone(workshop: Workshop) -> None:
    job = workshop.submit()
    assert workshop.service.show(workshop.vic, job).row.id == job
    for hidden in (job, "nothing"):
        with pytest.raises(NotFound):
            workshop.service.show(workshop.eve, hidden)
    with pytest.raises(Forbidden):
        workshop.service.cancel(workshop.vic, job)
    with pytest.raises(NotFound):
        workshop.service.cancel(workshop.eve, job)


def test_a_list_has_what_one_may_see_and_what_is_asked_for(workshop: Workshop) -> None:
    mine, other = workshop.submit(), workshop.submit(workshop.ben, project="other", tier="medium")
    copies = workshop.service.submit(workshop.ana, workshop.order(workshop.ana, copies=2))

    def listed(who: str, **wanted: object) -> list[str]:
        page = workshop.service.list_for(getattr(workshop, who), JobFilter(**wanted), limit=10)  # type: ignore[arg-type]
        return [row.id for row in page.items]

    assert listed("ben") == [copies[1], copies[0], other, mine]
    assert listed("eve") == [other]
    assert listed("ben", project="risk", by="ana") == [copies[1], copies[0], mine]
    assert listed("ben", tier="medium") == [other]
    assert listed("ben", array=copies[0]) == copies[::-1]
    assert listed("ben", states=["succeeded"]) == []


def test_one_that_waits_is_cancelled_at_once_and_one_that_is_over_not_at_all(workshop: Workshop) -> None:
    job = workshop.submit()
    workshop.service.cancel(workshop.ben, job)
    workshop.service.cancel(workshop.ben, job)
    assert (workshop.row(job).state, workshop.row(job).reason) == ("cancelled", "It was cancelled by ben.")
    done = workshop.queued()
    workshop.turn()
    workshop.end(done)
    with pytest.raises(Conflict, match="succeeded"):
        workshop.service.cancel(workshop.ana, done)


def test_a_failed_job_is_tried_again_with_one_more_attempt(workshop: Workshop) -> None:
    job = workshop.queued()
    with pytest.raises(Conflict, match="only one that failed"):
        workshop.service.retry(workshop.ana, job)
    workshop.turn()
    workshop.end(job, status=1)
    workshop.service.retry(workshop.ben, job)
    workshop.turn()
    assert (workshop.row(job).state, workshop.row(job).attempts, workshop.row(job).ended_at) == ("running", 2, None)
    workshop.end(job, 2)
    assert [attempt.outcome for attempt in workshop.service.show(workshop.ana, job).attempts] == ["exited", "exited"]


def test_output_and_files_are_read_from_what_runs_and_then_from_the_store(workshop: Workshop) -> None:
    job = workshop.queued()
    assert workshop.service.output(workshop.ana, job, None, 0).data == b""
    workshop.turn()
    assert workshop.service.output(workshop.vic, job, None, 3).data == b"far"
    output, file = workshop.upload(workshop.eve, b"all of it"), workshop.upload(workshop.eve, b"model", "m/model.bin")
    workshop.end(job, output=output, files=[file])
    part = workshop.service.output(workshop.vic, job, 1, 4)
    assert (part.data, part.is_over) == (b"of it", True)
    found, chunks = workshop.service.file(workshop.vic, job, "m/model.bin")
    assert (found.size, b"".join(chunks)) == (5, b"model")
    for path, number in (("other", None), ("m/model.bin", 2)):
        with pytest.raises(NotFound):
            workshop.service.file(workshop.vic, job, path, number)


def test_each_tier_says_how_many_could_start_and_how_many_wait(workshop: Workshop) -> None:
    assert workshop.service.queues()["small"].free == 2
    workshop.queued(copies=3)
    workshop.turn()
    queue = workshop.service.queues()["small"]
    assert (queue.free, queue.waiting) == (0, 1)
    job = workshop.queued()
    assert workshop.service.show(workshop.ana, job).position == 1


def test_jobs_of_somebody_who_leaves_end_and_those_of_others_go_on(workshop: Workshop) -> None:
    running, waiting, other = workshop.queued(), workshop.submit(tier="large"), workshop.submit(workshop.ben)
    workshop.prepare()
    workshop.turn()
    after = workshop.submit(after=[running])
    with workshop.database.transaction() as session:
        workshop.service.cancel_all(session, workshop.ana.id, "the end of ana's account")
    workshop.turn()
    assert (running, 1) in workshop.launcher.cancelled
    workshop.end(running, how="cancelled", status=-15)
    assert [workshop.row(job).state for job in (running, after)] == ["cancelled", "cancelled"]
    assert workshop.row(running).reason == "It was cancelled by the end of ana's account."
    assert workshop.row(waiting).cancelled_by == "the end of ana's account"
    assert workshop.row(other).cancelled_by is None
