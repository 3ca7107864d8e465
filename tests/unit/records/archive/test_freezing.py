"""One state of the records, held while the archive goes on."""

import errno
import os
from pathlib import Path

import pytest

from tests.support import archive as support
from tests.support.segments import append, record, sheets, write
from unshelf.records.archive.files import Archive
from unshelf.records.archive.freezing import frozen


def test_what_goes_meanwhile_is_still_read_and_what_comes_is_not(tmp_path: Path) -> None:
    folder = support.folder(tmp_path)
    old = support.put_archived(folder, "s1", record(1))
    write(folder / "s2.seg", record(2))
    archive = Archive(folder)
    with frozen(archive) as held:
        with archive.switching():
            held.take()
        size = (folder / "s2.seg").stat().st_size
        append(folder / "s2.seg", sheets(record(3)))
        support.put_archived(folder, "s4", record(4))
        archive.remove([old])
        found = {file.name: file for file in held.files()}
        assert set(found) == {"s2.seg", f"parquet/{old.key}"}
        assert found[f"parquet/{old.key}"].is_final and not found["s2.seg"].is_final
        assert found["s2.seg"].size > size, "a segment is held up to its end at the time it is read"
        assert found[f"parquet/{old.key}"].path.read_bytes()[:4] == b"PAR1"
    assert not list(folder.glob(".frozen*"))


def test_where_there_are_no_links_files_are_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    folder = support.folder(tmp_path)
    write(folder / "s1.seg", record(1))
    monkeypatch.setattr(os, "link", refuse)
    with frozen(Archive(folder)) as held:
        held.take()
        (file,) = held.files()
        assert file.path.read_bytes() == (folder / "s1.seg").read_bytes()


def test_what_a_killed_process_left_goes(tmp_path: Path) -> None:
    folder = support.folder(tmp_path)
    (folder / ".frozen-old").mkdir()
    with frozen(Archive(folder)):
        pass
    assert not list(folder.glob(".frozen*"))
