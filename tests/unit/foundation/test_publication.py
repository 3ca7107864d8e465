"""Publication: what a change made stale comes into force, once, in order, and also after the disk was full."""

import errno
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.support.waiting import wait_until
from unshelf.contracts.routing import KeyRoute, RoutingTable, keys_part
from unshelf.foundation import routing_folder
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.foundation.publication import PublicationFailed, PublicationRow, Publisher
from unshelf.foundation.routing_folder import RoutingFolder
from unshelf.runtime.routing_file import read_routing


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = SqliteDatabase(f"sqlite:///{tmp_path}/test.db")
    Base.metadata.create_all(opened.engine)
    with opened.transaction() as session:
        session.execute(text("CREATE TABLE numbers (number TEXT)"))
    yield opened
    opened.dispose()


class Numbers:
    """Stands for a wing: numbers are keys, divided into shards by their first two digits."""

    def __init__(self) -> None:
        self.built: list[list[str]] = []

    def names(self, session: Session) -> list[str]:
        return sorted({number[:2] for number in session.scalars(text("SELECT number FROM numbers"))})

    def build(self, session: Session, names: Sequence[str]) -> dict[str, dict[str, KeyRoute]]:
        self.built.append(list(names))
        found: dict[str, dict[str, KeyRoute]] = {}
        for number in session.scalars(text("SELECT number FROM numbers ORDER BY number")):
            if number[:2] in names:
                found.setdefault(number[:2], {})[number] = KeyRoute(id=number, name="n")
        return found


def publisher(database: Database, folder: Path, numbers: Numbers | None = None) -> Publisher:
    made, numbers = Publisher(database, folder), numbers or Numbers()
    made.contribute("keys", numbers.names, numbers.build)
    return made


def change(
    publisher: Publisher, database: Database, number: str, sql: str = "INSERT INTO numbers VALUES (:number)"
) -> None:
    with database.transaction() as session:
        session.execute(text(sql), {"number": number})
        publisher.mark_stale(session, keys_part(number))


def add(publisher: Publisher, database: Database, number: str) -> bool:
    change(publisher, database, number)
    return publisher.publish()


def remove(publisher: Publisher, database: Database, number: str) -> bool:
    change(publisher, database, number, "DELETE FROM numbers WHERE number = :number")
    return publisher.publish()


@contextmanager
def running(publisher: Publisher, database: Database, folder: Path) -> Iterator[None]:
    """The publisher's loop, from its start to its stop."""
    loops = Loops(database, LoopMetrics(folder / "metrics", 0), owner="me")
    loops.add(publisher.loop())
    publisher.start()
    loops.start()
    yield
    publisher.stop()
    loops.stop()


def published(folder: Path) -> RoutingTable:
    return read_routing(folder)


def outbox(database: Database) -> list[str]:
    with database.read() as session:
        return [row.part for row in session.query(PublicationRow)]


def test_a_change_comes_into_force_and_only_its_part_is_built(database: Database, tmp_path: Path) -> None:
    numbers = Numbers()
    one = publisher(database, tmp_path, numbers)
    assert add(one, database, "1001")
    assert add(one, database, "2001")
    assert add(one, database, "1002")
    assert list(published(tmp_path).keys) == ["1001", "1002", "2001"]
    assert numbers.built == [["10"], ["20"], ["10"]]

    assert remove(one, database, "2001")
    assert list(published(tmp_path).keys) == ["1001", "1002"]


def test_publishing_without_a_change_builds_nothing_and_keeps_the_generation(
    database: Database, tmp_path: Path
) -> None:
    numbers = Numbers()
    one = publisher(database, tmp_path, numbers)
    add(one, database, "1001")
    generation = published(tmp_path).generation
    assert one.publish()
    change(one, database, "1001", "SELECT :number")  # marked, and the same after all
    assert one.publish()
    assert published(tmp_path).generation == generation
    assert numbers.built == [["10"], ["10"]]


def test_only_its_owner_may_read_it(database: Database, tmp_path: Path) -> None:
    add(publisher(database, tmp_path), database, "1001")
    folder = tmp_path / "routing"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}


