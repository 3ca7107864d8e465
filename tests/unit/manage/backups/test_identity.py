"""Which installation a place of backups belongs to."""

from pathlib import Path

import msgspec
import pytest

from tests.support.installations import DATABASE, SmallInstallation, source_of
from unshelf.contracts.home import Home
from unshelf.manage.backups.identity import (
    InstallationIdentity,
    OtherInstallation,
    become_copy,
    become_original,
    identity_of,
    own_identity,
    refuse_others,
)
from unshelf.manage.backups.making import BackupOptions, make_backup
from unshelf.manage.backups.restoring import RestoreOptions, restore_backup
from unshelf.manage.backups.store.manifest import BackupManifest
from unshelf.manage.backups.store.repository import Repository


def manifest(installation: str = "") -> BackupManifest:
    return BackupManifest(
        id="b1", made_at="2026-11-01T00:00:00.000Z", program="1", revision="1", database="sqlite", reason="asked",
        scope="all", key="sealed", home="/srv/first", index=[], files=0, bytes=0, new_bytes=0, installation=installation,
    )  # fmt: skip


def back_up(home: Home, repository: Repository, *, take_over: bool = False) -> BackupManifest:
    options = BackupOptions(reason="asked", key="plain", take_over=take_over)
    return make_backup(source_of(home), Repository(repository.place), options)


def restored(repository: Repository, home: Path, *, as_original: bool = False) -> Home:
    options = RestoreOptions(home=home, database=DATABASE, blobs="files", as_original=as_original)
    restore_backup(Repository(repository.place), None, options)
    return Home(home)


def test_an_installation_has_one_identity_for_good(tmp_path: Path) -> None:
    home = Home(tmp_path)
    assert identity_of(home) is None
    made = own_identity(home)
    assert own_identity(home) == made == identity_of(home) and made.copied_at is None
    assert home.installation.stat().st_mode & 0o777 == 0o600


def test_a_copy_is_another_one_and_the_original_the_same(tmp_path: Path) -> None:
    home = Home(tmp_path)
    first = own_identity(home)
    become_copy(home)
    copy = own_identity(home)
    assert copy.id != first.id and copy.copied_at is not None
    become_original(home, manifest(first.id))
    assert own_identity(home) == first
    become_original(home, manifest())
    assert identity_of(home) is None


def test_a_damaged_identity_is_none(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.installation.write_bytes(b"{")
    assert identity_of(home) is None


def test_backups_of_an_earlier_release_are_of_this_installation_unless_it_is_a_copy(tmp_path: Path) -> None:
    refuse_others(InstallationIdentity(id="a"), None, "/b")
    refuse_others(InstallationIdentity(id="a"), manifest("a"), "/b")
    refuse_others(InstallationIdentity(id="a"), manifest(), "/b")
    become_copy(Home(tmp_path))
    with pytest.raises(OtherInstallation):
        refuse_others(own_identity(Home(tmp_path)), manifest(), "/b")
    with pytest.raises(OtherInstallation, match="/srv/first") as refused:
        refuse_others(InstallationIdentity(id="a"), manifest("b"), "/b")
    assert "UNSHELF_BACKUP_TO" in refused.value.hint and "unshelf backup /b --take-over" in refused.value.hint


def test_a_restored_copy_does_not_back_up_among_the_backups_of_its_original(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    first = back_up(installation.home, repository)
    copy = restored(repository, tmp_path / "copy")
    with pytest.raises(OtherInstallation):
        back_up(copy, repository)
    assert [each.id for each in repository.backups()] == [first.id]
    second = back_up(installation.home, repository)
    assert second.installation == first.installation


def test_a_copy_takes_the_place_over_and_then_the_original_is_refused(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    first = back_up(installation.home, repository)
    copy = restored(repository, tmp_path / "copy")
    taken = back_up(copy, repository, take_over=True)
    assert taken.installation not in ("", first.installation)
    assert back_up(copy, repository).installation == taken.installation
    with pytest.raises(OtherInstallation):
        back_up(installation.home, repository)


def test_one_that_is_restored_as_the_original_goes_on_with_its_backups(
    installation: SmallInstallation, repository: Repository, tmp_path: Path
) -> None:
    first = back_up(installation.home, repository)
    again = restored(repository, tmp_path / "again", as_original=True)
    assert back_up(again, repository).installation == first.installation


def test_what_an_upgrade_saves_is_not_asked_about(
    installation: SmallInstallation, repository: Repository, place: Path
) -> None:
    """It lies in the home folder itself: an upgrade never fails of it."""
    back_up(installation.home, repository)
    become_copy(installation.home)
    options = BackupOptions(reason="upgrade", scope="database", key="plain")
    assert make_backup(installation.source(), Repository(repository.place), options).scope == "database"


def test_the_manifest_of_an_earlier_release_names_none() -> None:
    plain = msgspec.to_builtins(manifest("a"))
    del plain["installation"]
    assert msgspec.convert(plain, BackupManifest).installation == ""
