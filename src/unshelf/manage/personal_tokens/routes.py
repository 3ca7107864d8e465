"""Personal tokens over HTTP."""

from typing import Annotated

from fastapi import Query, Request

from unshelf.contracts.errors import Forbidden
from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.forwarded import client_address, origin_of
from unshelf.foundation.web.guard import CurrentActor, open_to_everybody, requires_token
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import HIDES_INPUT, problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.personal_tokens.devices import DeviceService
from unshelf.manage.personal_tokens.personal_token import PersonalToken
from unshelf.manage.personal_tokens.schemas import (
    DeviceAnswer,
    DeviceApproval,
    DeviceApproved,
    DeviceBegun,
    DeviceQuestion,
    DeviceRequest,
    TokenCreated,
    TokenList,
    TokenRequest,
    TokenSummary,
)
from unshelf.manage.personal_tokens.service import PersonalTokenService
from unshelf.manage.users.service import UserService

_INTERVAL_SECONDS = 2.0
Owner = Annotated[
    str | None, Query(max_length=64, description="The user whose tokens are listed; unless given: one's own.")
]


def router(tokens: PersonalTokenService, users: UserService) -> ApiRouter:
    """`/tokens`."""
    routes = ApiRouter(tags=["tokens"])

    @routes.post("/tokens", status_code=201, dependencies=[requires_token()])
    def create_token(wanted: TokenRequest, actor: CurrentActor) -> TokenCreated:
        """Create a personal token. The answer is the only place where its secret ever appears."""
        token, secret = tokens.create(
            actor, name=wanted.name, role=wanted.role, permissions=wanted.permissions, projects=wanted.projects,
            models=wanted.models, expires_in_seconds=wanted.expires_in_seconds,
        )  # fmt: skip
        return _created(token, secret)

    @routes.get("/tokens", responses=problem_answers("not_found"), dependencies=[requires_token()])
    def list_tokens(actor: CurrentActor, user: Owner = None, limit: Limit = 1000, cursor: Cursor = None) -> TokenList:
        """List one's own tokens, or, for who may see people, those of another; oldest first, also the expired and the revoked."""
        actor.must_be_whole()
        if user is not None:
            actor.must(Permission.USERS_READ)
            owner = users.find(user).id
        elif actor.kind == "user":
            actor.must_be_whole()
            owner = actor.id
        else:
            raise Forbidden(
                "Personal tokens belong to users.", hint="`unshelf keys list` lists those of service accounts."
            )
        page = tokens.list_of(owner, limit=limit, cursor=cursor)
        return TokenList(tokens=page.map(TokenSummary.model_validate), next_cursor=page.next_cursor)

    @routes.delete(
        "/tokens/{id}", status_code=204, responses=problem_answers("not_found"), dependencies=[requires_token()]
    )
    def revoke_token(id: str, actor: CurrentActor) -> None:
        """Revoke one's own token, or, for a manager of users, anybody's. Gateways refuse it from then on."""
        tokens.revoke(actor, id)

    return routes


def device_router(devices: DeviceService) -> ApiRouter:
    """`/device`."""
    routes = ApiRouter(tags=["tokens"])

    @routes.post(
        "/device/codes", status_code=201, responses=problem_answers("too_many_requests"), dependencies=[open_to_everybody()]
    )  # fmt: skip
    def begin_device_login(wanted: DeviceRequest, request: Request) -> DeviceBegun:
        """Ask to be let in: the answer has a code that somebody types who is logged in elsewhere, within ten minutes."""
        begun = devices.begin(wanted.name, client_address(request))
        return DeviceBegun(
            device_code=begun.secret, user_code=begun.code, url=f"{origin_of(request)}/device",
            expires_at=begun.expires_at, interval_seconds=_INTERVAL_SECONDS,
        )  # fmt: skip

    @routes.post(
        "/device/token", responses=problem_answers("not_found"), dependencies=[open_to_everybody()],
        openapi_extra={HIDES_INPUT: True},
    )  # fmt: skip
    def collect_device_token(wanted: DeviceQuestion) -> DeviceAnswer:
        """Ask whether one was let in; the first answer that says so has the token, which is good for 90 days."""
        found = devices.collect(wanted.device_code)
        return DeviceAnswer(token=None if found is None else _created(*found))

    @routes.post("/device", responses=problem_answers("not_found"), dependencies=[requires_token()])
    def approve_device(wanted: DeviceApproval, actor: CurrentActor) -> DeviceApproved:
        """Let the program in that shows this code: it gets a token for all that one may do oneself."""
        return DeviceApproved(name=devices.approve(actor, wanted.user_code))

    return routes


def _created(token: PersonalToken, secret: str) -> TokenCreated:
    return TokenCreated(id=token.id, name=token.name, expires_at=token.expires_at, token=secret)
