"""The archive's files: those here and those elsewhere, each once, and none whose segment is still there."""

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.archive import DAY, put_archived
from tests.support.segments import record
from unshelf.records.archive.files import Archive, open_archive, remove_empty_folders, segments_of, stem_of
from unshelf.records.archive.layout import ArchivedFile
from unshelf.runtime.s3 import BadLocation


class Elsewhere:
    """Files beyond this machine, in memory."""

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}

    def check(self) -> None:
        """Nothing can be wrong with it."""

    def files(self, wanted: Callable[[str], bool] | None) -> Iterator[ArchivedFile]:
        for key, content in sorted(self.content.items()):
            file = ArchivedFile(key, len(content), is_local=False)
            if wanted is None or wanted(file.model):
                yield file

    @contextlib.contextmanager
    def opened(self, key: str) -> Iterator[Any]:
        if key not in self.content:
            raise FileNotFoundError(key)
        yield io.BytesIO(self.content[key])

    def upload(self, path: Path, key: str) -> None:
        self.content[key] = path.read_bytes()

    def remove(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.content.pop(key, None)


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


def test_files_are_listed_by_partition_for_the_models_wanted(folder: Path) -> None:
    put_archived(folder, "1-0-a", record(1))
    put_archived(folder, "2-0-b", record(2, model="tulip", reference="tulip"))
    put_archived(folder, "3-0-c", record(DAY))
    archive = Archive(folder)
    assert [(file.model, file.day, file.is_local) for file in archive.files()] == [
        ("iris", "1970-01-01", True),
        ("iris", "1970-01-02", True),
        ("tulip", "1970-01-01", True),
    ]
    assert [file.last_segment for file in archive.files(lambda model: model == "tulip")] == ["2-0-b"]
    assert [file.last_segment for file in archive.files(without={"1-0-a", "2-0-b"})] == ["3-0-c"]
    assert archive.models() == ["iris", "tulip"]


def test_what_is_no_file_of_the_archive_is_left_out(folder: Path) -> None:
    file = put_archived(folder, "1-0-a", record(1))
    archive = Archive(folder)
    archive.path(file).with_name("notes.txt").touch()
    (archive.root / "model=tulip").write_text("no folder")
    (archive.root / "elsewhere").mkdir()
    assert archive.files() == [file]
    assert Archive(folder / "nowhere").files() == []


def test_a_file_that_is_in_both_places_counts_once(folder: Path, elsewhere: Elsewhere) -> None:
    here, there = put_archived(folder, "1-0-a", record(1)), put_archived(folder, "2-0-b", record(2))
    archive = Archive(folder, elsewhere)
    for file in (here, there):
        elsewhere.upload(archive.path(file), file.key)
    archive.path(there).unlink()
    assert [(file.last_segment, file.is_local) for file in archive.files()] == [("1-0-a", True), ("2-0-b", False)]


def test_a_file_is_opened_wherever_it_lies(folder: Path, elsewhere: Elsewhere) -> None:
    file = put_archived(folder, "1-0-a", record(1), record(2))
    archive = Archive(folder, elsewhere)
    elsewhere.upload(archive.path(file), file.key)
    for one in (file, file._replace(is_local=False)):
        with archive.opened(one) as parquet:
            assert parquet.read(["id"]).column("id").to_pylist() == ["p1", "p2"]
    archive.remove([file, file._replace(is_local=False)])
    for one in (file, file._replace(is_local=False)):
        with pytest.raises(FileNotFoundError), archive.opened(one):
            pass


def test_folders_that_a_removal_leaves_empty_go_too(folder: Path) -> None:
    first, second = put_archived(folder, "1-0-a", record(1)), put_archived(folder, "2-0-b", record(2))
    archive = Archive(folder)
    archive.remove([first, first])
    assert archive.path(second).exists()
    archive.remove([second])
    assert list(archive.root.iterdir()) == []


def test_empty_folders_go_up_to_the_root_or_to_one_that_is_not(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    deep.mkdir(parents=True)
    (tmp_path / "a" / "kept").touch()
    remove_empty_folders(deep, tmp_path)
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["kept"]


def test_a_file_s_segments_are_its_name_or_what_its_rows_say(folder: Path) -> None:
    file = put_archived(folder, "1-0-a", record(1))
    archive = Archive(folder)
    merged = file._replace(key=f"{file.partition}/1-0-a.merged-x1.parquet")
    old = file._replace(key=f"{file.partition}/1-0-a.merged-x2.parquet")
    table = pq.ParquetFile(archive.path(file)).read()
    pq.write_table(table, archive.path(merged))
    pq.write_table(table.drop_columns(["segment"]), archive.path(old))
    assert segments_of(archive, file) == {"1-0-a"} == segments_of(archive, merged)
    assert segments_of(archive, old) == {stem_of(old)} == {"1-0-a.merged-x2"}
    with pytest.raises(FileNotFoundError):
        segments_of(archive, merged._replace(key=f"{file.partition}/9-0-z.merged-x.parquet"))


def test_a_setting_chooses_where_the_archive_lies(folder: Path) -> None:
    assert open_archive(folder).remote is None
    with pytest.raises(BadLocation):
        open_archive(folder, setting="ftp://bucket")
