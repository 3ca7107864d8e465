"""The archive in S3: files move there once they are merged, each record counts once wherever it lies, and all readers find it."""

import os
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.dataset as ds
import pytest

from tests.support.archive import DAY, compact, publish
from tests.support.killing import KILLED, run_until_step
from tests.support.long import LONG
from tests.support.object_store import ObjectStore
from tests.support.segments import record, write
from unshelf.contracts.errors import Unavailable
from unshelf.records.archive.compaction_scheduler import CompactionScheduler
from unshelf.records.archive.files import Archive, open_archive
from unshelf.records.archive.layout import keys_aside
from unshelf.records.archive.retention import retain
from unshelf.records.selection import Selection
from unshelf.records.sql import Queries, QueryFailed
from unshelf.records.tail import TailReader, records_at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "predictions"
    folder.mkdir()
    publish(folder, "tulip")
    return folder


@pytest.fixture
def bucket(object_store: ObjectStore) -> Iterator[str]:
    yield object_store.bucket()


@pytest.fixture
def setting(bucket: str) -> str:
    return f"s3://{bucket}/records"


def archive_of(folder: Path, setting: str, store: ObjectStore) -> Archive:
    return open_archive(folder, setting=setting, s3_endpoint=store.endpoint)


def move_all(folder: Path, setting: str, store: ObjectStore) -> None:
    """Merge and move as control has it done."""
    scheduler = CompactionScheduler(
        folder, folder.parent, setting=setting, s3_endpoint=store.endpoint, days=None, max_bytes=None
    )
    assert scheduler.merge()


def write_and_compact(folder: Path, *numbers: int) -> list[str]:
    """A segment for each number, with two records of iris and one of tulip; the ids of iris."""
    for number in numbers:
        write(
            folder / f"{number:03}-0-a.seg",
            record(number), record(number, id=f"q{number}"),
            record(number, id=f"t{number}", model="tulip", reference="tulip"),
        )  # fmt: skip
    compact(folder)
    return [f"{letter}{number}" for number in numbers for letter in "pq"]


def ids_of(archive: Archive, model: str = "iris") -> list[str]:
    return [found.id for found in records_at(TailReader(archive, Selection(model=model)).newest(1000))]


def in_bucket(store: ObjectStore, bucket: str) -> list[str]:
    """The ids that a plain reader of the bucket, or of a folder in it, finds."""
    filesystem = store.filesystem()
    if not filesystem.exists(f"{bucket}/records"):
        return []
    dataset = ds.dataset(f"{bucket}/records", filesystem=filesystem, format="parquet")
    return sorted(dataset.to_table(["id"]).column("id").to_pylist())


def test_records_move_to_s3_and_every_reader_finds_them(
    folder: Path, bucket: str, setting: str, object_store: ObjectStore
) -> None:
    ids = write_and_compact(folder, 1, 2, 3)
    archive = archive_of(folder, setting, object_store)
    move_all(folder, setting, object_store)

    assert list((folder / "parquet").iterdir()) == []
    assert sorted(file.model for file in archive.files()) == ["iris", "tulip"]
    assert in_bucket(object_store, bucket) == sorted([*ids, "t1", "t2", "t3"])
    connection = duckdb.connect()
    connection.register_filesystem(object_store.filesystem())
    pattern = f"s3://{bucket}/records/model=iris/*/*/*.parquet"
    assert connection.sql(f"select count(*) from read_parquet('{pattern}')").fetchall() == [(6,)]
    connection.unregister_filesystem("s3")

    assert ids_of(archive) == ids
    write(folder / "900-0-a.seg", record(9_000))
    assert ids_of(archive) == [*ids, "p9000"]
    queries = Queries(folder, folder.parent, setting=setting, s3_endpoint=object_store.endpoint)
    counted = "select count(*), count(distinct id) from predictions"
    assert queries.ask(counted, models=None, model="iris").rows == [[7, 7]]
    assert queries.ask(counted, models=("tul*",), model=None).rows == [[3, 3]]
    with pytest.raises(QueryFailed, match="disabled"):
        key = next(file.key for file in archive.files() if file.model == "iris")
        queries.ask(f"select * from read_parquet('archive://{key}')", models=("tulip",), model=None)
    with pytest.raises(QueryFailed):
        queries.ask(f"select * from read_text('s3://{bucket}/records/{key}')", models=None, model=None)


def test_objects_are_final_and_the_next_records_become_objects_of_their_own(
    folder: Path, bucket: str, setting: str, object_store: ObjectStore
) -> None:
    archive = archive_of(folder, setting, object_store)
    ids = write_and_compact(folder, 1, 2)
    move_all(folder, setting, object_store)
    first = {file.key for file in archive.files()}
    ids += write_and_compact(folder, 3, 4)
    move_all(folder, setting, object_store)
    assert first < {file.key for file in archive.files()}
    assert len(archive.files()) == 4
    assert ids_of(archive) == ids


