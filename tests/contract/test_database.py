"""What the database promises (foundation/database.py), on every backend: a new one adds one line to BACKENDS."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import ForeignKey, MetaData, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from unshelf.foundation.database import Database, UtcDateTime

BACKENDS: dict[str, Callable[[Path], str]] = {"sqlite": lambda folder: f"sqlite:///{folder}/test.db"}


class Base(DeclarativeBase):
    """Tables of these tests alone, so that they never stand among the product's."""

    metadata = MetaData()


class Counter(Base):
    __tablename__ = "counters"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int] = mapped_column(default=0)
    moment: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Child(Base):
    __tablename__ = "children"

    id: Mapped[int] = mapped_column(primary_key=True)
    counter: Mapped[str] = mapped_column(ForeignKey("counters.name"))


@pytest.fixture(params=sorted(BACKENDS))
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    opened = Database(BACKENDS[request.param](tmp_path))
    Base.metadata.create_all(opened.engine)
    yield opened
    opened.dispose()


def value_of(database: Database, name: str) -> int | None:
    with database.read() as session:
        row = session.get(Counter, name)
        return None if row is None else row.value


def test_a_transaction_is_committed_at_its_end(database: Database) -> None:
    with database.transaction() as session:
        session.add(Counter(name="a", value=1))
        assert value_of(database, "a") is None
    assert value_of(database, "a") == 1


def test_a_transaction_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        session.add(Counter(name="a", value=1))
        session.flush()
        raise ZeroDivisionError
    assert value_of(database, "a") is None


def test_what_a_read_changes_is_dropped(database: Database) -> None:
    with database.read() as session:
        session.add(Counter(name="a", value=1))
        session.flush()
    assert value_of(database, "a") is None


def test_a_read_sees_one_state_while_others_write(database: Database) -> None:
    if database.engine.dialect.name != "sqlite":
        pytest.skip("what a statement sees of later commits is the server's choice there")
    with database.transaction() as session:
        session.add(Counter(name="a", value=1))
    with database.read() as reader:
        assert reader.scalar(select(Counter.value)) == 1
        with database.transaction() as session:
            session.get_one(Counter, "a").value = 2
        assert reader.scalar(select(Counter.value)) == 1
    assert value_of(database, "a") == 2


def test_transactions_at_once_lose_no_update(database: Database) -> None:
    """Read, add one, write: with a writer chosen only at the first write, some of these would overwrite each other."""
    with database.transaction() as session:
        session.add(Counter(name="a", value=0))
    faults: list[BaseException] = []

    def count_up() -> None:
        try:
            for _ in range(25):
                with database.transaction() as session:
                    row = session.scalars(select(Counter).where(Counter.name == "a").with_for_update()).one()
                    row.value += 1
        except BaseException as error:  # a thread's error must fail the test, not vanish with the thread
            faults.append(error)

    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert value_of(database, "a") == 100


def test_foreign_keys_hold(database: Database) -> None:
    with pytest.raises(IntegrityError), database.transaction() as session:
        session.add(Child(id=1, counter="nobody"))


def test_moments_keep_their_time_zone(database: Database) -> None:
    moment = datetime(2026, 3, 29, 2, 30, 15, 123456, tzinfo=timezone(timedelta(hours=2)))
    with database.transaction() as session:
        session.add(Counter(name="a", moment=moment))
    with database.read() as session:
        stored = session.get_one(Counter, "a").moment
    assert stored == moment
    assert stored is not None
    assert stored.tzinfo is UTC


def test_a_moment_without_a_time_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="has no time zone"), database.transaction() as session:
        session.add(Counter(name="a", moment=datetime(2026, 1, 1)))  # noqa: DTZ001 -- the point of the test


def test_what_is_committed_survives_the_process(database: Database, tmp_path: Path) -> None:
    with database.transaction() as session:
        session.add(Counter(name="a", value=7))
    again = Database(database.engine.url.render_as_string(hide_password=False))
    assert value_of(again, "a") == 7
    again.dispose()
