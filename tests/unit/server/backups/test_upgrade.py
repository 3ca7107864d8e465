"""Databases of other releases at the start of `unshelf up`."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from tests.support.installations import SmallInstallation, noted_in
from unshelf.foundation.database import migrating
from unshelf.server.backups import offline
from unshelf.server.backups.upgrade import CannotUpgrade, known_revisions, prepare_upgrade
from unshelf.server.settings import read_settings


def make_old(folder: Path, revision: str = "0056") -> None:
    """Have a database say that it is of another release, as far as the start looks."""
    with closing(sqlite3.connect(folder / "unshelf.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", [revision])


def test_files_say_the_revisions() -> None:
    scripts = ScriptDirectory(str(Path(migrating.__file__).with_name("migrations")))
    known, newest = known_revisions()
    assert known == {script.revision for script in scripts.walk_revisions()}
    assert newest == scripts.get_current_head()


def test_an_empty_home_and_one_of_this_release_need_nothing(tmp_path: Path) -> None:
    assert prepare_upgrade(read_settings(home=tmp_path)) is None
    installation = SmallInstallation(tmp_path / "home")
    assert prepare_upgrade(read_settings(home=installation.home.folder)) is None
    assert not installation.home.backups.exists()


@pytest.mark.runs_program
def test_an_older_one_is_backed_up_and_the_last_few_are_kept(tmp_path: Path) -> None:
    installation = SmallInstallation(tmp_path / "home")
    make_old(installation.home.folder)
    settings = read_settings(home=installation.home.folder, upgrade_backups=2)
    for _ in range(3):
        said = prepare_upgrade(settings)
    place = str(installation.home.backups)
    backups = offline.listed(settings, place)["backups"]
    assert said is not None and backups[-1]["id"] in said
    assert [(each["scope"], each["reason"], each["revision"]) for each in backups] == [
        ("database", "upgrade", "0056")
    ] * 2
    assert "without a backup" in (prepare_upgrade(read_settings(home=settings.home, upgrade_backups=0)) or "")


def test_one_of_a_newer_release_is_refused_by_its_name(tmp_path: Path) -> None:
    installation = SmallInstallation(tmp_path / "home")
    make_old(installation.home.folder, "9999")
    settings = read_settings(home=installation.home.folder)
    with pytest.raises(CannotUpgrade, match="a newer release"):
        prepare_upgrade(settings)
    with closing(sqlite3.connect(settings.home / "unshelf.db")) as connection, connection:
        connection.execute("INSERT INTO programs VALUES ('9999', '7.1.0', '2027-01-01')")
    with pytest.raises(CannotUpgrade, match=r"last used by Unshelf 7\.1\.0") as refused:
        prepare_upgrade(settings)
    assert "unshelf restore" in str(refused.value)
    assert noted_in(settings.home) == ["first"]


@pytest.mark.runs_program
def test_without_room_for_a_backup_nothing_is_upgraded(tmp_path: Path) -> None:
    installation = SmallInstallation(tmp_path / "home")
    make_old(installation.home.folder)
    installation.home.backups.write_text("no folder")
    with pytest.raises(CannotUpgrade, match="UNSHELF_UPGRADE_BACKUPS=0"):
        prepare_upgrade(read_settings(home=installation.home.folder))
