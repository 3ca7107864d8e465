"""Logging in from a device: one code, one approval, one token."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.support.accounts import user_actor
from unshelf.contracts.errors import InvalidInput, NotFound, TooManyRequests
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.personal_tokens import devices as module
from unshelf.manage.personal_tokens.devices import DeviceService
from unshelf.manage.personal_tokens.tables import DeviceLoginRow
from unshelf.manage.users.attempts import LoginAttempts
from unshelf.server.wiring.people import PeopleParts


@pytest.fixture
def devices(people: PeopleParts, database: Database, publisher: Publisher) -> DeviceService:
    return DeviceService(
        database,
        EventStore(database),
        publisher,
        people.tokens,
        people.actors,
        attempts=LoginAttempts(database, EventStore(database)),
    )


def test_a_device_gets_the_token_of_who_let_it_in(
    devices: DeviceService, people: PeopleParts, database: Database
) -> None:
    begun = devices.begin("laptop", "10.0.0.1")
    assert devices.collect(begun.secret) is None
    assert devices.approve(user_actor(people, database, "ada"), begun.code) == "laptop"
    given = devices.collect(begun.secret)
    assert given is not None
    found = people.tokens.authenticate(given[1])
    assert found is not None and found.id == people.users.find("ada").id
    with pytest.raises(NotFound):
        devices.collect(begun.secret)


def test_a_code_is_good_for_ten_minutes(devices: DeviceService, people: PeopleParts, database: Database) -> None:
    begun = devices.begin("laptop", "10.0.0.1")
    with database.transaction() as session:
        session.execute(update(DeviceLoginRow).values(expires_at=now() - timedelta(seconds=1)))
    with pytest.raises(NotFound):
        devices.approve(user_actor(people, database, "ada"), begun.code)
    with pytest.raises(NotFound):
        devices.collect(begun.secret)


def test_who_left_meanwhile_lets_nothing_in(devices: DeviceService, people: PeopleParts, database: Database) -> None:
    begun = devices.begin("laptop", "10.0.0.1")
    devices.approve(user_actor(people, database, "ada"), begun.code)
    people.users.deactivate(user_actor(people, database, "grace"), "ada")
    with pytest.raises(NotFound):
        devices.collect(begun.secret)


def test_what_was_let_in_before_the_tokens_ended_fetches_none(
    devices: DeviceService, people: PeopleParts, database: Database
) -> None:
    begun, others = devices.begin("laptop", "10.0.0.1"), devices.begin("desk", "10.0.0.1")
    devices.approve(user_actor(people, database, "ada"), begun.code)
    devices.approve(user_actor(people, database, "grace"), others.code)
    with database.transaction() as session:
        people.tokens.end_all(session, people.users.find("ada"))
    with pytest.raises(NotFound):
        devices.collect(begun.secret)
    assert devices.collect(others.secret) is not None


def test_strangers_can_not_fill_the_table(devices: DeviceService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MOST_WAITING", 3)
    for _ in range(3):
        devices.begin("laptop", "10.0.0.1")
    with pytest.raises(TooManyRequests):
        devices.begin("laptop", "10.0.0.1")
    with pytest.raises(InvalidInput):
        devices.begin("a\x1bb", "10.0.0.1")