def test_generations_go_on_after_a_restart_and_when_the_clock_went_back(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(publisher(database, tmp_path), database, "1001")
    first = published(tmp_path).generation
    monkeypatch.setattr("unshelf.foundation.publication.time.time_ns", lambda: 0)
    add(publisher(database, tmp_path), database, "1002")
    assert published(tmp_path).generation == first + 1


def test_a_start_puts_everything_right(database: Database, tmp_path: Path) -> None:
    """Changes that a control left unpublished, a damaged part, a part of something that is gone, a file of an old release."""
    left = publisher(database, tmp_path)
    add(left, database, "1001")
    add(left, database, "2001")
    for part in (tmp_path / "routing").glob("[0-9a-f]*.json"):
        part.write_bytes(b"{")
    with database.transaction() as session:
        session.execute(text("DELETE FROM numbers WHERE number = '2001'"))
    change(left, database, "3001")
    (tmp_path / "routing.json").write_bytes(b"{}")

    with running(publisher(database, tmp_path), database, tmp_path):
        wait_until(lambda: list(published(tmp_path).keys) == ["1001", "3001"], what="everything is put right")
    assert not (tmp_path / "routing.json").exists()


@pytest.mark.parametrize("content", [None, b'{"generation"'])
def test_an_index_that_is_lost_or_broken_is_made_again(
    database: Database, tmp_path: Path, content: bytes | None
) -> None:
    one = publisher(database, tmp_path)
    add(one, database, "1001")
    before = published(tmp_path).generation
    index = tmp_path / "routing" / "index.json"
    index.unlink() if content is None else index.write_bytes(content)
    add(one, database, "2001")
    assert list(published(tmp_path).keys) == ["1001", "2001"]
    assert published(tmp_path).generation > before


def test_while_the_disk_is_full_the_last_state_stays_and_then_the_change_comes_by_itself(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = publisher(database, tmp_path)
    add(one, database, "1001")
    with running(one, database, tmp_path):
        with monkeypatch.context() as full:

            def no_space(_path: Path, _content: bytes) -> None:
                raise OSError(errno.ENOSPC, "No space left on device")

            full.setattr(routing_folder, "_replace", no_space)
            assert not add(one, database, "1002")
            assert one.is_behind
            assert list(published(tmp_path).keys) == ["1001"]
        wait_until(lambda: len(published(tmp_path).keys) == 2, what="the change is published")
        wait_until(lambda: not one.is_behind, what="the publisher says so")
        wait_until(lambda: not outbox(database), what="the outbox is empty")


def test_a_part_that_can_not_be_built_stays_as_it_was_and_the_rest_goes_on(database: Database, tmp_path: Path) -> None:
    class Broken(Numbers):
        def build(self, session: Session, names: Sequence[str]) -> dict[str, dict[str, KeyRoute]]:
            if "10" in names and self.built:
                raise ZeroDivisionError
            return super().build(session, names)

    one = publisher(database, tmp_path, Broken())
    add(one, database, "1001")
    change(one, database, "1002")
    assert not add(one, database, "2001")
    assert list(published(tmp_path).keys) == ["1001", "2001"]


def test_a_part_that_can_not_be_built_is_a_failure_of_the_loop_until_it_can(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a part that can't be built, then the loop fails and names it, and tries it again without another change."""

    class Broken(Numbers):
        broken = True

        def build(self, session: Session, names: Sequence[str]) -> dict[str, dict[str, KeyRoute]]:
            if "10" in names and self.broken:
                raise ZeroDivisionError
            return super().build(session, names)

    numbers = Broken()
    one = publisher(database, tmp_path, numbers)
    act = one.loop().act
    change(one, database, "1001")
    change(one, database, "2001")
    with pytest.raises(PublicationFailed, match="keys/10"):
        act()
    assert not one.is_behind
    assert list(published(tmp_path).keys) == ["2001"]
    with pytest.raises(PublicationFailed, match="keys/10"):
        act()
    assert outbox(database) == []

    numbers.broken = False
    monkeypatch.setattr("unshelf.foundation.publication._REBUILD_SECONDS", 0.0)
    act()
    assert list(published(tmp_path).keys) == ["1001", "2001"]


def test_two_controls_at_once_never_publish_an_older_state_later(database: Database, tmp_path: Path) -> None:
    controls = [publisher(database, tmp_path) for _ in range(2)]
    add(controls[0], database, "0000")
    seen: list[tuple[int, int]] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            state = published(tmp_path)
            seen.append((state.generation, len(state.keys)))

    def work(number: int) -> None:
        mine = controls[number % 2]
        assert add(mine, database, f"{number:04}")
        assert f"{number:04}" in published(tmp_path).keys

    watcher = threading.Thread(target=watch)
    watcher.start()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(1, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done.set()
    watcher.join()
    assert len(published(tmp_path).keys) == 13
    assert seen == sorted(seen)


def test_parts_that_no_index_names_go_after_a_time_of_grace_unless_they_are_named_again(tmp_path: Path) -> None:
    folder = RoutingFolder(tmp_path)
    first, second = folder.put({"a": 1}), folder.put({"a": 2})
    folder.put_index(1, {"warm": first})
    files = {path.name for path in (tmp_path / "routing").glob("*.json")}
    assert folder.sweep() == 0
    assert {path.name for path in (tmp_path / "routing").glob("*.json")} == files
    folder.put_index(2, {"warm": second})
    assert folder.sweep(grace_seconds=3600) == 0
    assert folder.sweep(grace_seconds=0) == 1
    assert {path.name for path in (tmp_path / "routing").glob("*.json")} == {"index.json", f"{second}.json"}
