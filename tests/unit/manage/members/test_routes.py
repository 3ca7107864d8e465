"""Roles and members over HTTP: the guard asks where the role is, and answers are by name."""

import pytest

from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.support.people import NamedHolders, user_with_roles
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.publication import Publisher
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.service import AccessService
from unshelf.manage.members.routes import router
from unshelf.manage.members.service import MemberService
from unshelf.manage.projects.service import ProjectService

ROOT = actor("admin", id="admin", name="admin")


@pytest.fixture
def members(database: Database, publisher: Publisher, access: AccessService, projects: ProjectService) -> MemberService:
    projects.create(ROOT, "credit")
    holders = Holders()
    holders.register("user", NamedHolders("ana"))
    return MemberService(database, publisher, access, holders)


def test_a_role_is_granted_listed_and_taken_away(access: AccessService, members: MemberService) -> None:
    call = caller_of(ROOT, router(access.roles, members))
    made = call("POST", "/projects/credit/members", json={"name": "ana", "role": "viewer", "reason": "new"})
    assert made.status_code == 201
    member = made.json()
    assert (member["name"], member["kind"], member["role"], member["scope"], member["on"]) == (
        "ana", "user", "viewer", "project", "credit",
    )  # fmt: skip
    assert call("GET", "/projects/credit/members").json() == {"members": [member]}
    assert call("DELETE", f"/members/{member['id']}").status_code == 204
    assert call("GET", "/projects/credit/members").json() == {"members": []}


def test_who_may_not_see_a_project_learns_nothing_of_it(
    database: Database, access: AccessService, members: MemberService
) -> None:
    access.grant(ROOT, holder_kind="user", holder="vera", role="viewer", scope=project_scope("credit"))
    body = {"name": "ana", "role": "viewer"}
    stranger = caller_of(user_with_roles(database, access, "zoe"), router(access.roles, members))
    viewer = caller_of(user_with_roles(database, access, "vera"), router(access.roles, members))
    for project in ("credit", "nothing"):
        assert stranger("GET", f"/projects/{project}/members").status_code == 404
        assert stranger("POST", f"/projects/{project}/members", json=body).status_code == 404
    assert viewer("GET", "/projects/credit/members").status_code == 200
    assert viewer("POST", "/projects/credit/members", json=body).status_code == 403
    for path in ("/members",):
        assert stranger("GET", path).status_code == stranger("POST", path, json=body).status_code == 403


def test_roles_are_listed_with_their_permissions(access: AccessService, members: MemberService) -> None:
    roles = {
        each["name"]: each for each in caller_of(ROOT, router(access.roles, members))("GET", "/roles").json()["roles"]
    }
    assert roles["caller"]["permissions"] == ["model.predict", "model.read"]
    assert roles["administrator"]["kinds"] == ["installation"]
