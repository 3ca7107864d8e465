"""Events are read without the names of what their readers may not see."""

import pytest

from tests.support.actors import actor
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.access.scopes import model_scope, project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import LoggedEvent, Subject, model_subject
from unshelf.foundation.events.store import EventStore

ADMIN = actor()
GOAL = Subject(kind="goal", name="g1", project="open")
SEES = frozenset({Permission.MODEL_READ, Permission.PROJECT_READ})
MEMBER = Actor(id="u1", kind="user", label="u1", grants=(Grant(permissions=SEES, scope=project_scope("open")),))
GUEST = Actor(
    id="u2", kind="user", label="u2",
    grants=(Grant(permissions=frozenset({Permission.MODEL_READ}), scope=model_scope("score", project="")),),
)  # fmt: skip


@pytest.fixture
def events(database: Database) -> EventStore:
    """A log in which a model moves from a hidden project, and two models are tied to a goal."""
    events = EventStore(database)
    with database.transaction() as session:
        place_model(session, "score", "open")
        place_model(session, "hidden", "secret")
        session.flush()
        made = model_subject("model", "score", "score", project="secret")
        events.record(session, ADMIN, "model.created", made)
        moved = model_subject("model", "score", "score", project="open")
        events.record(
            session, ADMIN, "model.moved", moved, before={"project": "secret"}, after={"project": "open"}
        )  # fmt: skip
        for name in ("hidden:1", "score:1"):
            events.record(session, ADMIN, "goal.tied", GOAL, after={"kind": "version", "name": name})
    close_chain(database)
    return events


def read(events: EventStore, reader: Actor) -> list[LoggedEvent]:
    return events.following(0, reader=reader)[0]


def test_a_member_learns_no_hidden_name(events: EventStore) -> None:
    created, moved, *tied = read(events, MEMBER)
    assert (created.subject.project, moved.before, moved.after) == (None, {"project": None}, {"project": "open"})
    assert [each.after and each.after["name"] for each in tied] == [None, "score:1"]


def test_who_sees_the_model_alone_learns_the_project_that_it_is_in(events: EventStore) -> None:
    created, moved = read(events, GUEST)
    assert (created.subject.project, moved.subject.project, moved.before) == (None, "open", {"project": None})


def test_who_reads_all_events_reads_them_as_they_were_logged(events: EventStore) -> None:
    created, moved, *tied = read(events, ADMIN)
    assert (created.subject.project, moved.before) == ("secret", {"project": "secret"})
    assert [each.after and each.after["name"] for each in tied] == ["hidden:1", "score:1"]
