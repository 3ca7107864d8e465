"""Trees are kept once, however many jobs have them, and go with the last."""

from sqlalchemy import delete, select

from tests.support.jobs import Workshop
from unshelf.develop.jobs.tables import JobRow, JobTreeRow
from unshelf.develop.jobs.trees import drop_trees, find_readable, read_tree
from unshelf.foundation.blob_holds import held_among


def test_two_jobs_with_the_same_code_have_one_tree(workshop: Workshop) -> None:
    first, second = workshop.submit(), workshop.submit(workshop.ben)
    code = workshop.row(first).code
    assert workshop.row(second).code == code
    with workshop.database.read() as session:
        assert list(session.scalars(select(JobTreeRow.digest))) == [code]
        assert [file.path for file in read_tree(session, code)] == ["job.py"]


def test_a_tree_goes_with_the_last_job_that_names_it(workshop: Workshop) -> None:
    job = workshop.submit()
    row = workshop.row(job)
    file = workshop.upload(workshop.ana)
    with workshop.database.transaction() as session:
        drop_trees(session, [row.code])
        assert held_among(session, [file.sha256]) == {file.sha256}
        session.execute(delete(JobRow).where(JobRow.id == job))
        drop_trees(session, [row.code])
        assert held_among(session, [file.sha256]) == set()


def test_the_code_of_a_job_may_be_used_by_who_sees_it(workshop: Workshop) -> None:
    workshop.submit()
    digest = workshop.upload(workshop.ana).sha256
    with workshop.database.read() as session:
        assert find_readable(session, workshop.vic, [digest]) == {digest}
        assert find_readable(session, workshop.eve, [digest]) == set()
