"""Restoring backups into empty folders."""

import os
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from tests.support.archive import all_of
from tests.support.installations import DATABASE, SmallInstallation, noted_in
from tests.unit.manage.backups.test_making import made
from unshelf.contracts.errors import Unavailable
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.loops.claims import Claims
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.loops.metrics import LoopMetrics
from unshelf.foundation.loops.tables import WorkRow
from unshelf.manage.backups.order import QUEUE
from unshelf.manage.backups.restoring import NotEmpty, RestoreOptions, WrongDatabase, restore_backup
from unshelf.manage.backups.store.keys import WrongPassphrase
from unshelf.manage.backups.store.manifest import BackedUpFile
from unshelf.manage.backups.store.repository import DamagedBackup, Repository


def options(home: Path, **changes: Any) -> RestoreOptions:
    given = {"database": DATABASE, "blobs": "files", "passphrase": "a long passphrase"}
    return RestoreOptions(home=home, **{**given, **changes})


def test_what_was_there_is_there_again_and_what_came_later_is_not(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    made(installation, repository)
    installation.note("later")
    shutil.move(installation.home.folder, tmp_path / "destroyed")
    new = tmp_path / ("p" * 180) / "home"
    restore_backup(repository, None, options(new))
    assert noted_in(new) == ["first"]
    assert [record.id for record in all_of(new / "predictions")] == ["p1", "p2", "p3"]
    assert (new / "deferred" / "requests" / "d1").read_bytes() == b"waits"
    assert (new / "secrets-key").read_text() == "k1 key\n" and (new / "admin-token").stat().st_mode & 0o777 == 0o600
    assert (new / "environments" / "e1" / "pylock.toml").read_bytes() == b"lock", "the host remakes it from that"
    assert not (new / "environments" / "e1" / "bin").exists() and (new / "manifests" / "m1.json").is_file()
    for digest in installation.digests:
        assert (new / "blobs" / digest[:2] / digest).is_file()
    assert sorted(path.name for path in new.parent.iterdir()) == ["home"]


def test_the_backup_that_was_running_while_it_was_made_is_not_the_restored_one_s_to_make(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    """Given a backup by the queue, which is claimed while the database is copied, and an e-mail that waits, when it is restored, then the
    e-mail waits still and no backup does."""
    database = SqliteDatabase(DATABASE, installation.home.folder)
    loops = Loops(database, LoopMetrics(tmp_path, 0), owner="test")
    with database.transaction() as session:
        loops.add_work(session, QUEUE, "scheduled")
        loops.add_work(session, "mail", "n1")
    claim = Claims(database, owner="test", lease_seconds=60).take(QUEUE)
    assert claim is not None
    made(installation, repository)
    database.dispose()
    restore_backup(repository, None, options(tmp_path / "new"))
    restored = SqliteDatabase(DATABASE, tmp_path / "new")
    with restored.read() as session:
        assert list(session.scalars(select(WorkRow.loop))) == ["mail"]
    restored.dispose()
    assert sorted(path.name for path in (tmp_path / "new").glob("*unshelf.db*")) == ["unshelf.db"]


def test_a_place_where_this_user_may_not_write_is_named_with_what_to_do(
    installation: SmallInstallation, repository: Repository
) -> None:
    made(installation, repository)
    was = os.geteuid()
    try:
        if was == 0:
            os.seteuid(65501)
        with pytest.raises(Unavailable, match="may not write in /, where home-of-nobody") as refused:
            restore_backup(repository, None, options(Path("/home-of-nobody")))
    finally:
        os.seteuid(was)
    assert "chown -R USER: /home-of-nobody" in (refused.value.hint or "")


def test_an_earlier_one_is_chosen_by_the_beginning_of_its_id(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    first = made(installation, repository)
    installation.note("second")
    made(installation, repository)
    restore_backup(repository, first.id, options(tmp_path / "old"))
    restore_backup(repository, None, options(tmp_path / "new"))
    assert noted_in(tmp_path / "old") == ["first"]
    assert noted_in(tmp_path / "new") == ["first", "second"]


def test_a_home_that_holds_anything_is_left_alone(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    made(installation, repository)
    home = tmp_path / "taken"
    home.mkdir()
    (home / "mine").write_text("x")
    with pytest.raises(NotEmpty, match="not empty"):
        restore_backup(repository, None, options(home))
    assert [path.name for path in home.iterdir()] == ["mine"]


@pytest.mark.parametrize("harm", ["cut", "changed", "gone"])
def test_a_damaged_backup_is_named_before_anything_is_written(
    installation: SmallInstallation, repository: Repository, place: Path, tmp_path: Path, harm: str
) -> None:
    made(installation, repository)
    digest = installation.digests[0]
    content = place / "objects" / digest[:2] / digest
    if harm == "gone":
        content.unlink()
    else:
        content.write_bytes(content.read_bytes()[:-1] if harm == "cut" else b"A model")
    with pytest.raises(DamagedBackup, match=f"blobs/{digest}"):
        restore_backup(repository, None, options(tmp_path / "new"))
    assert not (tmp_path / "new").exists()
    assert not list(tmp_path.glob(".new-restoring*"))


def test_the_wrong_passphrase_stops_it_and_without_keys_it_goes_on(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    made(installation, repository)
    for wrong in ("", "another"):
        with pytest.raises(WrongPassphrase):
            restore_backup(repository, None, options(tmp_path / "new", passphrase=wrong))
    assert not (tmp_path / "new").exists()
    restore_backup(repository, None, options(tmp_path / "new", passphrase="", with_keys=False))
    assert not (tmp_path / "new" / "secrets-key").exists()


def test_a_failure_in_the_middle_leaves_nothing(
    installation: SmallInstallation, repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made(installation, repository)
    monkeypatch.setattr("unshelf.foundation.database.copies.sqlite_copy.SqliteCopier.load", _full)
    with pytest.raises(OSError, match="No space"):
        restore_backup(repository, None, options(tmp_path / "new"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backups", "home"]


def test_of_the_database_alone_the_rest_comes_from_the_old_home(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    made(installation, repository, scope="database", key="plain")
    installation.note("after the upgrade")
    restore_backup(repository, None, options(tmp_path / "new"))
    assert noted_in(tmp_path / "new") == ["first"]
    assert [record.id for record in all_of(tmp_path / "new" / "predictions")] == ["p1", "p2", "p3"]
    moved = tmp_path / "moved"
    shutil.move(installation.home.folder, moved)
    with pytest.raises(NotEmpty, match="is not there"):
        restore_backup(repository, None, options(tmp_path / "newer"))
    restore_backup(repository, None, options(tmp_path / "newer", files_from=moved))
    assert (tmp_path / "newer" / "deferred" / "answers" / "d2").read_bytes() == b"kept"
    assert (tmp_path / "newer" / "environments" / "e1" / "pylock.toml").is_file()


def test_a_backup_that_leads_out_of_the_home_folder_is_refused(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    manifest = made(installation, repository)
    evil = BackedUpFile("predictions/../../evil", 1, [repository.put(b"x")])
    repository.finish(msgspec.structs.replace(manifest, id="zzz"), [*repository.files(manifest), evil])
    with pytest.raises(DamagedBackup, match="evil"):
        restore_backup(repository, None, options(tmp_path / "new"))
    assert not (tmp_path / "evil").exists() and not (tmp_path / "new").exists()


def test_another_kind_of_database_is_refused(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    made(installation, repository)
    with pytest.raises(WrongDatabase, match="sqlite"):
        restore_backup(repository, None, options(tmp_path / "new", database="postgresql://nobody@127.0.0.1:1/none"))


def _full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")
