"""Backups and restores where folders are not as on a laptop: the root of a disk, a link, files of another user."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.support.disks import small_disk
from tests.support.installations import SmallInstallation, noted_in
from unshelf.contracts.errors import UnshelfError
from unshelf.manage.backups.unfinished import RestoreUnfinished, marker_in, new_marker, put_marker, work_folder
from unshelf.server.backups import offline
from unshelf.server.settings import Settings, read_settings

_ANOTHER_USER = 65501


def quiet(_: str) -> None:
    """Say nothing."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    installation = SmallInstallation(tmp_path / "home")
    return read_settings(home=installation.home.folder, backup_passphrase="p")


def test_a_home_that_is_the_root_of_a_disk_is_restored_into(settings: Settings, tmp_path: Path) -> None:
    place, home = str(tmp_path / "place"), tmp_path / "disk"
    made = offline.make(settings, place, "sealed", quiet)
    home.mkdir()
    with small_disk(home, "16m"):
        new = read_settings(home=home, backup_passphrase="p")
        (home / "lost+found").mkdir()
        with work_folder(home), pytest.raises(RestoreUnfinished, match="under way"):
            offline.restore(new, place, None, quiet)
        assert offline.restore(new, place, None, quiet)["id"] == made["id"]
        assert noted_in(home) == ["first"]
        assert marker_in(home) is None
        assert not list(home.glob(".*"))
        with pytest.raises(UnshelfError, match="is not empty"):
            offline.restore(new, place, None, quiet)
        # a kill while names moved left the marker, and some of them: the next restore begins anew
        shutil.rmtree(home / "blobs")
        put_marker(home, new_marker(""))
        offline.restore(new, place, None, quiet)
        assert noted_in(home) == ["first"]
        assert (home / "blobs").is_dir()
        assert (home / "lost+found").is_dir()


def test_a_full_disk_leaves_the_root_of_a_disk_empty(settings: Settings, tmp_path: Path) -> None:
    place, home = str(tmp_path / "place"), tmp_path / "disk"
    offline.make(settings, place, "sealed", quiet)
    home.mkdir()
    with small_disk(home):
        with pytest.raises(UnshelfError, match="No space"):
            offline.restore(read_settings(home=home, backup_passphrase="p"), place, None, quiet)
        assert list(home.iterdir()) == []


def test_a_home_that_is_a_link_is_restored_to_where_it_leads(settings: Settings, tmp_path: Path) -> None:
    place, link = str(tmp_path / "place"), tmp_path / "link"
    offline.make(settings, place, "sealed", quiet)
    (tmp_path / "real").mkdir()
    link.symlink_to(tmp_path / "real")
    offline.restore(read_settings(home=link, backup_passphrase="p"), place, None, quiet)
    assert link.is_symlink()
    assert noted_in(tmp_path / "real") == ["first"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to do with files of others")
def test_roots_backup_leaves_no_file_that_the_servers_user_can_not_read(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:  # that of the test lies where other users may not go
        theirs, roots = Path(folder, "theirs"), tmp_path / "roots"
        Path(folder).chmod(0o755)
        home = SmallInstallation(theirs / "home").home.folder
        for path in (theirs, *theirs.rglob("*")):
            os.chown(path, _ANOTHER_USER, _ANOTHER_USER)
        settings = read_settings(home=home, backup_passphrase="p")
        offline.make(settings, str(theirs / "place"), "sealed", quiet)
        assert {path.stat().st_uid for path in theirs.rglob("*")} == {_ANOTHER_USER}
        assert os.geteuid() == 0
        offline.make(settings, str(roots), "sealed", quiet)  # where only root gets, its files stay its own
        assert {path.stat().st_uid for path in roots.rglob("*")} == {0}
