"""Projects over HTTP: seen by those with a role, changed by owners; others get 404."""

from collections.abc import Callable

import httpx
import pytest

from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.support.people import user_with_roles
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.access.service import AccessService
from unshelf.manage.projects.notes import NoteService
from unshelf.manage.projects.routes import router
from unshelf.manage.projects.service import ProjectService

ROOT = actor("admin", id="admin", name="admin")
Call = Callable[..., httpx.Response]


@pytest.fixture
def as_user(database: Database, access: AccessService, projects: ProjectService) -> Callable[[str], Call]:
    """Calls of a user by name, with what they may do at this moment."""
    notes = NoteService(database, EventStore(database))
    return lambda name: caller_of(user_with_roles(database, access, name), router(projects, notes))


def test_a_project_lives_from_its_beginning_to_its_archive(as_user: Callable[[str], Call]) -> None:
    made = as_user("ana")("POST", "/projects", json={"name": "credit", "title": "Credit risk"})
    assert (made.status_code, made.json()["stage"]) == (201, "manage")
    ana = as_user("ana")
    assert ana("PATCH", "/projects/credit", json={"priority": "urgent"}).json()["priority"] == "urgent"
    assert ana("POST", "/projects/credit/archive", json={"reason": "over"}).json()["archived_at"] is not None
    assert ana("GET", "/projects").json()["projects"] == []
    assert [each["name"] for each in ana("GET", "/projects?archived=true").json()["projects"]] == ["credit"]
    assert ana("POST", "/projects/credit/restore", json={}).json()["archived_at"] is None


def test_notes_keep_their_history(as_user: Callable[[str], Call]) -> None:
    as_user("ana")("POST", "/projects", json={"name": "credit"})
    ana = as_user("ana")
    note = ana("POST", "/projects/credit/notes", json={"text": "first"}).json()
    assert ana("PUT", f"/projects/credit/notes/{note['id']}", json={"text": "second"}).json()["edits"] == 1
    assert [each["text"] for each in ana("GET", "/projects/credit/notes").json()["notes"]] == ["second"]
    texts = ana("GET", f"/projects/credit/notes/{note['id']}/texts").json()["texts"]
    assert [each["text"] for each in texts] == ["first", "second"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None), ("PATCH", "", {}), ("POST", "/archive", {}), ("POST", "/restore", {}), ("GET", "/notes", None),
        ("POST", "/notes", {"text": "x"}), ("PUT", "/notes/n", {"text": "x"}), ("GET", "/notes/n/texts", None),
    ],
)  # fmt: skip
def test_what_one_may_not_see_is_as_what_is_not_there(
    as_user: Callable[[str], Call], method: str, path: str, body: object
) -> None:
    as_user("ana")("POST", "/projects", json={"name": "credit"})
    answers = [as_user("zoe")(method, f"/projects/{name}{path}", json=body) for name in ("credit", "absent")]
    assert [each.status_code for each in answers] == [404, 404]
    assert answers[0].json()["detail"] == answers[1].json()["detail"].replace("absent", "credit")


@pytest.mark.parametrize("body", [{}, {"name": "A"}, {"name": "a", "priority": "asap"}, {"name": "a", "x": 1}])
def test_a_project_that_can_not_be_is_refused(as_user: Callable[[str], Call], body: object) -> None:
    assert as_user("ana")("POST", "/projects", json=body).status_code == 422
