"""Embedding apps over HTTP: their tokens, and what pages that have one may ask. Nothing here reads a session."""

from typing import Annotated, Any

from fastapi import Depends, Request, Response

from unshelf.contracts.errors import Unauthenticated
from unshelf.deploy.apps.app import AppInForce
from unshelf.deploy.apps.asking import AppAsking
from unshelf.deploy.apps.pace import TokenPace
from unshelf.deploy.apps.routes import ASKS, FAILS, MANAGE, form_of, reply_of
from unshelf.deploy.apps.schemas import (
    AppForm,
    AppQuestion,
    AppReply,
    AppTokenCreated,
    AppTokenList,
    AppTokenRequest,
    AppTokenSummary,
)
from unshelf.deploy.apps.tokens import AppToken, AppTokenService
from unshelf.foundation.web.forwarded import origin_of
from unshelf.foundation.web.guard import CurrentActor, open_to_everybody
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter

_OPEN: dict[str, Any] = {"dependencies": [open_to_everybody()]}


def router(tokens: AppTokenService, asking: AppAsking, pace: TokenPace) -> ApiRouter:
    """`/apps/{name}/tokens` and `/embedded-apps`."""
    routes = ApiRouter(tags=["apps"])
    _add_tokens(routes, tokens)

    def opened(name: str, request: Request) -> tuple[AppToken, AppInForce]:
        return tokens.open(name, _secret_in(request))

    @routes.get("/embedded-apps/{name}", **_OPEN)
    def show_embedded_app(name: str, by: Annotated[tuple[AppToken, AppInForce], Depends(opened)]) -> AppForm:
        """Show the form of an app to a page that embeds it, which sends an app token."""
        return form_of(name, by[1].definition)

    @routes.post("/embedded-apps/{name}/ask", response_model=AppReply, responses=problem_answers(*ASKS), **_OPEN)
    def ask_embedded_app(wanted: AppQuestion, by: Annotated[tuple[AppToken, AppInForce], Depends(opened)]) -> Any:
        """Ask an app from a page that embeds it, which sends an app token. 429 over the token's pace."""
        token, found = by
        pace.take(token.id, token.a_minute)
        return reply_of(asking.ask(found, wanted.inputs, who=token.id, label=f"token {token.name}"))

    return routes


def _add_tokens(routes: ApiRouter, tokens: AppTokenService) -> None:
    @routes.get("/apps/{name}/tokens", responses=FAILS, **MANAGE)
    def list_app_tokens(name: str, actor: CurrentActor, limit: Limit = 100, cursor: Cursor = None) -> AppTokenList:
        """List the tokens that an app ever had, the oldest first."""
        page = tokens.list_of(actor, name, limit=limit, cursor=cursor)
        return AppTokenList(tokens=page.map(AppTokenSummary.model_validate), next_cursor=page.next_cursor)

    @routes.post("/apps/{name}/tokens", status_code=201, responses=problem_answers("not_found", "conflict"), **MANAGE)
    def create_app_token(name: str, wanted: AppTokenRequest, actor: CurrentActor, request: Request) -> AppTokenCreated:
        """Create a token that opens this app alone, for a page that embeds it. The secret is shown this once."""
        token, secret = tokens.create(
            actor, name, name=wanted.name, expires_in_seconds=wanted.expires_in_seconds, a_minute=wanted.a_minute
        )
        # After the #, so that no server on the way, and no log, ever gets the secret as a part of an address.
        url = f"{origin_of(request)}/apps/{name}/embed#{secret}"
        return AppTokenCreated(**_fields(token), token=secret, url=url)

    @routes.delete("/apps/{name}/tokens/{id}", status_code=204, responses=FAILS, **MANAGE)
    def revoke_app_token(name: str, id: str, actor: CurrentActor) -> Response:
        """Revoke a token: from now on it opens nothing. Doing it twice is fine."""
        tokens.revoke(actor, name, id)
        return Response(status_code=204)


def _secret_in(request: Request) -> str:
    """The secret that a request brings. A session's cookie, and any other token, opens nothing here."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not secret.strip():
        raise Unauthenticated(
            "An embedded app is opened by an app token.", hint="Those who manage the app create one on its page."
        )
    return secret.strip()


def _fields(token: AppToken) -> dict[str, Any]:
    return AppTokenSummary.model_validate(token).model_dump()
