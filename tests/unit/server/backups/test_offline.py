"""`unshelf backup` and `unshelf restore`, past the command line."""

from pathlib import Path

import pytest

from tests.support.installations import SmallInstallation, noted_in
from unshelf.contracts.errors import UnshelfError
from unshelf.server.backups import offline
from unshelf.server.settings import read_settings


def quiet(_: str) -> None:
    """Say nothing."""


def test_a_backup_is_made_listed_verified_restored_and_removed(tmp_path: Path) -> None:
    installation, place = SmallInstallation(tmp_path / "home"), str(tmp_path / "place")
    settings = read_settings(home=installation.home.folder, backup_passphrase="p")
    made = offline.make(settings, place, "sealed", quiet)
    assert offline.listed(settings, place) == [made]
    assert offline.verified(settings, place, made["id"])["problems"] == []
    new = read_settings(home=tmp_path / "new", backup_passphrase="p")
    assert offline.restore(new, place, None, quiet)["home"] == str(tmp_path / "new")
    assert noted_in(tmp_path / "new") == ["first"]
    offline.make(settings, place, "sealed", quiet)
    assert offline.pruned(settings, place, 1)["removed"] == [made["id"]]


def test_errors_are_of_the_product(tmp_path: Path) -> None:
    settings = read_settings(home=tmp_path, backup_passphrase="p")
    with pytest.raises(UnshelfError, match="no database") as missing:
        offline.make(settings, str(tmp_path / "place"), "sealed", quiet)
    assert "UNSHELF_DATABASE" in missing.value.hint
    installation = SmallInstallation(tmp_path / "home")
    with pytest.raises(UnshelfError, match="can't be used"):
        offline.make(read_settings(home=installation.home.folder), "/proc/nowhere/b", "plain", quiet)
