"""Making backups of a small installation."""

import threading
from pathlib import Path

import msgspec
import pytest

from tests.support.installations import SmallInstallation
from tests.support.segments import append, record, sheets
from tests.support.waiting import wait_until
from unshelf.foundation.database.copies.sqlite_copy import SqliteCopier
from unshelf.manage.backups.making import BackupOptions, make_backup
from unshelf.manage.backups.store.keys import WrongPassphrase
from unshelf.manage.backups.store.manifest import BackupManifest
from unshelf.manage.backups.store.places import NoBackupPlace
from unshelf.manage.backups.store.repository import Repository
from unshelf.runtime.file_lock import try_shared

OPTIONS = BackupOptions(reason="asked", key="sealed", passphrase="a long passphrase")


def made(installation: SmallInstallation, repository: Repository, **changes: object) -> BackupManifest:
    options = BackupOptions(**{"reason": "asked", "key": "sealed", "passphrase": "a long passphrase", **changes})  # type: ignore[arg-type]
    return make_backup(installation.source(), repository, options)


def test_it_holds_database_blobs_records_deferred_predictions_and_keys(
    installation: SmallInstallation, repository: Repository
) -> None:
    manifest = made(installation, repository)
    paths = {file.path for file in repository.files(manifest)}
    assert {"database/unshelf.db", "keys", "deferred/requests/d1", "deferred/answers/d2"} <= paths
    assert {f"blobs/{digest}" for digest in installation.digests} <= paths
    assert f"predictions/{installation.segment.name}" in paths
    assert sum(path.startswith("predictions/parquet/model=iris/version=1/") for path in paths) == 1
    assert (manifest.database, manifest.scope, manifest.key) == ("sqlite", "all", "sealed")
    assert repository.problems(repository.files(manifest)) == []


def test_the_second_backup_writes_only_what_is_new(
    installation: SmallInstallation, repository: Repository, place: Path
) -> None:
    first = made(installation, repository)
    assert first.new_bytes > first.bytes / 2
    assert made(installation, Repository(repository.place)).new_bytes < 2000
    installation.put_blob(b"b" * 5000)
    third = made(installation, Repository(repository.place))
    assert 5000 <= third.new_bytes < 8000
    assert repository.backups()[0].id == first.id


def test_keys_are_sealed_plain_or_not_there_and_never_sealed_without_a_passphrase(
    installation: SmallInstallation, repository: Repository, place: Path
) -> None:
    with pytest.raises(WrongPassphrase, match="no passphrase"):
        made(installation, repository, passphrase="")
    assert not place.exists()
    sealed = made(installation, repository)
    stored = b"".join(path.read_bytes() for path in (place / "objects").rglob("*") if path.is_file())
    assert b"k1 key" not in stored
    without = made(installation, repository, key="without")
    assert not any(file.path == "keys" for file in repository.files(without))
    plain = made(installation, repository, key="plain")
    (keys,) = [file for file in repository.files(plain) if file.path == "keys"]
    assert b"k1 key" in b"".join(repository.parts(keys))
    assert sealed.key == "sealed"


def test_a_folder_of_something_else_is_left_alone(
    installation: SmallInstallation, repository: Repository, place: Path
) -> None:
    place.mkdir()
    (place / "diary.txt").write_text("mine")
    with pytest.raises(NoBackupPlace, match="no backups"):
        made(installation, repository)
    assert [path.name for path in place.iterdir() if path.name != ".lock"] == ["diary.txt"]


def test_a_growing_segment_is_held_up_to_its_last_whole_frame(
    installation: SmallInstallation, repository: Repository
) -> None:
    whole = installation.segment.stat().st_size
    append(installation.segment, sheets(record(4))[:-3])
    (segment,) = [file for file in repository.files(made(installation, repository)) if file.path.endswith(".seg")]
    assert segment.size == whole


def test_no_blob_is_deleted_meanwhile_and_it_waits_for_a_deletion(
    installation: SmallInstallation, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    installation.home.run.mkdir(exist_ok=True)
    seen: list[bool] = []
    real = SqliteCopier.state

    def look(self: SqliteCopier) -> object:
        with try_shared(installation.home.backup_lock) as may_delete:
            seen.append(may_delete)
        return real(self)

    monkeypatch.setattr(SqliteCopier, "state", look)
    with try_shared(installation.home.backup_lock) as deleting:
        assert deleting
        working = threading.Thread(target=made, args=(installation, repository))
        working.start()
        wait_until(lambda: (repository.place.read("unshelf-backups.json")) is not None)
        assert not seen
    working.join(60)
    assert seen == [False]
    with try_shared(installation.home.backup_lock) as may_delete:
        assert may_delete


def test_a_failure_leaves_no_backup_and_no_second_names(
    installation: SmallInstallation, repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(repository.place.objects), "put", _full)
    with pytest.raises(OSError, match="No space"):
        made(installation, repository)
    monkeypatch.undo()
    assert repository.backups() == []
    assert [path.name for path in installation.home.predictions.glob(".frozen*")] == []


def test_of_the_database_alone_it_reads_no_other_file(installation: SmallInstallation, repository: Repository) -> None:
    manifest = made(installation, repository, scope="database", key="plain")
    assert {file.path for file in repository.files(manifest)} == {"database/unshelf.db", "keys"}
    assert msgspec.to_builtins(manifest)["home"] == str(installation.home.folder)


def _full(*_: object, **__: object) -> int:
    raise OSError(28, "No space left on device")
