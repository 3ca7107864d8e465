"""Jobs that are started again, over the door that jobs have."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from unshelf.contracts.errors import Conflict, Forbidden
from unshelf.contracts.permissions import Permission
from unshelf.develop.jobs.again import JobsAgain
from unshelf.develop.jobs.job import JobOrder
from unshelf.develop.jobs.service import JobService
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database

ORDER = JobOrder(project="risk", name="training", files=[], command=["train.py"], parameters={"depth": 3, "rate": 0.1})


class Jobs:
    """The part of the real door that is used, with what was asked of it."""

    def __init__(self) -> None:
        self.order: JobOrder | None = None
        self.is_over = False

    def show(self, actor: Actor, job: str) -> Any:
        return SimpleNamespace(row=SimpleNamespace(project="risk"))

    def clone(self, actor: Actor, job: str, change: Callable[[JobOrder], JobOrder]) -> list[str]:
        self.order = change(ORDER)
        return ["new"]

    def cancel(self, actor: Actor, job: str) -> None:
        if self.is_over:
            raise Conflict("The job is over.")


def actor(*permissions: Permission) -> Actor:
    return Actor(
        id="a", kind="user", label="a", grants=(Grant(permissions=frozenset(permissions), scope=project_scope("risk")),)
    )


def again(jobs: Jobs) -> JobsAgain:
    return JobsAgain(cast(Database, None), cast(JobService, jobs))


def test_a_copy_has_the_key_and_the_parameters_over_its_own() -> None:
    jobs = Jobs()
    started = again(jobs).start(actor(), "job", key="k", name="trial", parameters={"depth": 5})
    assert started == "new" and jobs.order is not None
    assert (jobs.order.key, jobs.order.name, jobs.order.parameters) == ("k", "trial", {"depth": 5, "rate": 0.1})
    again(jobs).start(actor(), "job", key="k")
    assert (jobs.order.name, jobs.order.parameters) == ("training", ORDER.parameters)


def test_who_may_only_look_may_not_run_it_again() -> None:
    assert again(Jobs()).require(actor(Permission.JOBS_RUN), "job") == "risk"
    with pytest.raises(Forbidden):
        again(Jobs()).require(actor(Permission.JOBS_READ), "job")


def test_to_cancel_one_that_is_over_is_no_error() -> None:
    jobs = Jobs()
    jobs.is_over = True
    again(jobs).cancel(actor(), "job")
