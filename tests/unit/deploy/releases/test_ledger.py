"""The ledger of releases: one row is live, and the way back goes through what can still be gone back to."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.support.actors import actor
from unshelf.contracts.routing import Share
from unshelf.deploy.registry.tables import ModelRow
from unshelf.deploy.releases.ledger import ReleaseLedger
from unshelf.deploy.releases.tables import ReleaseRow
from unshelf.foundation.clock import now
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base

ANA = actor(name="ana")
LEDGER = ReleaseLedger()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    database = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(database.engine)
    with database.transaction() as opened:
        opened.add_all(ModelRow(name=name, created_at=now()) for name in ("iris", "wine"))
        opened.flush()
        yield opened
    database.dispose()


def only(version: int) -> list[Share]:
    return [Share(version=version, percent=100.0)]


def test_the_last_release_of_each_model_is_live(session: Session) -> None:
    LEDGER.replace(session, "iris", only(1), ANA)
    LEDGER.replace(session, "iris", only(2), ANA)
    LEDGER.replace(session, "wine", only(7), ANA)
    assert LEDGER.live(session, "iris") == only(2)
    assert LEDGER.live_among(session, ["iris", "wine", "rose"]) == {"iris": only(2), "wine": only(7)}


def test_nothing_is_live_after_the_end(session: Session) -> None:
    LEDGER.replace(session, "iris", only(1), ANA)
    LEDGER.end(session, "iris")
    LEDGER.end(session, "iris")
    assert LEDGER.live(session, "iris") == []
    LEDGER.replace(session, "iris", [], ANA)
    assert LEDGER.live_among(session, ["iris"]) == {}


def test_the_way_back_passes_over_what_is_gone_and_what_is_the_same(session: Session) -> None:
    for version in (1, 2, 3, 3, 4):
        LEDGER.replace(session, "iris", only(version), ANA)
    assert LEDGER.roll_back(session, "iris", [1, 2, 4]) == only(2) == LEDGER.live(session, "iris")
    assert LEDGER.roll_back(session, "iris", [1, 2, 3, 4]) == only(1)
    assert LEDGER.roll_back(session, "iris", [1, 2, 3, 4]) == []
    assert LEDGER.live(session, "iris") == only(1)


def test_the_database_takes_no_second_live_row(session: Session) -> None:
    LEDGER.replace(session, "iris", only(1), ANA)
    with pytest.raises(IntegrityError), session.begin_nested():
        session.add(
            ReleaseRow(id="z", model="iris", shares=[], live=True, created_at=now(), created_by="eve", undone_at=None)
        )
        session.flush()
    assert LEDGER.live(session, "iris") == only(1)
