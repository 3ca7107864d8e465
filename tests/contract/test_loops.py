"""What loops promise (foundation/loops), with two processes on one database, on every backend."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.support.waiting import wait_until
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.loops.claims import Claims
from unshelf.server.backends import load_backend

SECONDS = 90
"""More than any of this takes on a busy machine."""


class Stage:
    """A database, and processes that work on what it holds."""

    def __init__(self, database: Database, url: str, folder: Path, stack: ExitStack) -> None:
        self.database = database
        self.folder = folder
        self._url = url
        self._stack = stack
        self._claims = Claims(database, owner="test", lease_seconds=3.0)

    def start(self, owner: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.contract.loop_process", self._url, owner, str(self.folder / "log")]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, cwd=Path(__file__).parents[2])
        assert process.stdin is not None
        self._stack.callback(process.stdin.close)
        self._stack.callback(process.wait)
        self._stack.callback(process.kill)
        wait_until(lambda: f"ready {owner}" in self.log(), seconds=SECONDS, what=f"{owner} is ready")
        return process

    def add(self, *keys: str) -> None:
        with self.database.transaction() as session:
            for key in keys:
                self._claims.add(session, "queue", key)

    def hold(self, owner: str) -> Path:
        """Have this process hang in whatever it begins, until the file is gone."""
        path = self.folder / f"hold-{owner}"
        path.touch()
        return path

    def log(self) -> list[str]:
        path = self.folder / "log"
        return path.read_text().splitlines() if path.exists() else []

    def results(self) -> list[tuple[str, str]]:
        with self.database.read() as session:
            return [(row[0], row[1]) for row in session.execute(text("SELECT work, owner FROM results ORDER BY work"))]


@pytest.fixture
def stage(database_url: str, tmp_path: Path) -> Iterator[Stage]:
    database: Database = load_backend("database", database_url)(database_url)
    migrate(database)
    with database.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE results (work VARCHAR(50), owner VARCHAR(50))")  # a key may come twice
    with ExitStack() as stack:
        yield Stage(database, database_url, tmp_path, stack)
    database.dispose()


def test_each_piece_of_work_is_done_once(stage: Stage) -> None:
    keys = [f"w{number:02}" for number in range(30)]
    stage.start("a")
    stage.start("b")
    stage.add(*keys)
    wait_until(lambda: len(stage.results()) >= len(keys), seconds=SECONDS, what="all is done")
    assert [work for work, _ in stage.results()] == keys


def test_what_a_killed_process_was_at_is_done_by_another_once(stage: Stage) -> None:
    """Given a process that is killed in `act`, when its lease has ended, then the other one does its work."""
    stage.hold("a")
    killed = stage.start("a")
    stage.add("w1")
    wait_until(lambda: "begun w1 a" in stage.log(), seconds=SECONDS, what="a has begun")
    stage.start("b")
    killed.kill()
    wait_until(lambda: stage.results() != [], seconds=SECONDS, what="b has done it")
    assert stage.results() == [("w1", "b")]


def test_what_a_killed_process_was_at_is_free_as_soon_as_it_is_back(stage: Stage) -> None:
    stage.hold("a")
    killed = stage.start("a")
    stage.add("w1")
    wait_until(lambda: "begun w1 a" in stage.log(), seconds=SECONDS, what="a has begun")
    killed.kill()
    killed.wait()
    claims = Claims(stage.database, owner="a", lease_seconds=3600.0)
    claims.free_own()
    claim = claims.take("queue")
    assert claim is not None
    assert (claim.key, claim.attempts) == ("w1", 2)


@pytest.mark.long
def test_a_process_that_was_away_too_long_can_not_finish(stage: Stage) -> None:
    """Given a process that stands still until another has taken over, when it goes on, then what it does has no effect."""
    hold = stage.hold("a")
    stopped = stage.start("a")
    stage.add("w1")
    wait_until(lambda: "begun w1 a" in stage.log(), seconds=SECONDS, what="a has begun")
    os.kill(stopped.pid, signal.SIGSTOP)
    stage.start("b")
    wait_until(lambda: "done w1 b" in stage.log(), seconds=SECONDS, what="b has done it")
    hold.unlink()
    os.kill(stopped.pid, signal.SIGCONT)
    stage.add("w2", "w3", "w4")
    wait_until(lambda: len(stage.results()) >= 4, seconds=SECONDS, what="the rest is done")
    assert [work for work, _ in stage.results()] == ["w1", "w2", "w3", "w4"]
    assert "done w1 a" not in stage.log()


@pytest.mark.long
def test_a_periodic_loop_runs_in_one_process_at_a_time_and_moves_when_that_dies(stage: Stage) -> None:
    first = stage.start("a")
    wait_until(lambda: "beat a" in stage.log(), seconds=SECONDS, what="a beats")
    stage.start("b")
    stage.add("w1")
    wait_until(lambda: stage.results() != [], seconds=SECONDS, what="both have had their time")
    assert "beat b" not in stage.log()
    first.kill()
    wait_until(lambda: "beat b" in stage.log(), seconds=SECONDS, what="b took over")
    assert "beat a" not in stage.log()[stage.log().index("beat b") :]


def test_looking_for_work_in_vain_writes_nothing(stage: Stage) -> None:
    claims = Claims(stage.database, owner="a", lease_seconds=3.0)
    with stage.database.transaction():  # nobody else can write meanwhile
        assert claims.take("queue") is None
        claims.free_own()
