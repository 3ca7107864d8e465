"""Attempts to log in: counted before they are made, for accounts and for addresses."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from unshelf.contracts.errors import TooManyRequests
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.users.attempts import (
    MOST_DEVICES,
    MOST_OF_ACCOUNT,
    MOST_OF_ADDRESS,
    SLOW_FROM,
    SLOW_SECONDS,
    LoginAttempts,
    network_of,
)
from unshelf.manage.users.tables import LoginAttemptRow


@pytest.fixture
def attempts(database: Database) -> LoginAttempts:
    return LoginAttempts(database, EventStore(database))


def test_an_account_takes_so_many_failures_from_one_network_and_no_other_waits(attempts: LoginAttempts) -> None:
    for _ in range(MOST_OF_ACCOUNT):
        attempts.begin("ada", "10.0.0.1", is_known=True)
    with pytest.raises(TooManyRequests) as refused:
        attempts.begin("ADA", "10.0.0.1", is_known=True)
    assert SLOW_SECONDS < (refused.value.retry_after or 0) <= 900
    attempts.begin("ada", "10.0.0.2", is_known=True)
    attempts.begin("grace", "10.0.0.1", is_known=True)


def test_guesses_from_many_networks_take_turns_and_a_network_known_from_a_login_does_not_wait(
    attempts: LoginAttempts, database: Database
) -> None:
    at_home = attempts.begin("ada", "10.9.9.9", is_known=True)
    with database.transaction() as session:
        attempts.forgive(session, at_home)
    for index in range(SLOW_FROM + 1):
        attempts.begin("ada", f"10.0.0.{index}", is_known=True)
    for index in range(3):
        with pytest.raises(TooManyRequests) as refused:
            attempts.begin("ada", f"10.0.1.{index}", is_known=True)
        assert 0 < (refused.value.retry_after or 0) <= SLOW_SECONDS
    attempts.begin("ada", "10.9.9.9", is_known=True)
    with database.transaction() as session:
        turn = LoginAttemptRow.subject.startswith("slowed:")
        later = now() - timedelta(seconds=SLOW_SECONDS + 1)
        session.execute(update(LoginAttemptRow).where(turn).values(since=later))
    attempts.begin("ada", "10.0.2.1", is_known=True)
    with database.transaction() as session:
        attempts.forget(session, "ada")
    for index in range(3):
        attempts.begin("ada", f"10.0.3.{index}", is_known=True)


def test_a_network_asks_so_many_times_for_devices(attempts: LoginAttempts) -> None:
    for _ in range(MOST_DEVICES):
        attempts.begin_device("10.0.0.1")
    with pytest.raises(TooManyRequests):
        attempts.begin_device("10.0.0.1")
    attempts.begin_device("10.0.0.2")


def test_an_address_takes_so_many_failures_whatever_the_account(attempts: LoginAttempts) -> None:
    for index in range(MOST_OF_ADDRESS):
        attempts.begin(f"user-{index}", "2001:db8::1", is_known=False)
    with pytest.raises(TooManyRequests):
        attempts.begin("ada", "2001:db8::2:3", is_known=True)
    attempts.begin("ada", "2001:db8:0:1::1", is_known=True)


def test_a_success_is_forgiven(attempts: LoginAttempts, database: Database) -> None:
    for _ in range(5 * MOST_OF_ACCOUNT):
        attempt = attempts.begin("ada", "10.0.0.1", is_known=True)
        with database.transaction() as session:
            attempts.forgive(session, attempt)


def test_failures_are_forgotten_after_a_quarter_of_an_hour(attempts: LoginAttempts, database: Database) -> None:
    for _ in range(MOST_OF_ACCOUNT):
        attempts.begin("ada", "10.0.0.1", is_known=True)
    with database.transaction() as session:
        session.execute(update(LoginAttemptRow).values(since=now() - timedelta(minutes=16)))
    attempts.begin("ada", "10.0.0.1", is_known=True)


def test_the_first_refusal_is_an_event_and_names_known_accounts_alone(
    attempts: LoginAttempts, database: Database
) -> None:
    for name, is_known in (("ada", True), ("my secret password", False)):
        for index in range(MOST_OF_ACCOUNT + 3):
            try:
                attempts.begin(name, f"10.0.1.{index // 20}", is_known=is_known)
            except TooManyRequests:
                continue
    events = EventStore(database).newest(limit=10).items
    assert [(event.action, event.subject.name) for event in events] == [
        ("login.limited", "unknown"), ("login.limited", "ada"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.3"), ("::ffff:10.1.2.3", "10.1.2.3"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("[::1]", "::/64"), ("", "unknown"), ("x", "unknown"),
    ],
)  # fmt: skip
def test_a_network_is_what_one_customer_has(address: str, network: str) -> None:
    assert network_of(address) == network
