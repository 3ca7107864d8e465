"""Schedules on every database: two controls look at once while clocks change and controls end, and each moment starts one thing."""

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from unshelf.develop.schedules import service as service_module
from unshelf.develop.schedules.service import ScheduleService
from unshelf.develop.starting.starters import Starters
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.roles import permissions_of
from unshelf.manage.notifications.service import NotificationService
from unshelf.server.backends import load_backend

PERSON = Actor(
    id="u1", kind="user", label="ana", grants=(Grant(permissions=permissions_of("contributor"), scope=project_scope("risk")),)
)  # fmt: skip
STEP = timedelta(minutes=30)


class Killed(BaseException):
    """The end of a control, at any moment."""


class Jobs:
    """Stands in for jobs: a key begins one job, however often and by whom it is given."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.started: dict[str, str] = {}
        self.dies: set[int] = set()
        """The calls, counted from 1, after which their control ends: the job is there, and nobody has written that down."""
        self._lock = threading.Lock()

    def require(self, actor: Actor, target: str) -> str:
        return "risk"

    def start(self, actor: Actor, target: str, *, key: str, parameters: Mapping[str, Any] | None = None) -> str:
        with self._lock:
            self.asked.append(key)
            id = self.started.setdefault(key, f"run-{len(self.started)}")
            if len(self.asked) in self.dies:
                raise Killed
            return id


class World:
    def __init__(self, url: str, jobs: Jobs) -> None:
        self.url, self.jobs = url, jobs
        self.databases: list[Database] = []
        self.controls = [self.control(), self.control()]

    def control(self) -> ScheduleService:
        """A control of its own: its own connections, and nothing remembered."""
        database: Database = load_backend("database", self.url)(self.url)
        self.databases.append(database)
        if len(self.databases) == 1:
            Base.metadata.create_all(database.engine)
        people = {PERSON.id: PERSON}
        starters = Starters(people.get)
        starters.register("job", self.jobs)
        return ScheduleService(
            database, EventStore(database), NotificationService(database, Subjects(), people.get), starters
        )

    def look(self, number: int) -> None:
        """One control looks at what is due; one that ends is replaced."""
        try:
            self.controls[number].start_due()
        except Killed:
            self.controls[number] = self.control()


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    made = World(database_url, Jobs())
    yield made
    for database in made.databases:
        database.dispose()


@pytest.mark.parametrize(
    ("begin", "days", "due"),
    [
        ("2026-03-27T22:00", 3, ["28 01:30", "29 01:00", "30 00:30"]),  # 02:30 does not exist on the 29th
        ("2026-10-23T22:00", 3, ["24 00:30", "25 00:30", "26 01:30"]),  # 02:30 comes twice on the 25th
    ],
    ids=["spring", "autumn"],
)
def test_each_moment_is_started_once(
    world: World, monkeypatch: pytest.MonkeyPatch, begin: str, days: int, due: list[str]
) -> None:
    clock = [datetime.fromisoformat(begin).replace(tzinfo=UTC)]
    monkeypatch.setattr(service_module, "now", lambda: clock[0])
    end = clock[0] + timedelta(days=days)
    wanted = {"kind": "job", "target": "job-1", "time_zone": "Europe/Berlin", "catch_up": "latest"}
    daily = world.controls[0].create(PERSON, name="daily", cron="30 2 * * *", **wanted).id  # type: ignore[arg-type]
    hourly = world.controls[0].create(PERSON, name="hourly", cron="0 * * * *", **wanted).id  # type: ignore[arg-type]
    world.jobs.dies = {2, 9, 10, 31}
    with ThreadPoolExecutor(2) as pool:
        while clock[0] < end:
            clock[0] += STEP
            list(pool.map(world.look, (0, 1)))
    world.controls[0].start_due()

    def started(id: str) -> list[tuple[datetime, str | None]]:
        return [(each.due_at, each.started) for each in world.controls[1].starts(PERSON, id, limit=1000).items][::-1]

    assert [moment.strftime("%d %H:%M") for moment, _ in started(daily)] == due
    first = datetime.fromisoformat(begin).replace(tzinfo=UTC) + timedelta(hours=1)
    assert [moment for moment, _ in started(hourly)] == [first + timedelta(hours=each) for each in range(24 * days)]
    begun = [str(id) for _, id in [*started(daily), *started(hourly)]]
    assert sorted(begun) == sorted(world.jobs.started.values())  # each moment has a job, and no job has none
    assert len(set(begun)) == len(due) + 24 * days
    assert len(world.jobs.asked) > max(world.jobs.dies)
