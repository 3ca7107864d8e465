"""Schedules: set, changed, paused; what is due is started once, by the rights of who set it."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound, Unavailable
from unshelf.develop.schedules import service as service_module
from unshelf.develop.schedules.service import ScheduleChange, ScheduleService
from unshelf.develop.starting.starters import MOST_REFUSALS, Starters
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.roles import permissions_of
from unshelf.manage.notifications.service import NotificationService

NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)


def person(role: str, project: str = "risk") -> Actor:
    grant = Grant(permissions=permissions_of(role), scope=project_scope(project))
    return Actor(id=f"u-{role}-{project}", kind="user", label=f"{role} of {project}", grants=(grant,))


CONTRIBUTOR, VIEWER, STRANGER = person("contributor"), person("viewer"), person("contributor", "default")


class Clock:
    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment


class Jobs:
    """What schedules start in these tests: each key once, as the real jobs do."""

    def __init__(self) -> None:
        self.started: dict[str, tuple[str, str]] = {}
        self.failure: Exception | None = None
        self.meanwhile: Callable[[], object] | None = None

    def require(self, actor: Actor, target: str) -> str:
        if not target.startswith("job-"):
            raise NotFound(f"There is no job {target!r}.")
        if not actor.grants or actor.grants[0].scope != project_scope("risk"):
            raise NotFound(f"There is no job {target!r}, or you may not see it.")
        return "risk"

    def start(self, actor: Actor, target: str, *, key: str, parameters: Mapping[str, Any] | None = None) -> str:
        if self.failure is not None:
            raise self.failure
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            meanwhile()
        self.started.setdefault(key, (actor.id, target))
        return f"run-{list(self.started).index(key)}"


class World:
    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock, self.jobs = database, clock, Jobs()
        self.people = {each.id: each for each in (CONTRIBUTOR, VIEWER, STRANGER)}
        self.notifications = NotificationService(database, Subjects(), self.people.get)
        self.schedules = self.another_control()

    def another_control(self) -> ScheduleService:
        notifications = NotificationService(self.database, Subjects(), self.people.get)
        starters = Starters(self.people.get)
        starters.register("job", self.jobs)
        return ScheduleService(self.database, EventStore(self.database), notifications, starters)

    def set(self, actor: Actor = CONTRIBUTOR, **wanted: str) -> str:
        fields = {
            "name": "nightly",
            "kind": "job",
            "target": "job-1",
            "cron": "@hourly",
            "time_zone": "UTC",
            "catch_up": "latest",
        }
        return self.schedules.create(actor, **{**fields, **wanted}).id  # type: ignore[arg-type]

    def after(self, **ahead: float) -> None:
        self.clock.moment = NOON + timedelta(**ahead)
        self.schedules.start_due()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    clock = Clock()
    monkeypatch.setattr(service_module, "now", clock)
    yield World(database, clock)
    database.dispose()


def test_a_schedule_starts_its_target_at_each_moment_once(world: World) -> None:
    id = world.set()
    world.after(minutes=59)
    assert world.jobs.started == {}
    world.after(minutes=60)
    world.after(minutes=60, seconds=30)
    world.after(minutes=120)
    assert list(world.jobs.started.values()) == [(CONTRIBUTOR.id, "job-1")] * 2
    starts = world.schedules.starts(VIEWER, id, limit=10).items
    assert [(each.due_at, each.started) for each in starts] == [
        (NOON + timedelta(hours=2), "run-1"),
        (NOON + timedelta(hours=1), "run-0"),
    ]
    assert world.schedules.show(VIEWER, id).next_at == NOON + timedelta(hours=3)


def test_of_two_controls_that_look_at_once_nothing_is_started_twice(world: World) -> None:
    id, other = world.set(), world.another_control()
    world.clock.moment = NOON + timedelta(hours=1)
    world.jobs.meanwhile = other.start_due  # the other reads and writes between the first one's reading and its writing
    world.schedules.start_due()
    assert len(world.jobs.started) == 1
    shown = world.schedules.show(VIEWER, id)
    assert shown.next_at == NOON + timedelta(hours=2) and shown.last is not None and shown.last.started == "run-0"


def test_what_was_cut_off_after_the_start_is_started_no_second_time(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.set()
    world.clock.moment = NOON + timedelta(hours=1)
    with monkeypatch.context() as patched:
        patched.setattr(service_module, "_forget_old", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            world.schedules.start_due()
    assert len(world.jobs.started) == 1
    world.schedules.start_due()
    assert len(world.jobs.started) == 1


def test_all_missed_moments_are_made_up_for_where_that_is_wished(world: World) -> None:
    world.set(catch_up="all")
    world.after(hours=3, minutes=10)
    assert len(world.jobs.started) == 3


def test_a_paused_schedule_starts_nothing_and_makes_up_for_nothing(world: World) -> None:
    id = world.set(catch_up="all")
    world.schedules.change(CONTRIBUTOR, id, ScheduleChange(state="paused"))
    assert world.schedules.show(VIEWER, id).next_at is None
    world.after(hours=5)
    world.schedules.change(CONTRIBUTOR, id, ScheduleChange(state="active"))
    world.after(hours=5, minutes=10)
    assert world.jobs.started == {}
    world.after(hours=6)
    assert len(world.jobs.started) == 1


def test_without_the_right_nothing_starts_and_after_some_refusals_it_is_paused_and_its_owner_told(world: World) -> None:
    id = world.set()
    del world.people[CONTRIBUTOR.id]
    for hour in range(1, MOST_REFUSALS + 2):
        world.after(hours=hour)
    shown = world.schedules.show(VIEWER, id)
    assert world.jobs.started == {} and shown.state == "paused" and "may do nothing here" in shown.paused_because
    assert len(world.schedules.starts(VIEWER, id, limit=10).items) == MOST_REFUSALS


def test_a_refusal_between_starts_does_not_count_towards_the_pause(world: World) -> None:
    id = world.set()
    for hour in range(1, 9):
        world.jobs.failure = None if hour % MOST_REFUSALS == 0 else Forbidden("The quota is used up.")
        world.after(hours=hour)
    assert world.schedules.show(VIEWER, id).state == "active" and len(world.jobs.started) == 2


def test_where_nothing_answers_the_moment_waits(world: World) -> None:
    id = world.set()
    world.jobs.failure = Unavailable("The host does not answer.")
    world.after(hours=1)
    assert world.schedules.starts(VIEWER, id, limit=10).items == []
    world.jobs.failure = None
    world.after(hours=1, seconds=20)
    assert [each.due_at for each in world.schedules.starts(VIEWER, id, limit=10).items] == [NOON + timedelta(hours=1)]


def test_who_changes_a_schedule_answers_for_its_starts(world: World) -> None:
    id = world.set()
    other = Actor(id="u-other", kind="user", label="other", grants=CONTRIBUTOR.grants)
    world.people[other.id] = other
    changed = world.schedules.change(other, id, ScheduleChange(cron="*/30 * * * *", target="job-2"))
    assert changed.runs_as == "other" and changed.next_at == NOON + timedelta(minutes=30)
    world.after(minutes=30)
    assert list(world.jobs.started.values()) == [("u-other", "job-2")]


def test_viewers_look_and_strangers_find_nothing(world: World) -> None:
    id = world.set()
    assert [each.id for each in world.schedules.list_for(VIEWER, limit=10).items] == [id]
    assert world.schedules.list_for(STRANGER, limit=10).items == []
    with pytest.raises(NotFound):
        world.schedules.show(STRANGER, id)
    with pytest.raises(NotFound):
        world.schedules.delete(STRANGER, id)
    with pytest.raises(Forbidden):
        world.schedules.delete(VIEWER, id)
    world.schedules.delete(CONTRIBUTOR, id)
    assert world.schedules.list_for(VIEWER, limit=10).items == []


def test_a_name_is_taken_once_and_bad_input_is_refused(world: World) -> None:
    world.set()
    with pytest.raises(Conflict, match="already"):
        world.set()
    for wanted in (
        {"name": "a\nb"},
        {"name": "x" * 101},
        {"kind": "rocket"},
        {"cron": "soon"},
        {"time_zone": "Mars/Base"},
    ):
        with pytest.raises(InvalidInput):
            world.set(**{"name": "other", **wanted})
    with pytest.raises(NotFound):
        world.set(name="other", target="rocket-1")


def test_the_loop_sleeps_until_the_next_moment(world: World) -> None:
    world.clock.moment = NOON + timedelta(minutes=59, seconds=50)
    assert world.schedules.start_due() is None
    world.set()
    assert world.schedules.start_due() == pytest.approx(10)


def test_the_schedules_of_somebody_who_leaves_are_paused_and_say_so(world: World) -> None:
    id = world.set()
    with world.database.transaction() as session:
        world.schedules.pause_all(session, STRANGER.id, "nothing of theirs")
        world.schedules.pause_all(session, CONTRIBUTOR.id, "the account has ended")
    world.after(hours=2)
    shown = world.schedules.show(VIEWER, id)
    assert (shown.state, shown.paused_because, world.jobs.started) == ("paused", "the account has ended", {})
