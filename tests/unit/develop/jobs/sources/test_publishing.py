"""Outputs of jobs become versions of datasets before the job has succeeded, and a job whose outputs can't has not."""

import hashlib

import pytest

from tests.support.jobs import Workshop
from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Forbidden, InvalidInput
from unshelf.develop.datasets.tables import DatasetVersionRow
from unshelf.develop.jobs.sources.publishing import JobOutput


def left(workshop: Workshop, path: str, content: bytes) -> BundleFile:
    digest = hashlib.sha256(content).hexdigest()
    workshop.blobs.put(digest, [content], limit=len(content))
    return BundleFile(path=path, sha256=digest, size=len(content))


def version(workshop: Workshop, name: str, number: int) -> DatasetVersionRow:
    with workshop.database.read() as session:
        return session.get_one(DatasetVersionRow, (name, number))


def test_files_become_a_version_whose_origin_is_the_job(workshop: Workshop) -> None:
    outputs = [JobOutput(name="features", path="out/rows.txt"), JobOutput(name="weights", path="model/")]
    job = workshop.queued(outputs=outputs)
    workshop.turn()
    files = [
        left(workshop, "out/rows.txt", b"rows"), left(workshop, "model/w.bin", b"w"), left(workshop, "results.json", b"{}"),
    ]  # fmt: skip
    workshop.end(job, files=files)
    assert (workshop.row(job).state, workshop.row(job).reason) == ("running", "Its outputs become data.")
    workshop.turn()
    workshop.publish()
    row = workshop.row(job)
    assert (row.state, [each["version"] for each in row.outputs]) == ("succeeded", [1, 1])
    assert [each["path"] for each in version(workshop, "features", 1).files] == ["rows.txt"]
    assert [each["path"] for each in version(workshop, "weights", 1).files] == ["w.bin"]
    assert version(workshop, "features", 1).job == job


def test_what_comes_after_waits_for_the_data(workshop: Workshop) -> None:
    first = workshop.queued(outputs=[JobOutput(name="features", path=".")])
    last = workshop.submit(after=[first])
    workshop.turn()
    workshop.end(first, files=[left(workshop, "a.txt", b"a")])
    assert workshop.row(last).state == "waiting"
    workshop.publish()
    assert workshop.row(last).state == "preparing"


def test_an_output_that_is_not_there_fails_the_job(workshop: Workshop) -> None:
    job = workshop.queued(outputs=[JobOutput(name="features", path="rows.csv")])
    workshop.turn()
    workshop.end(job, files=[])
    workshop.publish()
    assert workshop.row(job).state == "failed"
    assert "left nothing at 'rows.csv'" in workshop.row(job).reason


def test_who_may_add_no_data_any_more_makes_none(workshop: Workshop) -> None:
    job = workshop.queued(outputs=[JobOutput(name="features", path=".")])
    workshop.turn()
    workshop.end(job, files=[left(workshop, "a.txt", b"a")])
    del workshop.people["ana"]
    workshop.publish()
    assert "may add no data here any more" in workshop.row(job).reason
    assert workshop.row(job).state == "failed"


def test_a_job_that_is_cancelled_meanwhile_is_cancelled(workshop: Workshop) -> None:
    job = workshop.queued(outputs=[JobOutput(name="features", path=".")])
    workshop.turn()
    workshop.end(job, files=[left(workshop, "a.txt", b"a")])
    workshop.service.cancel(workshop.ana, job)
    workshop.publish()
    assert workshop.row(job).state == "cancelled"


def test_names_and_paths_are_judged_when_the_job_is_submitted(workshop: Workshop) -> None:
    for path in ("../x", "a//b", ""):
        with pytest.raises(InvalidInput, match="no path in the outputs"):
            workshop.submit(outputs=[JobOutput(name="features", path=path)])
    with pytest.raises(InvalidInput, match="no name of data"):
        workshop.submit(outputs=[JobOutput(name="No Name", path=".")])
    with pytest.raises(InvalidInput, match="same dataset"):
        workshop.submit(outputs=[JobOutput(name="a", path="x"), JobOutput(name="a", path="y")])
    with pytest.raises(Forbidden):
        workshop.service.submit(workshop.vic, workshop.order(workshop.vic, outputs=[JobOutput(name="a", path="x")]))
