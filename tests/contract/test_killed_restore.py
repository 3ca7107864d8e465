"""A restore that is killed, at whatever step, into every database: nothing is there, or all of it, or it is said what to do; and the next
restore makes it whole."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import Home
from unshelf.foundation.access.actors import SYSTEM
from unshelf.foundation.database.copies.copiers import open_copier
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.manage.backups.making import BackupOptions, BackupSource, make_backup
from unshelf.manage.backups.restoring import RestoreOptions, restore_backup
from unshelf.manage.backups.store.places import open_place
from unshelf.manage.backups.store.repository import Repository
from unshelf.manage.backups.unfinished import refuse_unfinished
from unshelf.records.archive.files import Archive
from unshelf.runtime.blobs.backends import open_blobs
from unshelf.runtime.blobs.port import BlobSettings
from unshelf.server.backends import load_backend

RESTORE = """
import os, pathlib, signal, sys
from unshelf.foundation.database.copies.copiers import open_copier
from unshelf.manage.backups import restoring
from unshelf.manage.backups.store.places import open_place
from unshelf.manage.backups.store.repository import Repository
place, home, url, wanted = sys.argv[1:]
done = 0
def step(name):
    global done
    done += 1
    if wanted in (name, str(done)):
        os.kill(os.getpid(), signal.SIGKILL)
def watched(name, act):
    def both(*given, **named):
        step(f"before {name}")
        found = act(*given, **named)
        step(f"after {name}")
        return found
    return both
copier = type(open_copier(url, pathlib.Path(home)))
copier.load = watched("load", copier.load)
restoring.give_name = watched("name", restoring.give_name)
CHANGES = {"os.rename", "os.rmdir", "os.mkdir", "os.remove", "os.chmod", "shutil.rmtree", "shutil.copyfile"}
def hook(event, given):
    if event in CHANGES or (event == "open" and isinstance(given[1], str) and set(given[1]) & set("wxa+")):
        step(event)
sys.addaudithook(hook)
options = restoring.RestoreOptions(home=pathlib.Path(home), database=url, blobs="files")
restoring.restore_backup(Repository(open_place(place)), None, options)
print(done)
"""


class Scene:
    """A backup, and places to restore it to."""

    def __init__(self, folder: Path, new_database: Callable[[], str]) -> None:
        self.place, self._folder, self._new_database = folder / "backups", folder, new_database
        url, home = new_database(), folder / "source"
        home.mkdir()
        database: Database = load_backend("database", url)(url, home)
        migrate(database)
        with database.transaction() as session:
            EventStore(database).record(session, SYSTEM, "test.noted", Subject(kind="test", name="kept"))
        (home / "deferred" / "requests").mkdir(parents=True)
        (home / "deferred" / "requests" / "d1").write_bytes(b"waits")
        source = BackupSource(
            home=Home(home), database=open_copier(url, home), archive=Archive(home / "predictions"),
            blobs=open_blobs(BlobSettings(setting="files", folder=home / "blobs", s3_endpoint="")),
        )  # fmt: skip
        make_backup(source, Repository(open_place(str(self.place))), BackupOptions(reason="asked", key="without"))
        database.dispose()

    def kill_at(self, wanted: str) -> str:
        """Restore to a new place, kill that at a step, and look; then restore again. Returns what there was in between."""
        url, parent = self._new_database(), self._folder / f"at-{wanted.replace(' ', '-')}"
        parent.mkdir()
        home = parent / "home"
        command = [sys.executable, "-c", RESTORE, str(self.place), str(home), url, wanted]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            assert self._is_whole(url, home)
            return "ended"
        assert done.returncode == -9, done.stderr
        state = self._state(url, home)
        if state != "whole":
            restore_backup(
                Repository(open_place(str(self.place))), None, RestoreOptions(home=home, database=url, blobs="files")
            )
        assert self._is_whole(url, home)
        if state != "whole":
            assert [each.name for each in parent.iterdir()] == ["home"], "what the killed one left is gone"
        return state

    def _state(self, url: str, home: Path) -> str:
        try:
            refuse_unfinished(Home(home))
        except UnshelfError as error:
            assert "unshelf restore" in error.hint
            return "said"
        if not home.exists() or not any(home.iterdir()):
            assert open_copier(url, home).is_empty()
            return "empty"
        return "whole" if self._is_whole(url, home) else "half"

    def _is_whole(self, url: str, home: Path) -> bool:
        refuse_unfinished(Home(home))
        assert (home / "deferred" / "requests" / "d1").read_bytes() == b"waits"
        database: Database = load_backend("database", url)(url, home)
        try:
            with database.read() as session:
                found = session.execute(text("SELECT count(*) FROM events WHERE action = 'test.noted'")).scalar_one()
        finally:
            database.dispose()
        return bool(found == 1)


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path, kind: str) -> Scene:
    if kind == "sqlite":
        return Scene(tmp_path, lambda: "sqlite:///unshelf.db")
    create: Callable[[], str] = request.getfixturevalue("new_postgres_database")
    return Scene(tmp_path, create)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_where_folder_and_database_appear(scene: Scene, kind: str) -> None:
    expected = {"before name": "empty", "after name": "said", "before load": "said", "after load": "said"}
    if kind == "sqlite":
        expected = {"before load": "empty", "after load": "empty", "after name": "whole"}
    assert {step: scene.kill_at(step) for step in expected} == expected


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_at_every_step(scene: Scene, kind: str) -> None:
    states: list[str] = []
    while not states or states[-1] != "ended":
        states.append(scene.kill_at(str(len(states) + 1)))
    assert len(states) > 10
    assert set(states) == {"empty", "whole", "ended"} | ({"said"} if kind == "postgresql" else set()), states
    assert states == sorted(states, key=["empty", "said", "whole", "ended"].index), "it goes one way"
