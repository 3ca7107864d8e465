"""Logins with an identity provider over HTTP."""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from unshelf.contracts.errors import MalformedRequest, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.forwarded import client_address, origin_of
from unshelf.foundation.web.guard import CurrentActor, open_to_everybody, requires, requires_token
from unshelf.foundation.web.problems import HIDES_INPUT, problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.oidc.login_cookies import LOGIN_SECONDS, cookie_name
from unshelf.manage.oidc.schemas import LinkRequest, LoggedOut, LoginMethods, ProviderButton
from unshelf.manage.oidc.service import OidcService, ReturnedLogin
from unshelf.manage.sessions.cookies import SESSION_COOKIE
from unshelf.manage.sessions.routes import has_session, set_session_cookie
from unshelf.manage.sessions.service import SessionService
from unshelf.manage.users.schemas import UserSummary
from unshelf.manage.users.service import UserService

_NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
_PATH = "/api/v1/session/oidc"
_MOST_FORM_BYTES = 100_000
_FORM = "application/x-www-form-urlencoded"
_LOGOUT_FORM = {
    "required": True,
    "content": {_FORM: {"schema": {
        "type": "object", "required": ["logout_token"], "properties": {"logout_token": {"type": "string"}},
    }}},
}  # fmt: skip

ReturnTo = Annotated[str, Query(max_length=1000, description="The path on this server to go to in the end.")]
FromProvider = Annotated[str, Query(max_length=4096, description="As the identity provider says.")]


async def _logout_token(request: Request) -> str:
    """The token in the form that the provider sends."""
    values = parse_qs((await request.body())[:_MOST_FORM_BYTES].decode("ascii", "replace"), max_num_fields=20)
    tokens = values.get("logout_token", [])
    if len(tokens) != 1:
        raise MalformedRequest("The form has no logout_token.")
    return tokens[0]


def router(oidc: OidcService | None, *, password_reset: bool) -> ApiRouter:
    """`/session/methods` and `/session/oidc`: logging in. `oidc`: None where no identity provider is configured; `password_reset`: whether
    who has forgotten a password can get a link by e-mail."""
    routes = ApiRouter(tags=["sessions"])

    @routes.get("/session/methods", dependencies=[open_to_everybody()])
    def show_login_methods(request: Request, response: Response) -> LoginMethods:
        """Show how people log in here: what a login page offers."""
        response.headers.update(_NO_STORE)
        button = None if oidc is None else ProviderButton(label=oidc.label, url=_PATH)
        return LoginMethods(
            password=True, password_reset=password_reset, provider=button, logged_in=has_session(request)
        )

    @routes.get(
        "/session/oidc", status_code=303, response_class=RedirectResponse,
        responses=problem_answers("not_found"), dependencies=[open_to_everybody()],
    )  # fmt: skip
    def begin_provider_login(request: Request, return_to: ReturnTo = "/") -> RedirectResponse:
        """Send the browser to the identity provider, by which it comes back logged in."""
        begun = _there(oidc).begin(return_to)
        answer = RedirectResponse(begun.url, status_code=303, headers=_NO_STORE)
        answer.set_cookie(
            begun.cookie, begun.value, max_age=int(LOGIN_SECONDS), path=_PATH, httponly=True, samesite="lax",
            secure=_is_secure(request),
        )  # fmt: skip
        return answer

    @routes.get(
        "/session/oidc/callback", status_code=303, response_class=RedirectResponse,
        responses=problem_answers("not_found", "conflict"), dependencies=[open_to_everybody()],
        openapi_extra={HIDES_INPUT: True},
    )  # fmt: skip
    def finish_provider_login(
        request: Request, state: FromProvider = "", code: FromProvider = "", error: FromProvider = "",
        iss: FromProvider | None = None,
    ) -> RedirectResponse:  # fmt: skip
        """Open a session for who comes back from the identity provider, and go to where the login was begun for."""
        token, path = _there(oidc).finish(
            ReturnedLogin(
                state=state, code=code, error=error, issuer=iss, cookie=lambda name: request.cookies.get(name, ""),
                address=client_address(request), user_agent=request.headers.get("user-agent", ""),
            )
        )  # fmt: skip
        answer = RedirectResponse(path, status_code=303, headers=_NO_STORE)
        answer.delete_cookie(cookie_name(state), path=_PATH, httponly=True, samesite="lax", secure=_is_secure(request))
        set_session_cookie(answer, request, token)
        return answer

    return routes


def logout_router(oidc: OidcService | None, sessions: SessionService) -> ApiRouter:
    """`/session/oidc`: logging out, from here and from the provider."""
    routes = ApiRouter(tags=["sessions"])

    @routes.post("/session/oidc/logout", responses=problem_answers("not_found"), dependencies=[requires_token()])
    def log_out_everywhere(actor: CurrentActor, request: Request, response: Response) -> LoggedOut:
        """Log out: end the session of this request, and say where the browser ends the identity provider's."""
        token = request.cookies.get(SESSION_COOKIE, "")
        found = sessions.find(token) if token and "authorization" not in request.headers else None
        if found is None:
            raise NotFound("This request comes without a session.", hint="Programs use tokens; log in with a browser.")
        url = _there(oidc).log_out(actor, found.id)
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")
        response.headers.update(_NO_STORE)
        return LoggedOut(url=url)

    @routes.post(
        "/session/oidc/backchannel", status_code=204, responses=problem_answers("not_found", "malformed_request"),
        dependencies=[open_to_everybody()], openapi_extra={HIDES_INPUT: True, "requestBody": _LOGOUT_FORM},
    )  # fmt: skip
    def end_sessions_by_provider(token: Annotated[str, Depends(_logout_token)], response: Response) -> None:
        """End the sessions that a logout token names: for the identity provider, when somebody has logged out there."""
        response.headers.update(_NO_STORE)
        _there(oidc).end_by_provider(token)

    return routes


def link_router(oidc: OidcService | None, users: UserService) -> ApiRouter:
    """`/users/{user}/provider`."""
    routes = ApiRouter(tags=["users"])

    @routes.put(
        "/users/{user}/provider", responses=problem_answers("not_found", "conflict"),
        dependencies=[requires(Permission.USERS_MANAGE)],
    )  # fmt: skip
    def link_user(user: str, wanted: LinkRequest, actor: CurrentActor) -> UserSummary:
        """Have a user log in with the identity provider from now on, in place of a password; their sessions end."""
        return UserSummary.model_validate(
            users.link(actor, user, issuer=_there(oidc).issuer, subject=wanted.subject)
        )  # fmt: skip

    return routes


def _there(oidc: OidcService | None) -> OidcService:
    if oidc is None:
        raise NotFound(
            "No identity provider is configured here.", hint="The operator names one in UNSHELF_OIDC_ISSUER."
        )
    return oidc


def _is_secure(request: Request) -> bool:
    return origin_of(request).startswith("https://")