@pytest.mark.long
def test_who_follows_sees_each_record_once_while_files_move(
    folder: Path, setting: str, object_store: ObjectStore
) -> None:
    archive = archive_of(folder, setting, object_store)
    ids = write_and_compact(folder, 1, 2)
    reader = TailReader(archive, Selection(model="iris"))
    locations = reader.newest(100)
    move_all(folder, setting, object_store)
    assert [found.id for found in records_at(locations)] == ids
    os.utime(folder)
    assert reader.arrived() == []
    more = write_and_compact(folder, 3, 4)
    move_all(folder, setting, object_store)
    assert [found.id for found in records_at(reader.arrived())] == more
    assert [found.id for found in records_at(TailReader(archive, Selection(model="iris")).newest(3))] == [*ids, *more][
        -3:
    ]


@pytest.mark.long
def test_old_days_go_from_s3_too(folder: Path, bucket: str, setting: str, object_store: ObjectStore) -> None:
    archive = archive_of(folder, setting, object_store)
    write_and_compact(folder, 1, DAY + 1, 2 * DAY + 1)
    move_all(folder, setting, object_store)
    assert retain(archive, days=1, max_bytes=None, today=date(1970, 1, 3)) == 2
    assert ids_of(archive) == [f"{letter}{number}" for number in (DAY + 1, 2 * DAY + 1) for letter in "pq"]
    assert retain(archive, days=None, max_bytes=0, today=date(1970, 1, 3)) == 4
    assert object_store.filesystem().find(bucket) == []


@pytest.mark.long
def test_a_move_killed_at_any_step_loses_and_doubles_nothing(
    folder: Path, object_store: ObjectStore, tmp_path: Path
) -> None:
    """Given files to move, when that is killed at any step, then a reader of the bucket sees each record at most once, and
    never loses one that it saw; readers of both places see each exactly once, and the next run ends it."""
    ids, step, status = write_and_compact(folder, 1), 0, KILLED
    everything = sorted([*ids, "t1"])
    bucket = object_store.bucket()
    while status == KILLED:
        place = f"{bucket}/{step}"
        setting = f"s3://{place}/records"
        tried = tmp_path / f"killed-at-{step}"
        shutil.copytree(folder, tried)
        arguments = [str(tried), setting, object_store.endpoint]
        status = run_until_step(
            "unshelf.records.archive.merging", arguments, step, environment=object_store.environment
        )
        archive = archive_of(tried, setting, object_store)
        seen = in_bucket(object_store, place)
        assert len(seen) == len(set(seen))
        assert (ids_of(archive), ids_of(archive, "tulip")) == (ids, ["t1"])
        if step % 4 == 0:  # each is a process
            move_all(tried, setting, object_store)
            assert in_bucket(object_store, place) == everything
            assert ids_of(archive) == ids
        step += 1 if LONG else 3
    assert (status, step > 6) == (0, True)
    assert in_bucket(object_store, place) == everything


@pytest.mark.long
def test_files_stay_here_while_s3_does_not_answer(folder: Path, object_store: ObjectStore) -> None:
    ids = write_and_compact(folder, 1, 2)
    nowhere = "http://127.0.0.1:9"
    scheduler = CompactionScheduler(
        folder, folder.parent, setting="s3://bucket/x", s3_endpoint=nowhere, days=None, max_bytes=None
    )
    assert not scheduler.merge()
    assert ids_of(Archive(folder)) == ids
    with pytest.raises(Unavailable):
        ids_of(open_archive(folder, setting="s3://bucket/x", s3_endpoint=nowhere))
    with pytest.raises(QueryFailed) as failed:
        Queries(folder, folder.parent, setting="s3://bucket/x", s3_endpoint=nowhere, seconds=8).ask(
            "select 1", models=None, model=None
        )
    assert failed.value.code == "unavailable"


@pytest.mark.long
@pytest.mark.parametrize("damage", ["cut", *(pytest.param(how, marks=pytest.mark.long) for how in ("empty", "page"))])
def test_a_damaged_object_is_noted_and_the_rest_is_read(
    folder: Path, bucket: str, setting: str, object_store: ObjectStore, damage: str
) -> None:
    """Given three objects of iris, when one is damaged, then a note of it lies here, and logs and SQL have the others' records."""
    archive = archive_of(folder, setting, object_store)
    for number in (1, 2, 3):
        write_and_compact(folder, number)
        move_all(folder, setting, object_store)
    key = sorted(file.key for file in archive.files() if file.model == "iris")[1]
    name = f"{bucket}/records/{key}"
    files = object_store.filesystem()
    content = files.cat_file(name)
    damaged = {"cut": content[: len(content) // 2], "empty": b"", "page": content[:8] + bytes(600) + content[608:]}
    files.pipe_file(name, damaged[damage])

    queries = Queries(folder, folder.parent, setting=setting, s3_endpoint=object_store.endpoint)
    found = queries.ask("select id, input, output from predictions order by id", models=None, model="iris")

    assert [row[0] for row in found.rows] == ["p1", "p3", "q1", "q3"]
    assert found.left_out == keys_aside(folder) == [key]
    assert ids_of(archive_of(folder, setting, object_store)) == ["p1", "q1", "p3", "q3"]
    assert files.exists(name), "an object is never changed by us"
