"""Triggers: each event that one may read starts something once; calls too; what never ends is paused."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound, TooManyRequests, Unavailable
from unshelf.develop.starting.starters import MOST_REFUSALS, Starters
from unshelf.develop.triggers.service import TriggerOrder, TriggerService
from unshelf.develop.triggers.trigger import Trigger
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.roles import permissions_of
from unshelf.manage.notifications.service import NotificationService


def person(role: str, project: str = "risk") -> Actor:
    grant = Grant(permissions=permissions_of(role), scope=project_scope(project))
    return Actor(id=f"u-{role}-{project}", kind="user", label=f"{role} of {project}", grants=(grant,))


CONTRIBUTOR, VIEWER, STRANGER = person("contributor"), person("viewer"), person("contributor", "default")


class Jobs:
    """What triggers start in these tests: each key once, as the real jobs do."""

    def __init__(self) -> None:
        self.started: dict[str, Mapping[str, Any]] = {}
        self.failure: Exception | None = None

    def require(self, actor: Actor, target: str) -> str:
        actor.must_see(project_scope("risk"))
        return "risk"

    def start(self, actor: Actor, target: str, *, key: str, parameters: Mapping[str, Any] | None = None) -> str:
        if self.failure is not None:
            raise self.failure
        self.started.setdefault(key, parameters or {})
        return f"run-{list(self.started).index(key)}"


class World:
    def __init__(self, database: Database) -> None:
        self.database, self.jobs, self.events = database, Jobs(), EventStore(database)
        self.people = {each.id: each for each in (CONTRIBUTOR, VIEWER, STRANGER)}
        starters = Starters(self.people.get)
        starters.register("job", self.jobs)
        notifications = NotificationService(database, Subjects(), self.people.get)
        self.triggers = TriggerService(
            database, self.events, notifications, starters=starters, person_now=self.people.get
        )

    def set(self, **wanted: Any) -> Trigger:
        fields = {"name": "retrain", "kind": "job", "target": "job-1", "waits_for": "event", "action": "data.added"}
        return self.triggers.create(CONTRIBUTOR, TriggerOrder(**{**fields, **wanted}))

    def happens(self, name: str = "orders", *, action: str = "data.added", project: str = "risk") -> None:
        with self.database.transaction() as session:
            subject = Subject(kind="data", name=name, project=project)
            self.events.record(session, CONTRIBUTOR, action, subject, after={"version": 3})
        close_chain(self.database)
        self.triggers.look()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    yield World(database)
    database.dispose()


def test_an_event_starts_the_target_once_and_tells_it_what_happened(world: World) -> None:
    trigger = world.set()
    world.happens()
    world.triggers.look()
    ((key, parameters),) = world.jobs.started.items()
    assert key.startswith(f"trigger/{trigger.id}/")
    event = parameters["event"]
    assert (event["action"], event["subject"], event["after"]) == ("data.added", "orders", {"version": 3})
    (start,) = world.triggers.starts(VIEWER, trigger.id, limit=10).items
    assert (start.because, start.started) == ("data.added: data orders", "run-0")


def test_what_happened_before_or_is_something_else_or_elsewhere_starts_nothing(world: World) -> None:
    world.happens()
    world.set(subject="ord*")
    world.happens("customers")
    world.happens(action="data.deleted")
    world.happens("orders", project="default")
    assert world.jobs.started == {}
    world.happens("orders-2026")
    assert len(world.jobs.started) == 1


def test_after_a_process_that_was_cut_off_nothing_is_started_twice(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    trigger = world.set()
    with monkeypatch.context() as patched:
        patched.setattr(TriggerService, "_note", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.happens()
    world.triggers.look()
    assert len(world.jobs.started) == 1 and len(world.triggers.starts(VIEWER, trigger.id, limit=10).items) == 1


def test_where_nothing_answers_the_event_waits(world: World) -> None:
    world.set()
    world.jobs.failure = Unavailable("The host does not answer.")
    world.happens()
    world.jobs.failure = None
    world.triggers.look()
    assert len(world.jobs.started) == 1


def test_one_that_starts_too_often_or_is_refused_is_paused(world: World) -> None:
    often = world.set(most_an_hour=2)
    for _ in range(4):
        world.happens()
    shown = world.triggers.show(VIEWER, often.id)
    assert len(world.jobs.started) == 2 and shown.state == "paused" and "2 times" in shown.paused_because
    refused = world.set(name="other")
    world.jobs.failure = Forbidden("The quota is used up.")
    for _ in range(MOST_REFUSALS):
        world.happens()
    assert "quota" in world.triggers.show(VIEWER, refused.id).paused_because


def test_without_rights_it_is_paused_and_goes_on_with_what_happens_later(world: World) -> None:
    trigger = world.set()
    del world.people[CONTRIBUTOR.id]
    world.happens()
    assert world.triggers.show(VIEWER, trigger.id).state == "paused" and world.jobs.started == {}
    world.people[CONTRIBUTOR.id] = CONTRIBUTOR
    world.triggers.set_state(CONTRIBUTOR, trigger.id, "active")
    world.triggers.look()
    assert world.jobs.started == {}
    world.happens()
    assert len(world.jobs.started) == 1


def test_a_call_starts_once_by_its_key_and_is_bounded(world: World) -> None:
    trigger = world.set(waits_for="call", action="", most_an_hour=2)
    first = world.triggers.call(CONTRIBUTOR, trigger.id, key="push-1", body={"commit": "abc"})
    assert world.triggers.call(CONTRIBUTOR, trigger.id, key="push-1", body={"commit": "abc"}) == first
    assert list(world.jobs.started.values()) == [{"call": {"commit": "abc"}}]
    world.triggers.call(CONTRIBUTOR, trigger.id, key="push-1" + "x" * 58, body={})
    assert len(world.jobs.started) == 2
    with pytest.raises(TooManyRequests):
        world.triggers.call(CONTRIBUTOR, trigger.id, key=None, body={})
    with pytest.raises(Forbidden):
        world.triggers.call(VIEWER, trigger.id, key=None, body={})
    with pytest.raises(NotFound):
        world.triggers.call(STRANGER, trigger.id, key=None, body={})


def test_only_what_waits_for_calls_is_called(world: World) -> None:
    with pytest.raises(Conflict, match=r"data\.added"):
        world.triggers.call(CONTRIBUTOR, world.set().id, key=None, body={})


def test_viewers_look_and_strangers_find_nothing(world: World) -> None:
    trigger = world.set()
    assert [each.id for each in world.triggers.list_for(VIEWER, limit=10).items] == [trigger.id]
    assert world.triggers.list_for(STRANGER, limit=10).items == []
    with pytest.raises(Forbidden):
        world.triggers.delete(VIEWER, trigger.id)
    with pytest.raises(NotFound):
        world.triggers.show(STRANGER, trigger.id)
    world.triggers.delete(CONTRIBUTOR, trigger.id)
    assert world.triggers.list_for(VIEWER, limit=10).items == []


@pytest.mark.parametrize(
    "wanted",
    [
        {"name": ""},
        {"kind": "rocket"},
        {"action": ""},
        {"action": "added"},
        {"action": "job.submitted"},
        {"action": "trigger.set"},
        {"subject": "x" * 201},
        {"most_an_hour": 0},
        {"waits_for": "call"},
    ],
)
def test_what_is_no_trigger_is_refused(world: World, wanted: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        world.set(**wanted)
