"""Roles and their holders over HTTP."""

from typing import Annotated, Any

from fastapi import Query

from unshelf.contracts.permissions import Permission
from unshelf.foundation.web.guard import CurrentActor, requires, requires_token
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.access.roles import Roles
from unshelf.manage.members.schemas import (
    GrantRequest,
    Member,
    MemberList,
    RoleDescription,
    RoleList,
    member_view,
)
from unshelf.manage.members.service import MemberService, Membership, WantedRole

_FAILS: dict[str, Any] = {"responses": problem_answers("not_found", "conflict")}


def router(roles: Roles, members: MemberService) -> ApiRouter:
    """`/roles`, and the members of the installation, of projects and of models."""
    routes = ApiRouter(tags=["roles"])

    @routes.get("/roles", dependencies=[requires_token()])
    def list_roles() -> RoleList:
        """List the roles with their permissions."""
        found = [
            RoleDescription(
                name=role.name, description=role.description, permissions=sorted(role.permissions),
                kinds=list(role.kinds), is_own=role.is_own,
            )
            for role in roles.all()
        ]  # fmt: skip
        return RoleList(roles=found)

    @routes.delete(
        "/members/{id}", **_FAILS, status_code=204, dependencies=[requires(Permission.MEMBERS_MANAGE, anywhere=True)]
    )
    def revoke_role(id: str, actor: CurrentActor, reason: Annotated[str, Query(max_length=1000)] = "") -> None:
        """Take a role away, wherever it was granted. The last owner of a project stays."""
        members.revoke(actor, id, reason=reason)

    _add_installation(routes, members)
    _add_projects(routes, members)
    _add_models(routes, members)
    return routes


def _add_installation(routes: ApiRouter, members: MemberService) -> None:
    @routes.get("/members", dependencies=[requires(Permission.AUDIT_READ)])
    def list_members() -> MemberList:
        """List who has a role on the whole installation."""
        return _list(members.of_installation())

    @routes.post("/members", **_FAILS, status_code=201, dependencies=[requires(Permission.MEMBERS_MANAGE)])
    def grant_role(wanted: GrantRequest, actor: CurrentActor) -> Member:
        """Grant a role on the whole installation."""
        return member_view(members.grant_on_installation(actor, _role_of(wanted)))


def _add_projects(routes: ApiRouter, members: MemberService) -> None:
    @routes.get(
        "/projects/{project}/members",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.PROJECT_READ, project_from="project")],
    )
    def list_project_members(project: str) -> MemberList:
        """List who has a role on the project."""
        return _list(members.of_project(project))

    @routes.post(
        "/projects/{project}/members",
        **_FAILS,
        status_code=201,
        dependencies=[requires(Permission.MEMBERS_MANAGE, project_from="project")],
    )
    def grant_role_on_project(project: str, wanted: GrantRequest, actor: CurrentActor) -> Member:
        """Grant a role on the project and all its models. Nobody grants more than they may do there."""
        return member_view(members.grant_on_project(actor, project, _role_of(wanted)))


def _add_models(routes: ApiRouter, members: MemberService) -> None:
    @routes.get(
        "/models/{name}/members",
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.MODEL_INSPECT, "name")],
    )
    def list_model_members(name: str) -> MemberList:
        """List who has a role on the model alone; those who have one on its project are not among them."""
        return _list(members.of_model(name))

    @routes.post(
        "/models/{name}/members",
        **_FAILS,
        status_code=201,
        dependencies=[requires(Permission.MEMBERS_MANAGE, "name")],
    )
    def grant_role_on_model(name: str, wanted: GrantRequest, actor: CurrentActor) -> Member:
        """Grant a role on the model, which it keeps when it moves to another project."""
        return member_view(members.grant_on_model(actor, name, _role_of(wanted)))


def _role_of(wanted: GrantRequest) -> WantedRole:
    return WantedRole(
        holder_kind=wanted.kind, name=wanted.name, role=wanted.role, expires_in_seconds=wanted.expires_in_seconds,
        reason=wanted.reason,
    )  # fmt: skip


def _list(found: list[Membership]) -> MemberList:
    return MemberList(members=[member_view(each) for each in found])
