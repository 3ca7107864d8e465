"""Damaged files of the archive: found, named, put aside, and the rest is read."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.archive import all_of, archived, path_of, put_archived
from tests.support.archive import folder as folder_of_predictions
from tests.support.segments import record
from unshelf.contracts.protocols.records import SqlQuery, SqlResult
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import DAMAGED_SUFFIX, keys_aside, name_aside
from unshelf.records.archive.merging import due
from unshelf.records.archive.upgrade import remove_replaced
from unshelf.records.archive.verified import put_damaged_aside, put_unreadable_aside
from unshelf.records.sql_process import Rejected, answer

Damage = Callable[[Path], object]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _in_a_page(path: Path) -> None:
    """The end, where Parquet says what is in it, is whole."""
    content = bytearray(path.read_bytes())
    content[8:600] = bytes(592)
    path.write_bytes(content)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


FOOTER_DAMAGES = {
    "cut": _cut,
    "empty": lambda path: path.write_bytes(b""),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "text": lambda path: path.write_text("a,b\n1,2\n"),
    "other columns": lambda path: pq.write_table(pa.table({"a": [1, 2]}), path),
    "other types": lambda path: pq.write_table(pa.table({"id": [1], "time": ["now"], "model": ["iris"]}), path),
    "a folder": _folder,
}
DAMAGES = {**FOOTER_DAMAGES, "page": _in_a_page}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three files of records."""
    monkeypatch.chdir(tmp_path)  # an answer changes the working folder
    folder = folder_of_predictions(tmp_path)
    for number in range(3):
        put_archived(folder, f"{number}-0-a", record(2 * number), record(2 * number + 1))
    return folder


def ask(folder: Path, sql: str) -> SqlResult:
    """Ask as control does, which asks again where files changed meanwhile."""
    for _ in range(3):
        scratch = folder.parent / "scratch"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        query = SqlQuery(
            sql=sql, folder=str(folder), models=None, model=None, run_folder=str(folder.parent), scratch=str(scratch),
            seconds=20.0, memory_bytes=1 << 28, threads=1, rows=10, answer_bytes=1 << 20,
        )  # fmt: skip
        try:
            return answer(query)
        except Rejected as rejected:
            if not rejected.rejection.again:
                raise
    raise AssertionError("it never came to an answer")


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_sql_answers_from_the_rest_and_names_what_it_leaves_out(folder: Path, damage: Damage) -> None:
    file = archived(folder)[1]
    damage(path_of(folder, file))
    found = ask(folder, "select id, input, output from predictions order by id")
    assert [row[0] for row in found.rows] == ["p0", "p1", "p4", "p5"]
    assert found.left_out == keys_aside(folder) == [file.key]
    assert (folder / name_aside(file.key)).exists()
    assert not path_of(folder, file).exists()


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_logs_go_on_without_it(folder: Path, damage: Damage) -> None:
    file = archived(folder)[1]
    damage(path_of(folder, file))
    assert {each.id for each in all_of(folder)} >= {"p0", "p1", "p4", "p5"}
    assert len(all_of(folder)) in (4, 6), "what lies in other pages than the damaged one may still be read"


@pytest.mark.parametrize("damage", FOOTER_DAMAGES.values(), ids=FOOTER_DAMAGES)
def test_merging_and_the_upgrade_go_on_without_it(
    folder: Path, damage: Damage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("unshelf.records.archive.merging.MANY", 2)
    file = archived(folder)[1]
    damage(path_of(folder, file))
    archive = Archive(folder)
    assert remove_replaced(archive) == 0
    ((first, last),) = due(archive)
    assert file not in (first, last)
    assert keys_aside(folder) == [file.key]


def test_a_copy_put_back_counts_again(folder: Path) -> None:
    file = archived(folder)[1]
    path = path_of(folder, file)
    copy = path.read_bytes()
    _cut(path)
    assert ask(folder, "select count(*) from predictions").rows == [[4]]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(copy)
    (folder / name_aside(file.key)).unlink()
    found = ask(folder, "select count(*) from predictions")
    assert (found.rows, found.left_out) == ([[6]], [])


def test_whole_files_are_looked_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    archive = Archive(folder)
    really = Archive.opened
    monkeypatch.setattr(Archive, "opened", lambda self, file: opened.append(file.key) or really(self, file))
    assert not put_damaged_aside(archive, archive.files())
    assert len(opened) == 3
    assert not put_damaged_aside(archive, archive.files())
    assert len(opened) == 3
    os.utime(path_of(folder, archived(folder)[0]))
    assert not put_damaged_aside(archive, archive.files())
    assert len(opened) == 4


def test_a_file_that_is_gone_is_not_damaged(folder: Path) -> None:
    archive = Archive(folder)
    files = archive.files()
    path_of(folder, files[0]).unlink()
    assert not put_damaged_aside(archive, files)
    assert not put_unreadable_aside(archive, files)
    assert not list(folder.glob(f"*{DAMAGED_SUFFIX}"))


def test_wrong_sql_costs_no_look_at_the_files(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unshelf.records.sql_process.put_unreadable_aside", lambda *_: pytest.fail("it looked"))
    for sql in ("select nothing from predictions", "select cast(id as int) from predictions", "selec"):
        with pytest.raises(Rejected) as rejected:
            ask(folder, sql)
        assert rejected.value.rejection.code == "invalid_input"
