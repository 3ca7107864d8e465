"""What the database promises (foundation/database/engine.py), on every backend (tests/conftest.py: `database_url`)."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import ForeignKey, MetaData, select
from sqlalchemy.exc import IntegrityError, StatementError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from unshelf.foundation.database.engine import Database, DatabaseUnavailable
from unshelf.foundation.database.types import UtcDateTime
from unshelf.server.backends import load_backend


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


def opened_at(url: str) -> Database:
    opened: Database = load_backend("database", url)(url)
    return opened


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = opened_at(database_url)
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
                    row = session.get_one(Counter, "a")
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


def test_what_is_committed_is_there_for_the_next_process(database: Database, database_url: str) -> None:
    with database.transaction() as session:
        session.add(Counter(name="a", value=7))
    again = opened_at(database_url)
    assert value_of(again, "a") == 7
    again.dispose()


def test_what_a_transaction_has_read_can_not_change_under_it(database: Database) -> None:
    """Both see no row and would add one: the second must wait for the first, and then see it."""
    inside, both = threading.Event(), threading.Event()

    def add_when_there_is_none(name: str, hold: threading.Event | None) -> None:
        with database.transaction() as session:
            if session.scalar(select(Counter.name)) is None:
                inside.set()
                if hold is not None:
                    assert hold.wait(60)
                session.add(Counter(name=name))

    first = threading.Thread(target=add_when_there_is_none, args=("first", both))
    second = threading.Thread(target=add_when_there_is_none, args=("second", None))
    first.start()
    assert inside.wait(60)
    second.start()
    both.set()
    first.join()
    second.join()
    with database.read() as session:
        assert session.scalars(select(Counter.name)).all() == ["first"]


def test_readers_do_not_wait_for_a_writer(database: Database) -> None:
    with database.transaction() as writer:
        writer.add(Counter(name="a", value=1))
        writer.flush()
        assert value_of(database, "a") is None


def test_a_restructuring_that_leaves_broken_references_is_undone(database: Database) -> None:
    with database.transaction() as session:
        session.add(Counter(name="a"))
        session.flush()
        session.add(Child(id=1, counter="a"))
    with pytest.raises(IntegrityError), database.restructure() as connection:
        connection.exec_driver_sql("DELETE FROM counters")
    assert value_of(database, "a") == 0


def test_an_unreachable_database_is_said_to_be_so_without_its_password() -> None:
    missing = opened_at("postgresql://someone:secret@127.0.0.1:1/nothing")
    with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1") as raised:
        missing.check()
    assert "secret" not in str(raised.value)


def test_the_mark_of_changes_stays_until_somebody_commits(database: Database, database_url: str) -> None:
    """Given another process's connection, then reading and rolling back leave the mark, and each commit of either changes it."""
    Base.metadata.create_all(database.engine)
    other = opened_at(database_url)
    marks = [database.change_mark()]
    with database.read() as session:
        session.get(Counter, "a")
    assert database.change_mark() == marks[0]
    for writer, name in ((database, "a"), (other, "b"), (database, "c")):
        with writer.transaction() as session:
            session.add(Counter(name=name, value=1))
        marks.append(database.change_mark())
    assert len(set(marks)) == len(marks)
    other.dispose()


def test_a_mark_taken_before_a_commit_is_never_that_after_it(database: Database) -> None:
    """Given a transaction under way, then the mark taken meanwhile is not the one after its commit, though nobody else wrote."""
    with database.transaction() as session:
        session.add(Counter(name="a", value=1))
        session.flush()
        meanwhile = database.change_mark()
    assert database.change_mark() != meanwhile
