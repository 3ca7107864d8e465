"""The service of backups; what makes them is the test's."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.support.actors import actor
from tests.support.asgi import caller_of
from tests.support.configs import config_of
from unshelf.contracts.configs import ControlConfig
from unshelf.contracts.errors import Conflict
from unshelf.contracts.home import Home
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.claims import Claims
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.foundation.loops.tables import WorkRow
from unshelf.manage.backups.identity import become_copy
from unshelf.manage.backups.making import Say
from unshelf.manage.backups.order import QUEUE, BackupOrder, BackupOutcome
from unshelf.manage.backups.routes import router
from unshelf.manage.backups.service import BackupService, BackupState
from unshelf.manage.backups.store.manifest import BackupManifest
from unshelf.manage.backups.tables import BackupRow


@dataclass
class Making:
    """Makes backups in no time, or fails."""

    problem: str = ""
    look: Callable[[], BackupState | None] = lambda: None
    seen: BackupState | None = None
    orders: list[BackupOrder] = field(default_factory=list)

    def __call__(self, order: BackupOrder, say: Say) -> BackupOutcome:
        say("copying the database")
        self.seen = self.look()
        self.orders.append(order)
        if self.problem:
            return BackupOutcome(problem=self.problem)
        manifest = BackupManifest(
            id=f"b{len(self.orders)}", made_at="", program="1", revision="1", database="sqlite", reason=order.reason,
            scope="all", key="sealed", home="/h", index=[], files=3, bytes=100, new_bytes=10,
        )  # fmt: skip
        return BackupOutcome(manifest=manifest)


@pytest.fixture
def making() -> Making:
    return Making()


Build = Callable[..., BackupService]


@pytest.fixture
def build(database: Database, tmp_path: Path, making: Making) -> Build:
    def build(to: str = "/backups", **settings: Any) -> BackupService:
        given = {"backup_to": to, "backup_passphrase": "p", "backup_every": 24.0, **settings}
        config = config_of(ControlConfig, tmp_path, index=0, **given)
        loops = Loops(database, LoopMetrics(tmp_path, 0), owner="test")
        service = BackupService(database, EventStore(database), loops, config, make=making)
        loops.add_all(service.loops())
        return service

    return build


def work(database: Database, service: BackupService) -> None:
    """Do what is on the queue."""
    claims = Claims(database, owner="worker", lease_seconds=60)
    while claim := claims.take(QUEUE):
        service.make(claim)


def claimable(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(WorkRow.key).where(WorkRow.loop == QUEUE)))


def age(database: Database, hours: float) -> None:
    moment = now() - timedelta(hours=hours)
    with database.transaction() as session:
        session.execute(update(BackupRow).values(begun_at=moment, ended_at=moment))


def test_the_first_is_due_at_once_and_the_next_after_its_time(database: Database, build: Build, making: Making) -> None:
    service = build()
    making.look = service.state
    service.look()
    assert service.state().is_running and service.state().step == ""
    work(database, service)
    assert making.seen is not None and making.seen.step == "copying the database"
    assert service.state().step == ""
    state = service.state()
    assert state.last_success is not None and not state.is_running and not state.is_too_old
    assert (making.orders[0].reason, making.orders[0].to, making.orders[0].keep) == ("scheduled", "/backups", 14)
    service.look()
    assert claimable(database) == []
    age(database, hours=25)
    service.look()
    assert claimable(database) == ["scheduled"]


def test_one_that_failed_is_tried_again_soon_and_not_at_once(database: Database, build: Build, making: Making) -> None:
    service = build()
    making.problem = "The disk is full."
    service.look()
    work(database, service)
    assert (service.state().problem, service.state().is_too_old) == ("The disk is full.", True)
    assert service.checks()[0].state == "fail" and "The disk is full." in service.checks()[0].hint
    service.look()
    assert claimable(database) == []
    age(database, hours=0.3)
    making.problem = ""
    service.look()
    work(database, service)
    assert (service.state().problem, service.state().is_too_old) == ("", False)
    assert service.checks()[0].state == "ok"


def test_the_last_one_is_too_old_after_twice_the_time(database: Database, build: Build) -> None:
    service = build(backup_every=1.0)
    service.look()
    work(database, service)
    age(database, hours=1.9)
    assert not service.state().is_too_old
    age(database, hours=2.1)
    assert service.state().is_too_old


def test_an_administrator_asks_for_one_and_the_log_says_who(database: Database, build: Build, making: Making) -> None:
    service = build()
    call = caller_of(actor("admin"), router(service))
    assert call("POST", "/backups", json={}).status_code == 202
    assert call("POST", "/backups", json={}).json()["is_running"]
    work(database, service)
    assert [order.reason for order in making.orders] == ["asked"]
    shown = call("GET", "/backups").json()
    assert (shown["last_success"]["new_bytes"], shown["backups"][0]["reason"]) == (10, "asked")
    actions = [(event.action, event.actor_kind) for event in EventStore(database).newest(limit=10).items]
    assert actions == [
        ("backup.made", "system"),
        ("backup.asked", "service_account"),
        ("backup.asked", "service_account"),
    ]


def test_a_copy_begins_a_history_of_its_own_and_says_at_once_that_the_place_is_anothers(
    database: Database, build: Build, making: Making, tmp_path: Path
) -> None:
    """What the database says of backups came with it from the original."""
    service = build()
    service.look()
    work(database, service)
    age(database, hours=0.1)
    become_copy(Home(tmp_path))
    assert service.state().last_success is None
    making.problem = "The newest backup in /backups is of another installation. unshelf backup /backups --take-over"
    service.look()
    work(database, service)
    (check,) = service.checks()
    assert (check.state, check.detail, service.state().is_too_old) == ("fail", "none was made yet", True)
    assert check.hint.endswith("--take-over")
    making.problem = ""
    service.start(actor("admin"))
    work(database, service)
    assert service.checks()[0].state == "ok"


def test_the_machine_says_at_once_that_the_newest_one_failed(database: Database, build: Build, making: Making) -> None:
    service = build()
    service.look()
    work(database, service)
    age(database, hours=25)
    making.problem = "The disk is full."
    service.look()
    work(database, service)
    (check,) = service.checks()
    assert (check.state, check.hint, service.state().is_too_old) == ("warn", "The disk is full.", False)


def test_without_a_place_nothing_is_scheduled_and_the_machine_says_so(database: Database, build: Build) -> None:
    service = build(to="")
    with pytest.raises(Conflict, match="no place"):
        service.start(actor("admin"))
    assert [loop.name for loop in service.loops()] == [QUEUE]
    assert service.checks()[0].state == "warn"
    assert not service.state().is_too_old


def test_one_that_waits_in_a_copy_without_a_place_is_no_failure(
    database: Database, build: Build, making: Making
) -> None:
    """As in a copy of a home folder, or after the place was taken out of the settings."""
    build().look()
    copy = build(to="")
    work(database, copy)
    assert (claimable(database), copy.state().backups, copy.state().problem, making.orders) == ([], [], "", [])
    assert copy.checks()[0].state == "warn"
