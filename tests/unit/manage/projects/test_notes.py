"""Notes: an edit keeps the text before, and only the author and owners edit."""

import pytest

from tests.support.actors import actor
from tests.support.people import user_with_roles
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.access.service import AccessService
from unshelf.manage.projects.notes import NoteService
from unshelf.manage.projects.service import ProjectService

ROOT = actor("admin", id="admin", name="admin")


@pytest.fixture
def notes(database: Database, projects: ProjectService) -> NoteService:
    projects.create(ROOT, "credit")
    projects.create(ROOT, "fraud")
    return NoteService(database, EventStore(database))


def member(database: Database, access: AccessService, name: str, role: str) -> Actor:
    access.grant(ROOT, holder_kind="user", holder=name, role=role, scope=project_scope("credit"))
    return user_with_roles(database, access, name)


def test_an_edit_keeps_the_texts_before(notes: NoteService) -> None:
    written = notes.add(ROOT, "credit", "first")
    for text in ("second", "second", "third"):
        edited = notes.edit(ROOT, "credit", written.id, text)
    assert (edited.text, edited.edits, edited.edited_by, edited.author) == ("third", 2, "admin", "admin")
    assert [(each.number, each.text) for each in notes.texts("credit", written.id)] == [
        (1, "first"), (2, "second"), (3, "third"),
    ]  # fmt: skip


def test_notes_come_newest_first_of_one_project(notes: NoteService) -> None:
    for text in ("1", "2", "3"):
        notes.add(ROOT, "credit", text)
    notes.add(ROOT, "fraud", "elsewhere")
    page = notes.list_of("credit", limit=2)
    rest = notes.list_of("credit", limit=2, cursor=page.next_cursor)
    assert [each.text for each in [*page.items, *rest.items]] == ["3", "2", "1"]


def test_the_author_and_owners_edit_and_nobody_else(
    database: Database, access: AccessService, notes: NoteService
) -> None:
    ana, ben = (member(database, access, name, "validator") for name in ("ana", "ben"))
    owner, viewer = member(database, access, "olga", "owner"), member(database, access, "vera", "viewer")
    written = notes.add(ana, "credit", "mine")
    assert notes.edit(ana, "credit", written.id, "still mine").edits == 1
    assert notes.edit(owner, "credit", written.id, "corrected").edited_by == "olga"
    with pytest.raises(Forbidden, match="ana"):
        notes.edit(ben, "credit", written.id, "x")
    with pytest.raises(Forbidden, match=r"comments\.write"):
        notes.add(viewer, "credit", "x")


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_note_is_refused(notes: NoteService, text: str) -> None:
    with pytest.raises(InvalidInput, match="empty"):
        notes.add(ROOT, "credit", text)


def test_a_note_of_another_project_is_not_there(notes: NoteService) -> None:
    written = notes.add(ROOT, "credit", "x")
    for act in (
        lambda: notes.edit(ROOT, "fraud", written.id, "y"),
        lambda: notes.texts("fraud", written.id),
        lambda: notes.list_of("none", limit=1),
        lambda: notes.add(ROOT, "none", "x"),
    ):
        with pytest.raises(NotFound):
            act()
