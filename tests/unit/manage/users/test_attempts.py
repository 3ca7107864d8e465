"""Attempts to log in: counted before they are made, for accounts and for addresses."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from unshelf.contracts.errors import TooManyRequests
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.manage.users.attempts import MOST_OF_ACCOUNT, MOST_OF_ADDRESS, LoginAttempts, network_of
from unshelf.manage.users.tables import LoginAttemptRow


@pytest.fixture
def attempts(database: Database) -> LoginAttempts:
    return LoginAttempts(database, EventStore(database))


def test_an_account_takes_so_many_failures_wherever_they_come_from(attempts: LoginAttempts) -> None:
    for index in range(MOST_OF_ACCOUNT):
        attempts.begin("ada", f"10.0.0.{index}", is_known=True)
    with pytest.raises(TooManyRequests) as refused:
        attempts.begin("ADA", "10.0.0.99", is_known=True)
    assert 0 < (refused.value.retry_after or 0) <= 900
    attempts.begin("grace", "10.0.0.99", is_known=True)


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
                attempts.begin(name, f"10.0.1.{index}", is_known=is_known)
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
