"""Code of repositories becomes that of jobs: fetched once, recorded with its commit, changed by another one."""

from dataclasses import replace
from typing import Any

import pytest

from tests.support.jobs import Workshop
from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.contracts.protocols.jobs import FolderPackages
from unshelf.develop.jobs.job import JobOrder
from unshelf.develop.jobs.schemas import JobChange
from unshelf.develop.jobs.sources.git import GitSource
from unshelf.develop.jobs.views import changed_order

URL = "https://git.example.org/team/training.git"


def order(**fields: Any) -> JobOrder:
    usual: dict[str, Any] = {"project": "risk", "command": ["train.py"], "git": GitSource(url=URL, ref="main")}
    return JobOrder(**usual | fields)


def test_a_job_has_the_files_of_the_commit_and_the_packages_that_they_ask_for(workshop: Workshop) -> None:
    packages = FolderPackages(requirements=["numpy==2.0"], python="3.11")
    workshop.commit("c" * 40, {"train.py": b"print(1)", "lib.py": b"x = 1"}, packages=packages)
    (job,) = workshop.service.submit(workshop.ana, order())
    assert (workshop.row(job).state, workshop.row(job).reason) == ("preparing", "It waits for its code.")
    workshop.prepare()
    workshop.turn()
    row = workshop.row(job)
    assert (row.state, row.git and row.git["commit"]) == ("running", "c" * 40)
    assert [file.path for file in workshop.launcher.orders[0].code] == ["lib.py", "train.py"]
    assert workshop.host.requests[0].requirements == ["numpy==2.0"]
    assert workshop.host.fetches[0].place.credential == ""


def test_packages_that_were_asked_for_win_over_those_of_the_files(workshop: Workshop) -> None:
    workshop.commit("c" * 40, {"train.py": b"1"}, packages=FolderPackages(requirements=["numpy"]))
    workshop.service.submit(workshop.ana, order(requirements=["polars"]))
    workshop.prepare()
    assert workshop.host.requests[0].requirements == ["polars"]


def test_a_copy_has_the_same_commit_without_fetching_and_another_one_where_that_is_wanted(workshop: Workshop) -> None:
    workshop.commit("1" * 40, {"train.py": b"1"}, packages=FolderPackages(requirements=["numpy"]))
    (first,) = workshop.service.submit(workshop.ana, order())
    workshop.prepare()
    workshop.commit("2" * 40, {"train.py": b"2"}, packages=FolderPackages(requirements=["scipy"]))
    (same,) = workshop.service.clone(workshop.ana, first, lambda order: order)
    workshop.prepare()
    assert (workshop.row(same).git or {})["commit"] == "1" * 40
    assert workshop.row(same).code == workshop.row(first).code
    assert len(workshop.host.fetches) == 1
    (other,) = workshop.service.clone(
        workshop.ana, first, lambda order: changed_order(order, JobChange(git_ref="develop"))
    )
    workshop.prepare()
    assert workshop.host.fetches[1].ref == "develop"
    assert (workshop.row(other).git or {})["commit"] == "2" * 40
    assert [request.requirements for request in workshop.host.requests] == [["numpy"], ["numpy"], ["scipy"]]


def test_a_credential_is_the_projects_secret_and_one_that_is_missing_is_named(workshop: Workshop) -> None:
    workshop.commit("c" * 40, {"train.py": b"1"})
    workshop.service.submit(workshop.ana, order(git=GitSource(url=URL, secret="SERVICE_KEY")))
    workshop.prepare()
    assert workshop.host.fetches[0].place.credential == "hush"
    (job,) = workshop.service.submit(workshop.ana, order(git=GitSource(url=URL, secret="ABSENT")))
    workshop.prepare()
    assert (workshop.row(job).state, "no secret 'ABSENT'" in workshop.row(job).reason) == ("failed", True)


def test_a_place_that_no_project_may_reach_is_refused_at_once(workshop: Workshop) -> None:
    elsewhere = GitSource(url="https://evil.example.com/a.git")
    with pytest.raises(Forbidden, match=r"evil\.example\.com:443"):
        workshop.service.submit(workshop.ana, order(git=elsewhere))
    with pytest.raises(Forbidden, match=r"evil\.example\.com:443"):
        workshop.service.git_refs(workshop.ana, "risk", elsewhere)
    with pytest.raises(NotFound):
        workshop.service.git_refs(workshop.eve, "risk", GitSource(url=URL))
    with pytest.raises(Forbidden):
        workshop.service.git_refs(workshop.vic, "risk", GitSource(url=URL))


def test_a_repository_that_can_not_be_fetched_or_lacks_the_script_ends_the_job_with_the_reason(
    workshop: Workshop,
) -> None:
    (job,) = workshop.service.submit(workshop.ana, order())
    workshop.prepare()
    assert workshop.row(job).state == "failed"
    assert workshop.row(job).reason == "Its code: it is not there. Look again."
    workshop.commit("c" * 40, {"training.py": b"1"})
    (job,) = workshop.service.submit(workshop.ana, order())
    workshop.prepare()
    assert "has no file 'train.py'. Did you mean training.py?" in workshop.row(job).reason


def test_a_job_that_is_cancelled_while_its_code_is_fetched_stays_cancelled(workshop: Workshop) -> None:
    workshop.commit("c" * 40, {"train.py": b"1"})
    (job,) = workshop.service.submit(workshop.ana, order())
    workshop.service.cancel(workshop.ana, job)
    workshop.prepare()
    assert workshop.states() == ["cancelled"]
    assert workshop.host.requests == []


def test_copies_in_an_array_fetch_what_each_needs_and_changed_files_leave_the_repository(workshop: Workshop) -> None:
    workshop.commit("c" * 40, {"train.py": b"1"})
    (job,) = workshop.service.submit(workshop.ana, order())
    workshop.prepare()
    file = workshop.upload(workshop.ana, b"print(2)", "train.py")
    (other,) = workshop.service.clone(
        workshop.ana, job, lambda made: replace(made, files=[file], git=None, packages_of_code=False)
    )
    assert workshop.row(other).git is None
