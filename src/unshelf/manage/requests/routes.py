"""Requests over HTTP."""

from typing import Annotated, Any

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.web.guard import CurrentActor, requires
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.requests.request import Asked, RequestState
from unshelf.manage.requests.schemas import (
    AccessTokenRequest,
    GrantDecision,
    IssuedToken,
    NewRequest,
    Refusal,
    RequestDetail,
    RequestList,
)
from unshelf.manage.requests.service import RequestService, Whose
from unshelf.manage.requests.tokens import RequestTokens

_FAILS: dict[str, Any] = {"responses": problem_answers("not_found", "conflict")}
_MAY_ASK = [requires(Permission.REQUESTS_CREATE)]


def router(requests: RequestService, tokens: RequestTokens) -> ApiRouter:
    """`/requests`."""
    routes = ApiRouter(tags=["requests"])

    def shown(actor: Actor, asked: Asked) -> RequestDetail:
        return RequestDetail(
            id=asked.id, kind=asked.kind, model=asked.scope.model or None, project=requests.project_for(actor, asked),
            wanted=dict(asked.wanted), reason=asked.reason, asked_by=asked.asked_by, asked_at=asked.asked_at,
            state=asked.state, decided_at=asked.decided_at, decided_by=asked.decided_by,
            decision_reason=asked.decision_reason, expires_at=asked.expires_at,
            may_decide=requests.may_decide(actor, asked), next_step=requests.next_step(asked),
        )  # fmt: skip

    @routes.get("/requests", dependencies=_MAY_ASK)
    def list_requests(
        actor: CurrentActor,
        whose: Annotated[Whose, Query(description="mine, to_decide or all.")] = "all",
        state: Annotated[RequestState | None, Query(description="open, granted, refused or withdrawn.")] = None,
        limit: Limit = 100,
        cursor: Cursor = None,
    ) -> RequestList:
        """List one's own requests and those that one may decide, the newest first."""
        page = requests.list_for(actor, whose=whose, state=state, limit=limit, cursor=cursor)
        return RequestList(requests=[shown(actor, each) for each in page.items], next_cursor=page.next_cursor)

    @routes.post("/requests", **_FAILS, status_code=201, dependencies=_MAY_ASK)
    def make_request(wanted: NewRequest, actor: CurrentActor) -> RequestDetail:
        """Ask for something, such as access to a model that one can see."""
        asked = requests.ask(
            actor, wanted.kind, model=wanted.model, project=wanted.project, wanted=wanted.wanted, reason=wanted.reason
        )
        return shown(actor, asked)

    @routes.get("/requests/{id}", **_FAILS, dependencies=_MAY_ASK)
    def show_request(id: str, actor: CurrentActor) -> RequestDetail:
        """Show a request."""
        return shown(actor, requests.find(actor, id))

    @routes.post("/requests/{id}/grant", **_FAILS, dependencies=_MAY_ASK)
    def grant_request(id: str, decision: GrantDecision, actor: CurrentActor) -> RequestDetail:
        """Grant it. Access takes `members.manage` on what it is about, and nobody grants more than they may do there."""
        granted = requests.grant(actor, id, expires_in_seconds=decision.expires_in_seconds, reason=decision.reason)
        return shown(actor, granted)

    @routes.post("/requests/{id}/refuse", **_FAILS, dependencies=_MAY_ASK)
    def refuse_request(id: str, refusal: Refusal, actor: CurrentActor) -> RequestDetail:
        """Refuse it, and say why."""
        return shown(actor, requests.refuse(actor, id, reason=refusal.reason))

    @routes.post("/requests/{id}/withdraw", **_FAILS, dependencies=_MAY_ASK)
    def withdraw_request(id: str, actor: CurrentActor) -> RequestDetail:
        """Take one's own request back."""
        return shown(actor, requests.withdraw(actor, id))

    _add_token(routes, tokens)
    return routes


def _add_token(routes: ApiRouter, tokens: RequestTokens) -> None:
    @routes.post("/requests/{id}/token", **_FAILS, status_code=201, dependencies=_MAY_ASK)
    def issue_token(id: str, wanted: AccessTokenRequest, actor: CurrentActor) -> IssuedToken:
        """Make a token of one's own granted request: for what was granted alone, until the access ends."""
        token, secret = tokens.issue(actor, id, name=wanted.name)
        return IssuedToken(
            id=token.id, name=token.name, role=token.role or "", models=token.models, projects=token.projects,
            expires_at=token.expires_at, token=secret,
        )  # fmt: skip
