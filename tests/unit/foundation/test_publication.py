"""The routing table as gateways find it: whole, newest last, and never behind what was committed before it."""

import threading
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from unshelf.contracts.routing import KeyRoute, RoutingTable
from unshelf.foundation.database import Database
from unshelf.foundation.publication import Publisher


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/test.db")
    with opened.transaction() as session:
        session.execute(text("CREATE TABLE numbers (number INTEGER)"))
    yield opened
    opened.dispose()


def add(database: Database, number: int) -> None:
    with database.transaction() as session:
        session.execute(text("INSERT INTO numbers VALUES (:number)"), {"number": number})


def numbers_as_keys(session: Session) -> dict[str, KeyRoute]:
    numbers = session.execute(text("SELECT number FROM numbers ORDER BY number")).scalars()
    return {str(number): KeyRoute(id=str(number), name="n", role="predict") for number in numbers}


def table_in(folder: Path) -> RoutingTable:
    return msgspec.json.decode((folder / "routing.json").read_bytes(), type=RoutingTable)


def test_the_table_holds_what_was_contributed(database: Database, tmp_path: Path) -> None:
    publisher = Publisher(database, tmp_path)
    publisher.contribute("keys", numbers_as_keys)
    add(database, 7)
    generation = publisher.publish()
    table = table_in(tmp_path)
    assert (list(table.keys), table.models, table.generation) == (["7"], {}, generation)


def test_only_its_owner_may_read_it(database: Database, tmp_path: Path) -> None:
    Publisher(database, tmp_path).publish()
    assert (tmp_path / "routing.json").stat().st_mode & 0o777 == 0o600


def test_generations_go_on_after_a_restart_and_when_the_clock_went_back(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = Publisher(database, tmp_path).publish()
    monkeypatch.setattr("unshelf.foundation.publication.time.time_ns", lambda: 0)
    restarted = Publisher(database, tmp_path)
    assert [restarted.publish(), restarted.publish()] == [first + 1, first + 2]


def test_a_table_that_can_not_be_read_is_replaced(database: Database, tmp_path: Path) -> None:
    (tmp_path / "routing.json").write_bytes(b'{"generation"')
    generation = Publisher(database, tmp_path).publish()
    assert table_in(tmp_path).generation == generation > 0


def test_a_failed_publication_leaves_the_last_table(database: Database, tmp_path: Path) -> None:
    publisher = Publisher(database, tmp_path)
    before = publisher.publish()

    def broken(session: Session) -> dict[str, KeyRoute]:
        raise ZeroDivisionError

    publisher.contribute("keys", broken)
    with pytest.raises(ZeroDivisionError):
        publisher.publish()
    assert table_in(tmp_path).generation == before
    assert [path.name for path in tmp_path.iterdir() if "routing" in path.name] == ["routing.json"]


def test_many_at_once_never_publish_an_older_state_later(database: Database, tmp_path: Path) -> None:
    publisher = Publisher(database, tmp_path)
    publisher.contribute("keys", numbers_as_keys)
    seen: list[tuple[int, int]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            if (tmp_path / "routing.json").exists():
                table = table_in(tmp_path)
                seen.append((table.generation, len(table.keys)))

    def change(number: int) -> None:
        add(database, number)
        publisher.publish()

    watcher = threading.Thread(target=watch)
    watcher.start()
    threads = [threading.Thread(target=change, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    watcher.join()
    assert len(table_in(tmp_path).keys) == 12
    assert seen == sorted(seen)
