"""The repository of backups."""

import os
import time
from pathlib import Path

import pytest

from tests.support.installations import SmallInstallation
from tests.unit.manage.backups.test_making import made
from unshelf.contracts.errors import NotFound
from unshelf.manage.backups.store.places import MARKER, FolderPlace, NoBackupPlace
from unshelf.manage.backups.store.repository import DamagedBackup, Repository


def test_removing_a_backup_removes_what_no_other_needs_once_it_is_a_day_old(
    installation: SmallInstallation, repository: Repository, place: Path
) -> None:
    digest = installation.put_blob(b"only in the first")
    first = made(installation, repository)
    installation.blobs.delete([digest])
    made(installation, repository)
    stored = place / "objects" / digest[:2] / digest
    repository.remove([first])
    assert stored.is_file(), "content that was put within a day stays: a backup may be under way"
    for path in (place / "objects").rglob("*"):
        if path.is_file():
            os.utime(path, (time.time() - 90_000,) * 2)
    installation.note("more")
    third = made(installation, repository)
    repository.remove(repository.backups()[:-1])
    assert not stored.exists()
    assert [each.id for each in repository.backups()] == [third.id]
    assert repository.problems(repository.files(third)) == []


def test_places_and_backups_that_are_not_there_are_named(tmp_path: Path, repository: Repository) -> None:
    with pytest.raises(NoBackupPlace, match="holds no backups"):
        repository.backups()
    repository.prepare()
    for id in (None, "01xyz"):
        with pytest.raises(NotFound):
            repository.find(id)


def test_damage_to_lists_and_manifests_is_named(
    installation: SmallInstallation, repository: Repository, place: Path
) -> None:
    manifest = made(installation, repository)
    index = place / "objects" / manifest.index[0][:2] / manifest.index[0]
    index.write_bytes(b"x")
    with pytest.raises(DamagedBackup, match="list of files"):
        repository.files(manifest)
    (place / "backups" / f"{manifest.id}.json").write_text("{")
    with pytest.raises(DamagedBackup, match=manifest.id):
        repository.find(None)
    assert repository.backups() == []
    assert repository.listed() == ([], [manifest.id])


def test_a_place_of_a_newer_form_is_refused(place: Path, repository: Repository) -> None:
    place.mkdir()
    (place / MARKER).write_text('{"format": 99}')
    with pytest.raises(NoBackupPlace, match="99"):
        repository.prepare()


def test_content_that_the_disk_changed_is_met_before_there_is_a_backup(
    installation: SmallInstallation, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository = Repository(FolderPlace(place))
    real = repository.put_stream

    def harmful(digest: str, chunks: object, size: int) -> None:
        real(digest, chunks, size)  # type: ignore[arg-type]
        (place / "objects" / digest[:2] / digest).write_bytes(b"other")

    monkeypatch.setattr(repository, "put_stream", harmful)
    with pytest.raises(DamagedBackup, match="has changed"):
        made(installation, repository)
    assert repository.backups() == []
