"""Sessions over HTTP: log in, look, log out."""

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.foundation.web.forwarded import client_address, is_from_this_machine, origin_of, origin_used
from unshelf.foundation.web.guard import CurrentActor, open_to_everybody, requires_token
from unshelf.foundation.web.problems import HIDES_INPUT, problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.sessions.cookies import SESSION_COOKIE, csrf_token_of
from unshelf.manage.sessions.schemas import LoginLink, LoginRequest, SessionList, SessionOpened, SessionSummary
from unshelf.manage.sessions.service import LONGEST, LoginSession, SessionService
from unshelf.manage.users.accounts import AccountService

_NO_STORE = {"cache-control": "no-store", "referrer-policy": "no-referrer"}


def router(sessions: SessionService, accounts: AccountService) -> ApiRouter:
    """`/session` and `/sessions`."""
    routes = ApiRouter(tags=["sessions"])

    @routes.post(
        "/session", status_code=201, responses=problem_answers("too_many_requests"), dependencies=[open_to_everybody()],
        openapi_extra={HIDES_INPUT: True},
    )  # fmt: skip
    def log_in(wanted: LoginRequest, request: Request, response: Response) -> SessionOpened:
        """Log in with a login name and a password. The session's token is set as a cookie."""
        address = client_address(request)
        agent = request.headers.get("user-agent", "")
        opened, token, name = accounts.log_in(
            wanted.name, wanted.password, address,
            lambda session, user: (
                *sessions.open_in(session, user, method="password", address=address, user_agent=agent),
                user.name,
            ),
        )  # fmt: skip
        set_session_cookie(response, request, token)
        response.headers.update(_NO_STORE)
        return _opened(opened, token, name)

    @routes.get("/session", responses=problem_answers("not_found"), dependencies=[requires_token()])
    def show_session(actor: CurrentActor, request: Request, response: Response) -> SessionOpened:
        """Show the session of this request, with its CSRF token."""
        token, found = _own(sessions, request)
        response.headers.update(_NO_STORE)
        return _opened(found, token, actor.label.partition(" ")[0])

    @routes.delete("/session", status_code=204, responses=problem_answers("not_found"), dependencies=[requires_token()])
    def log_out(actor: CurrentActor, request: Request, response: Response) -> None:
        """Log out: end the session of this request."""
        _, found = _own(sessions, request)
        sessions.end(actor, found.id)
        response.delete_cookie(SESSION_COOKIE, path="/", httponly=True, samesite="lax")

    @routes.get("/sessions", dependencies=[requires_token()])
    def list_sessions(actor: CurrentActor, request: Request) -> SessionList:
        """List one's own sessions, the newest first."""
        token = request.cookies.get(SESSION_COOKIE)
        current = sessions.find(token) if token else None
        return SessionList(
            sessions=[
                _summary(each, is_current=current is not None and each.id == current.id)
                for each in sessions.list_of(actor)
            ]
        )

    @routes.delete(
        "/sessions/{id}", status_code=204, responses=problem_answers("not_found"), dependencies=[requires_token()]
    )
    def end_session(id: str, actor: CurrentActor) -> None:
        """End one of one's own sessions, such as that of a lost machine."""
        sessions.end(actor, id)

    return routes


def link_router(sessions: SessionService) -> ApiRouter:
    """`/session/links`, for the embedded administrator."""
    routes = ApiRouter(tags=["sessions"])

    @routes.post("/session/links", status_code=201, dependencies=[requires_token()])
    def make_login_link(actor: CurrentActor, request: Request) -> LoginLink:
        """Make a link that logs the embedded administrator in once, on the server's own machine, within ten minutes."""
        link = sessions.admin_link(actor)
        return LoginLink(url=f"{origin_used(request)}/api/v1/session/links/{link.secret}", expires_at=link.expires_at)

    @routes.get(
        "/session/links/{link}", status_code=303, response_class=RedirectResponse, responses=problem_answers("not_found"),
        dependencies=[open_to_everybody()],
    )  # fmt: skip
    def open_login_link(link: str, request: Request) -> RedirectResponse:
        """Log the embedded administrator in by a one-time link, and go to the web application."""
        if not is_from_this_machine(request):
            raise Forbidden("This link is good on the server's own machine alone.")
        try:
            _, token = sessions.open_by_link(
                link, address=client_address(request), user_agent=request.headers.get("user-agent", "")
            )
        except NotFound:
            if "text/html" not in request.headers.get("accept", ""):
                raise
            return RedirectResponse("/login?problem=link", status_code=303, headers=_NO_STORE)  # a person reads it
        answer = RedirectResponse("/", status_code=303, headers=_NO_STORE)
        set_session_cookie(
            answer, request, token, origin=origin_used(request)
        )  # browsers here take it without TLS, too
        return answer

    return routes


def set_session_cookie(response: Response, request: Request, token: str, *, origin: str | None = None) -> None:
    """Give the browser its session. Pages can't read it, and other sites can't have it sent with what changes something. It is for TLS
    alone where the address that the browser used (`origin`; None: the one that all use) is such."""
    response.set_cookie(
        SESSION_COOKIE, token, max_age=int(LONGEST.total_seconds()), path="/", httponly=True, samesite="lax",
        secure=(origin or origin_of(request)).startswith("https://"),
    )  # fmt: skip


def has_session(request: Request) -> bool:
    """Whether a request to an open route comes with a session that is good."""
    return "authorization" not in request.headers and getattr(request.state, "actor", None) is not None


def _own(sessions: SessionService, request: Request) -> tuple[str, LoginSession]:
    token = request.cookies.get(SESSION_COOKIE, "")
    found = sessions.find(token) if token and "authorization" not in request.headers else None
    if found is None:
        raise NotFound("This request comes without a session.", hint="Programs use tokens; log in with a browser.")
    return token, found


def _opened(opened: LoginSession, token: str, name: str) -> SessionOpened:
    return SessionOpened(id=opened.id, actor=name, csrf_token=csrf_token_of(token), expires_at=opened.expires_at)


def _summary(session: LoginSession, *, is_current: bool) -> SessionSummary:
    return SessionSummary(
        id=session.id, method=session.method, created_at=session.created_at, last_used_at=session.last_used_at,
        expires_at=session.expires_at, address=session.address, user_agent=session.user_agent, is_current=is_current,
    )  # fmt: skip
