"""Sessions: good while they are used, and never longer than they may be."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.support.actors import actor
from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.keys.service import KeysService
from unshelf.manage.sessions.service import IDLE, LONGEST
from unshelf.manage.sessions.tables import SessionRow
from unshelf.server.wiring.people import PeopleParts

ADMIN = actor(id="admin", name="admin")


def opened(people: PeopleParts, name: str = "ada") -> str:
    _, token = people.sessions.open_for(
        people.users.find(name), method="password", address="10.0.0.1", user_agent="a\nb"
    )
    return token


def age(database: Database, **values: timedelta) -> None:
    with database.transaction() as session:
        session.execute(update(SessionRow).values({name: now() - value for name, value in values.items()}))


def test_a_session_s_token_alone_says_whose_it_is(people: PeopleParts, database: Database) -> None:
    token = opened(people)
    found = people.sessions.authenticate(token)
    assert found is not None and found.id == people.users.find("ada").id
    assert people.sessions.authenticate(token[:-1]) is None
    with database.read() as session:
        row = session.query(SessionRow).one()
    assert token not in (row.id, row.token_sha256) and row.user_agent == "ab"


def test_a_session_ends_unused_and_in_the_end_also_used(people: PeopleParts, database: Database) -> None:
    token = opened(people)
    age(database, last_used_at=IDLE - timedelta(minutes=5))
    assert people.sessions.authenticate(token) is not None  # which is a use
    age(database, created_at=LONGEST)
    assert people.sessions.authenticate(token) is not None
    age(database, last_used_at=IDLE)
    assert people.sessions.authenticate(token) is None
    again = opened(people)
    age(database, expires_at=timedelta(0))
    assert people.sessions.authenticate(again) is None


def test_a_use_is_noted_once_a_minute(people: PeopleParts, database: Database) -> None:
    token = opened(people)
    session = people.sessions.find(token)
    people.sessions.authenticate(token)
    assert people.sessions.find(token) == session
    age(database, last_used_at=timedelta(minutes=2))
    people.sessions.authenticate(token)
    used = people.sessions.find(token)
    assert used is not None and used.last_used_at > now() - timedelta(seconds=30)


def test_what_has_ended_is_deleted(people: PeopleParts, database: Database) -> None:
    token = opened(people)
    age(database, last_used_at=IDLE * 2)
    people.sessions.prune()
    with database.read() as session:
        assert session.query(SessionRow).count() == 0
    kept = opened(people)
    people.sessions.prune()
    assert people.sessions.authenticate(token) is None
    assert people.sessions.authenticate(kept) is not None


def test_all_sessions_of_a_user_end_but_one(people: PeopleParts, database: Database) -> None:
    ada, first, second, other = people.users.find("ada"), opened(people), opened(people), opened(people, "grace")
    kept = people.sessions.find(second)
    assert kept is not None
    with database.transaction() as session:
        people.sessions.end_all(session, ada, but=kept.id)
    good = [people.sessions.authenticate(token) is not None for token in (first, second, other)]
    assert good == [False, True, True]


def test_the_administrator_s_sessions_end_with_the_token_that_they_came_from(
    people: PeopleParts, keys: KeysService
) -> None:
    keys.ensure_admin("first-token-of-32-characters-----")
    admin = keys.authenticate("first-token-of-32-characters-----")
    assert admin is not None
    link = people.sessions.admin_link(admin)
    _, token = people.sessions.open_by_link(link.secret, address="127.0.0.1", user_agent="")
    assert people.sessions.authenticate(token) == admin
    with pytest.raises(NotFound):
        people.sessions.open_by_link(link.secret, address="127.0.0.1", user_agent="")
    keys.ensure_admin("second-token-of-32-characters----")
    assert people.sessions.authenticate(token) is None


def test_no_other_administrator_makes_such_a_link(people: PeopleParts) -> None:
    for other in (actor(id="k1", name="root"), actor("deploy")):
        with pytest.raises(Forbidden):
            people.sessions.admin_link(other)
