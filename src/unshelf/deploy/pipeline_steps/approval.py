"""The step that waits for people: a request to those who may release the model, or the models of the project."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import Reference
from unshelf.deploy.pipeline_steps.arguments import argument, reference_argument
from unshelf.develop.pipelines.run import StepOrder, StepOutcome
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import ModelScopes
from unshelf.foundation.access.scopes import Scope, project_scope
from unshelf.manage.requests.request import Asked
from unshelf.manage.requests.service import RequestService

KIND = "approval"
_MOST_CHARACTERS = 4000


class ApprovalRequests:
    """Requests to approve what a pipeline is about to do. To grant one gives nobody a right: the pipeline goes on."""

    permission = Permission.MODEL_RELEASE

    def check(self, _session: Session, _actor: Actor, _scope: Scope, _wanted: Mapping[str, Any]) -> dict[str, Any]:
        """Raise InvalidInput: only a pipeline asks."""
        raise InvalidInput("Approvals are asked for by pipelines.", hint="Add `steps.approval` to one.")

    def grant(self, _session: Session, _decider: Actor, _asked: Asked, _expires_at: datetime | None) -> datetime | None:
        """Give nothing."""
        return None

    def next_step(self, asked: Asked) -> str:
        """Say that the pipeline goes on."""
        return f"The pipeline goes on: /pipeline-runs/{asked.wanted['run']}"


class ApprovalStep:
    """Asks, and waits for the answer."""

    def __init__(self, requests: RequestService, scopes: ModelScopes) -> None:
        self._requests = requests
        self._scopes = scopes

    def begin(self, actor: Actor, order: StepOrder) -> StepOutcome:
        """Ask those who may release the version, or whatever the project has where it is about none."""
        question = argument(order.arguments, "question", str)
        if not 1 <= len(question) <= _MOST_CHARACTERS:
            raise InvalidInput(f"A question has 1 to {_MOST_CHARACTERS} characters.")
        wanted: dict[str, Any] = {
            "question": question,
            "run": order.run,
            "step": order.step,
            "pipeline": order.pipeline,
        }
        scope = project_scope(order.project)
        if order.arguments.get("about") is not None:
            about = reference_argument(order.arguments, "about")
            scope = self._scopes.of(about.name)
            actor.must_see(scope)
            wanted["about"] = str(Reference(about.name, version=about.version, alias=about.alias))
        if order.arguments.get("details") is not None:
            wanted["details"] = order.arguments["details"]
        request = self._requests.ask_for(actor, KIND, scope=scope, wanted=wanted, reason=question, key=order.key)
        return StepOutcome(state="running", reason=f"It waits for approval: {question}", facts={"request": request})

    def look(self, session: Session, facts: Mapping[str, Any]) -> StepOutcome | None:
        """Say what was decided."""
        if "request" not in facts:
            return None
        decision = self._requests.decision(session, str(facts["request"]))
        if decision is None:
            return None
        state, by, reason = decision
        if state == "granted":
            value = {"by": by, "reason": reason}
            return StepOutcome(state="succeeded", reason=f"{by} approved it. {reason}".strip(), facts={"value": value})
        said = f"{by} refused it: {reason}" if state == "refused" else "Its request was withdrawn."
        return StepOutcome(state="rejected", reason=said, facts={})

    def cancel(self, _actor: Actor | None, facts: Mapping[str, Any]) -> None:
        """Withdraw the request."""
        if "request" in facts:
            self._requests.withdraw_for(str(facts["request"]))
