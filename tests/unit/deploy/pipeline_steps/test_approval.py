"""Approvals are requests to who may release; each is asked for once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.actors import user
from unshelf.contracts.errors import Forbidden, InvalidInput
from unshelf.deploy.pipeline_steps.approval import KIND, ApprovalRequests, ApprovalStep
from unshelf.develop.pipelines.run import StepOrder, StepOutcome
from unshelf.foundation.access.model_scopes import ModelScopes, place_model
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.foundation.subjects import Subjects
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.requests.service import RequestService

ANA, OLA, BEN = user("ana", risk="owner"), user("ola", risk="owner"), user("ben", risk="viewer")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Database]:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    with database.transaction() as session:
        place_model(session, "score", "risk")
    yield database
    database.dispose()


@pytest.fixture
def requests(opened: Database, tmp_path: Path) -> RequestService:
    notifications = NotificationService(opened, Subjects(), lambda _person: None)
    made = RequestService(opened, EventStore(opened), Publisher(opened, tmp_path), notifications)
    made.register(KIND, ApprovalRequests())
    return made


@pytest.fixture
def step(opened: Database, requests: RequestService) -> ApprovalStep:
    return ApprovalStep(requests, ModelScopes(opened))


def order(**arguments: Any) -> StepOrder:
    usual = {"question": "Release it?", "about": {"version": "score:3"}}
    return StepOrder(
        run="r1", step="ask", project="risk", pipeline="p", key="pipeline/r1/0/0", arguments=usual | arguments, facts={}
    )


def looked(opened: Database, step: ApprovalStep, outcome: StepOutcome) -> StepOutcome | None:
    with opened.read() as session:
        return step.look(session, outcome.facts)


def test_it_waits_until_somebody_else_who_may_release_decides(
    opened: Database, requests: RequestService, step: ApprovalStep
) -> None:
    outcome = step.begin(ANA, order(details={"gain": 0.1}))
    assert (outcome.state, outcome.reason) == ("running", "It waits for approval: Release it?")
    assert step.begin(ANA, order(details={"gain": 0.1})).facts == outcome.facts
    assert looked(opened, step, outcome) is None
    (asked,) = requests.list_for(OLA, whose="to_decide", limit=10).items
    assert (asked.wanted["about"], asked.wanted["details"], asked.scope.model) == ("score:3", {"gain": 0.1}, "score")
    assert requests.list_for(BEN, whose="to_decide", limit=10).items == []
    with pytest.raises(Forbidden, match="own request"):
        requests.grant(ANA, asked.id)
    requests.grant(OLA, asked.id, reason="Good.")
    done = looked(opened, step, outcome)
    assert done is not None
    assert (done.state, done.facts["value"]) == ("succeeded", {"by": OLA.label, "reason": "Good."})


def test_a_refusal_and_a_withdrawal_reject(opened: Database, requests: RequestService, step: ApprovalStep) -> None:
    outcome = step.begin(ANA, order(about=None))
    requests.refuse(OLA, str(outcome.facts["request"]), reason="Not on a Friday.")
    done = looked(opened, step, outcome)
    assert done is not None
    assert (done.state, done.reason) == ("rejected", f"{OLA.label} refused it: Not on a Friday.")
    other = step.begin(ANA, StepOrder(**{**order().__dict__, "key": "pipeline/r1/0/1"}))
    step.cancel(None, other.facts)
    withdrawn = looked(opened, step, other)
    assert withdrawn is not None
    assert withdrawn.state == "rejected"


def test_only_pipelines_ask_and_a_question_is_needed(requests: RequestService, step: ApprovalStep) -> None:
    with pytest.raises(InvalidInput, match="asked for by pipelines"):
        requests.ask(ANA, KIND, project="risk", wanted={}, reason="x")
    with pytest.raises(InvalidInput, match="question"):
        step.begin(ANA, order(question=""))
    assert project_scope("risk").project == "risk"
