"""Users and their passwords over HTTP."""

from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import Query, Request

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope
from unshelf.foundation.web.forwarded import client_address, origin_of
from unshelf.foundation.web.guard import CurrentActor, open_to_everybody, requires, requires_token
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import HIDES_INPUT, problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.users.accounts import AccountService
from unshelf.manage.users.forgotten import ForgottenPasswords
from unshelf.manage.users.links import OneTimeLink
from unshelf.manage.users.schemas import (
    Belongings,
    BelongingSummary,
    Deactivation,
    ForgottenPassword,
    Invitation,
    PasswordByLink,
    PasswordChange,
    PasswordLink,
    UserChange,
    UserList,
    UserSummary,
)
from unshelf.manage.users.service import UserService
from unshelf.manage.users.user import User

_MANAGER = requires(Permission.USERS_MANAGE)
_READER = requires(Permission.USERS_READ)
_GRANTER = requires(Permission.USERS_READ, anywhere=True, otherwise=Permission.MEMBERS_MANAGE)
Status = Annotated[Literal["invited", "active", "deactivated"] | None, Query(description="Only users in this state.")]


def router(users: UserService) -> ApiRouter:
    """`/users`."""
    routes = ApiRouter(tags=["users"])

    @routes.post("/users", status_code=201, responses=problem_answers("conflict"), dependencies=[_MANAGER])
    def invite_user(wanted: Invitation, actor: CurrentActor, request: Request) -> PasswordLink:
        """Make an account; the answer holds the link by which its owner sets a password, within seven days."""
        user, link = users.invite(
            actor,
            name=wanted.name,
            email=wanted.email,
            full_name=wanted.full_name,
            role=wanted.role,
            scope=_scope(wanted),
        )
        return _link_answer(user, link, request)

    @routes.get("/users", dependencies=[_GRANTER])
    def list_users(actor: CurrentActor, status: Status = None, limit: Limit = 1000, cursor: Cursor = None) -> UserList:
        """List users by their names, for actors who may see people, or grant roles to them."""
        page = users.list_for(status=status, limit=limit, cursor=cursor)
        return UserList(users=page.map(lambda user: _summary(user, actor)), next_cursor=page.next_cursor)

    @routes.get("/users/{user}", responses=problem_answers("not_found"), dependencies=[_READER])
    def show_user(user: str, actor: CurrentActor) -> UserSummary:
        """Show a user by the login name."""
        return _summary(users.find(user), actor)

    @routes.patch("/users/{user}", responses=problem_answers("not_found"), dependencies=[_MANAGER])
    def change_user(user: str, wanted: UserChange, actor: CurrentActor) -> UserSummary:
        """Change what a user is called and written to."""
        return _summary(users.change(actor, user, email=wanted.email, full_name=wanted.full_name), actor)

    @routes.post(
        "/users/{user}/link",
        status_code=201,
        responses=problem_answers("not_found", "conflict"),
        dependencies=[_MANAGER],
    )
    def make_password_link(user: str, actor: CurrentActor, request: Request) -> PasswordLink:
        """Make a new link by which a user sets a password: of the invitation, or to set a new one within a day."""
        return _link_answer(*users.make_link(actor, user), request)

    return routes


def leaving_router(users: UserService) -> ApiRouter:
    """`/users/{user}`: belongings, deactivate and activate."""
    routes = ApiRouter(tags=["users"])

    @routes.get("/users/{user}/belongings", responses=problem_answers("not_found"), dependencies=[_READER])
    def list_belongings(user: str) -> Belongings:
        """List what a user would leave behind."""
        return Belongings(belongings=[BelongingSummary.model_validate(each) for each in users.belongings(user)])

    @routes.post(
        "/users/{user}/deactivate", responses=problem_answers("not_found", "conflict"), dependencies=[_MANAGER]
    )
    def deactivate_user(user: str, wanted: Deactivation, actor: CurrentActor) -> Belongings:
        """End everything that a user may do, everywhere at once, and hand over what they leave behind, which is answered."""
        left = users.deactivate(actor, user, heir=wanted.to, leave=wanted.leave, reason=wanted.reason)
        return Belongings(belongings=[BelongingSummary.model_validate(each) for each in left])

    @routes.post("/users/{user}/activate", responses=problem_answers("not_found", "conflict"), dependencies=[_MANAGER])
    def activate_user(user: str, actor: CurrentActor, request: Request) -> PasswordLink:
        """Let a deactivated user in again, with the roles of before; a local one sets a password by the answered link."""
        return _link_answer(*users.activate(actor, user), request)

    return routes


def password_router(accounts: AccountService) -> ApiRouter:
    """`/password`: what users do with their own."""
    routes = ApiRouter(tags=["users"])

    @routes.post(
        "/password/link", status_code=204, responses=problem_answers("not_found", "conflict"),
        dependencies=[open_to_everybody()], openapi_extra={HIDES_INPUT: True},
    )  # fmt: skip
    def set_password_by_link(wanted: PasswordByLink) -> None:
        """Set a password by the link of an invitation or a reset. A password against the rules leaves the link good."""
        accounts.set_by_link(wanted.link, wanted.password)

    @routes.put(
        "/password", status_code=204, responses=problem_answers("too_many_requests"), dependencies=[requires_token()],
        openapi_extra={HIDES_INPUT: True},
    )  # fmt: skip
    def change_password(wanted: PasswordChange, actor: CurrentActor, request: Request) -> None:
        """Change one's own password; one's other sessions end."""
        accounts.change_password(
            actor, wanted.current, wanted.new, client_address(request), ends_tokens=wanted.end_tokens
        )

    return routes


def forgotten_router(forgotten: ForgottenPasswords) -> ApiRouter:
    """`/password/forgotten`."""
    routes = ApiRouter(tags=["users"])

    @routes.post(
        "/password/forgotten", status_code=204, responses=problem_answers("conflict", "too_many_requests"),
        dependencies=[open_to_everybody()], openapi_extra={HIDES_INPUT: True},
    )  # fmt: skip
    def ask_for_password_link(wanted: ForgottenPassword, request: Request) -> None:
        """Have a link to set a new password mailed to the owner of an account. The answer is the same where there is no such account."""
        forgotten.ask(wanted.name, client_address(request))

    return routes


def _scope(wanted: Invitation) -> Scope | None:
    if wanted.role is None:
        if wanted.project is not None or wanted.model is not None:
            raise InvalidInput("A project or a model is given, but no role there.")
        return None
    if wanted.model is not None:
        return model_scope(wanted.model)
    return INSTALLATION if wanted.project is None else project_scope(wanted.project)


def _summary(user: User, actor: Actor) -> UserSummary:
    found = UserSummary.model_validate(user)
    return found if actor.may(Permission.USERS_READ) else found.model_copy(update={"email": ""})


def _link_answer(user: User, link: OneTimeLink | None, request: Request) -> PasswordLink:
    # Whom the link is for stands where servers may see it; what it is good for behind the #, which none does.
    url = "" if link is None else f"{origin_of(request)}/password?name={quote(user.name)}#{link.secret}"
    return PasswordLink(
        user=UserSummary.model_validate(user),
        url=url,
        expires_at=None if link is None else link.expires_at,
        is_mailed=link is not None and link.is_mailed,
    )
