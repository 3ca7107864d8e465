"""One-time links: good once, for a time, the latest of their kind."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from unshelf.contracts.errors import NotFound
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.users.links import forget_links, look_at_link, make_link, use_link
from unshelf.manage.users.tables import OneTimeLinkRow


def test_a_link_is_good_once(database: Database) -> None:
    with database.transaction() as session:
        link = make_link(session, "reset", "u1")
        assert look_at_link(session, link.secret, "invitation", "reset") == ("reset", "u1")
        assert use_link(session, link.secret, "invitation", "reset") == ("reset", "u1")
        with pytest.raises(NotFound):
            use_link(session, link.secret, "invitation", "reset")


def test_a_link_is_good_for_its_kind_alone(database: Database) -> None:
    with database.transaction() as session:
        link = make_link(session, "invitation", "u1")
        with pytest.raises(NotFound):
            use_link(session, link.secret, "login")


def test_a_new_link_takes_the_place_of_the_last_one(database: Database) -> None:
    with database.transaction() as session:
        first, second = make_link(session, "reset", "u1"), make_link(session, "reset", "u1")
        other = make_link(session, "reset", "u2")
        with pytest.raises(NotFound):
            use_link(session, first.secret, "reset")
        forget_links(session, "u1")
        with pytest.raises(NotFound):
            use_link(session, second.secret, "reset")
        assert use_link(session, other.secret, "reset") == ("reset", "u2")


def test_a_link_expires(database: Database) -> None:
    with database.transaction() as session:
        link = make_link(session, "login", None)
        assert timedelta(minutes=9) < link.expires_at - now() <= timedelta(minutes=10)
        session.execute(update(OneTimeLinkRow).values(expires_at=now() - timedelta(seconds=1)))
        with pytest.raises(NotFound):
            use_link(session, link.secret, "login")


def test_the_secret_of_a_link_is_not_stored(database: Database) -> None:
    with database.transaction() as session:
        link = make_link(session, "login", None)
        session.flush()
        row = session.query(OneTimeLinkRow).one()
        assert link.secret not in (row.id, row.secret_sha256)
