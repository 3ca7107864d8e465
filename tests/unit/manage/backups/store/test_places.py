"""Places of backups."""

from pathlib import Path

import pytest

from unshelf.manage.backups.store.places import MARKER, FolderPlace, NoBackupPlace, open_place


def test_a_folder_keeps_documents_by_name(tmp_path: Path) -> None:
    place = open_place(str(tmp_path / "deep" / "place"))
    assert place.names() == [] and not place.has_others()
    place.write(MARKER, b"{}")
    place.write("backups/b.json", b"1")
    place.write("backups/a.json", b"2")
    assert place.names() == ["backups/a.json", "backups/b.json", MARKER]
    assert (place.read("backups/b.json"), place.read("backups/c.json")) == (b"1", None)
    place.remove("backups/b.json")
    place.remove("backups/b.json")
    assert place.names() == ["backups/a.json", MARKER]


def test_files_of_others_are_seen(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("")
    assert FolderPlace(tmp_path).has_others()


def test_no_place_is_refused() -> None:
    with pytest.raises(NoBackupPlace):
        open_place("ftp://somewhere")
