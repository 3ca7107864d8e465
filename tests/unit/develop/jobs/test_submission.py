"""An order is judged once, with the rights of who gives it."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.jobs import Workshop
from unshelf.contracts.bundle import BundleFile, NetworkAccess
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound, UnshelfError
from unshelf.develop.jobs.job import JobInput
from unshelf.develop.jobs.tables import JobRow
from unshelf.manage.projects.tables import ProjectRow


def test_copies_are_jobs_with_numbers(workshop: Workshop) -> None:
    ids = workshop.service.submit(workshop.ana, workshop.order(workshop.ana, copies=3, name="sweep"))
    rows = [workshop.row(job) for job in ids]
    assert [row.array_index for row in rows] == [0, 1, 2]
    assert {row.array for row in rows} == {ids[0]}
    assert {row.name for row in rows} == {"sweep"}


def test_the_same_request_again_begins_nothing(workshop: Workshop) -> None:
    order = workshop.order(workshop.ana, key="k" * 16, copies=2)
    first = workshop.service.submit(workshop.ana, order)
    assert workshop.service.submit(workshop.ana, order) == first
    with pytest.raises(Conflict, match="same key"):
        workshop.service.submit(workshop.ben, workshop.order(workshop.ben, key="k" * 16))
    assert len(workshop.states()) == 2


def test_who_sees_a_project_but_may_not_run_jobs_there_is_refused_and_others_learn_nothing(workshop: Workshop) -> None:
    with pytest.raises(Forbidden):
        workshop.service.submit(workshop.vic, workshop.order(workshop.vic))
    with pytest.raises(NotFound):
        workshop.service.submit(workshop.eve, workshop.order(workshop.eve))


def test_files_that_somebody_else_sent_are_not_ones_own(workshop: Workshop) -> None:
    file = workshop.upload(workshop.ben, b"print(1)", "job.py")
    with pytest.raises(Conflict, match="not here"):
        workshop.submit(files=[file])
    workshop.submit(workshop.ben, files=[file])
    workshop.submit(files=[file])  # by now a job that ana may see has it


def test_a_dataset_is_recorded_with_its_version_and_read_with_the_rights_of_who_submits(workshop: Workshop) -> None:
    file = workshop.upload(workshop.ana, b"x", "notes.txt")
    workshop.datasets.add(workshop.ana, "orders", [file], project="risk", description=None)
    wanted = [JobInput(reference="data://orders", variable="UNSHELF_DATA_ORDERS")]
    job = workshop.queued(inputs=wanted)
    assert workshop.row(job).inputs[0]["reference"] == "data://orders@1"
    workshop.turn()
    order = workshop.launcher.orders[0]
    assert [(each.variable, [file.path for file in each.files]) for each in order.inputs] == [
        ("UNSHELF_DATA_ORDERS", ["notes.txt"])
    ]
    with pytest.raises(NotFound, match="no data"):
        workshop.service.submit(workshop.eve, workshop.order(workshop.eve, project="other", inputs=wanted))


def test_an_archived_project_takes_no_jobs(workshop: Workshop) -> None:
    with workshop.database.transaction() as session:
        row = session.get_one(ProjectRow, "risk")
        row.archived_at = row.created_at
    with pytest.raises(Conflict, match="archived"):
        workshop.submit()


def test_a_job_comes_after_jobs_that_one_sees_and_that_may_still_succeed(workshop: Workshop) -> None:
    hidden = workshop.submit(workshop.eve, project="other")
    failed = workshop.queued()
    workshop.turn()
    workshop.end(failed, status=1)
    for earlier, error in ((hidden, NotFound), ("nothing", NotFound), (failed, Conflict)):
        with pytest.raises(error):
            workshop.submit(after=[earlier])
    done = workshop.queued()
    workshop.turn()
    workshop.end(done)
    job = workshop.submit(after=[done])
    assert workshop.row(job).state == "preparing"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"command": ["other.py"]}, "no file of the code"), ({"command": ["job.py", "a\0b"]}, "null character"),
        ({"command": ["job.py", *["x"] * 2000]}, "too long"), ({"files": []}, "no files"), ({"seconds": 0.5}, "time limit is 1"),
        ({"retries": 21}, "retries is 0 to 20"), ({"priority": 11}, "priority is -10 to 10"), ({"copies": 1001}, "copies is 1"),
        ({"variables": {"UNSHELF_JOB": "x"}}, "UNSHELF_"), ({"variables": {"LD_PRELOAD": "x"}}, "LD_"),
        ({"parameters": {"x": "y" * 300_000}}, "parameters have more"), ({"environment": "base"}, "not both"),
        ({"inputs": [JobInput(reference="data://orders", variable="ORDERS")]}, "no variable of data"),
        ({"inputs": [JobInput(reference="s3://x", variable="UNSHELF_DATA_X")]}, "data://"),
        ({"tier": "huge"}, "no tier 'huge'"), ({"network": NetworkAccess(access="full")}, "network"),
    ],
)  # fmt: skip
def test_what_can_not_be_run_is_refused_and_leaves_nothing(
    workshop: Workshop, fields: dict[str, Any], said: str
) -> None:
    with pytest.raises(UnshelfError, match=said):
        workshop.submit(**fields)
    assert workshop.states() == []


def test_a_tree_that_can_not_lie_in_a_folder_is_refused(workshop: Workshop) -> None:
    file = workshop.upload(workshop.ana)
    inside = BundleFile(path="job.py/a", sha256=file.sha256, size=file.size)
    with pytest.raises(InvalidInput, match="both as a file and as a folder"):
        workshop.submit(files=[file, inside])
    with pytest.raises(InvalidInput, match="twice"):
        workshop.submit(files=[file, file])


def test_a_copy_with_changes_links_to_its_parent(workshop: Workshop) -> None:
    job = workshop.queued(parameters={"rate": 0.1, "depth": 3}, secrets=["SERVICE_KEY"], retries=2)
    copy = workshop.service.clone(
        workshop.ben, job, lambda order: replace(order, parameters={**order.parameters, "rate": 0.2}, tier="medium")
    )[0]
    row: JobRow = workshop.row(copy)
    assert (row.parent, row.parameters, row.tier, row.retries) == (job, {"rate": 0.2, "depth": 3}, "medium", 2)
    assert (row.code, row.secrets, row.created_by) == (workshop.row(job).code, ["SERVICE_KEY"], "ben")
    assert workshop.service.show(workshop.ana, job).copies == [copy]


def test_what_a_job_left_is_read_by_another_of_its_project_with_its_digests(workshop: Workshop) -> None:
    file = workshop.upload(workshop.ben, b"weights", "value/model.bin")
    wanted = [JobInput(reference="job://nothing/value", variable="UNSHELF_DATA_MODEL")]
    with pytest.raises(NotFound, match="no job"):
        workshop.submit(inputs=wanted)
    done = workshop.queued()
    wanted = [JobInput(reference=f"job://{done}/value", variable="UNSHELF_DATA_MODEL")]
    with pytest.raises(Conflict, match="has not ended"):
        workshop.submit(inputs=wanted)
    workshop.turn()
    workshop.end(done, files=[file])
    with pytest.raises(NotFound, match="left nothing at"):
        workshop.submit(inputs=[JobInput(reference=f"job://{done}/other", variable="UNSHELF_DATA_MODEL")])
    with pytest.raises(Forbidden, match="own project"):
        workshop.service.submit(workshop.ben, workshop.order(workshop.ben, project="other", inputs=wanted))
    job = workshop.queued(inputs=wanted)
    facts = workshop.row(job).inputs[0]
    assert (facts["reference"], facts["job"], facts["attempt"]) == (f"job://{done}/value", done, 1)
    workshop.turn()
    (given,) = workshop.launcher.orders[-1].inputs
    assert [(each.path, each.sha256) for each in given.files] == [("model.bin", file.sha256)]
    copy = workshop.service.clone(workshop.ana, job, lambda order: order)[0]
    assert workshop.row(copy).inputs == workshop.row(job).inputs
