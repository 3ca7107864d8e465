"""Small files of a day become one: every record is read exactly once, before, during and after, also when that is cut off anywhere."""

import os
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.unit.monitor.test_archive import DAY, all_of, compact, publish
from tests.unit.monitor.test_predictions import record, write
from unshelf.contracts.records import MAGIC
from unshelf.monitor.predictions.archive import archived
from unshelf.monitor.predictions.merging import MANY, due, is_due, merge, remove_replaced
from unshelf.monitor.predictions.queries import Queries
from unshelf.monitor.predictions.retention import retain
from unshelf.monitor.predictions.segments import Reader, records_of
from unshelf.monitor.predictions.selection import Selection

KILLED = 9
KILL_AT_STEP = """
import os, pathlib, sys
step = int(sys.argv[1])
def counted(function):
    def call(*arguments, **more):
        global step
        step -= 1
        if step < 0:
            os._exit(9)
        return function(*arguments, **more)
    return call
os.fsync = counted(os.fsync)
pathlib.Path.replace = counted(pathlib.Path.replace)
pathlib.Path.unlink = counted(pathlib.Path.unlink)
from unshelf.monitor.predictions import merging
merging.GRACE_SECONDS = 0.0
merging.remove_replaced.__kwdefaults__["grace"] = merging._replaced.__kwdefaults__["grace"] = -1.0
sys.exit(merging.main(sys.argv[2:]))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "predictions"
    folder.mkdir()
    publish(folder, "tulip")
    return folder


def small_files(folder: Path, count: int = MANY, *, first: int = 0, day: int = 0) -> list[str]:
    """So many segments of two models that have become Parquet; the ids of the records of iris."""
    ids = []
    for number in range(first, first + count):
        seconds = [day * DAY + 10 * number + n for n in range(3)]
        write(
            folder / f"{number:03}-0-a.seg", *map(record, seconds), record(seconds[0], model="tulip", reference="tulip")
        )
        ids += [f"p{second}" for second in seconds]
    compact(folder)
    return ids


def files_of(folder: Path, model: str = "iris") -> list[Path]:
    return [file.path for file in archived(folder, model.__eq__)]


def ids_of(folder: Path, model: str = "iris") -> list[str]:
    return [found.id for found in all_of(folder, model, count=100_000)]


def merge_all(folder: Path) -> None:
    for batch in due(folder):
        merge(batch)


def test_many_small_files_become_one_with_every_record_in_it_once(folder: Path) -> None:
    ids = small_files(folder)
    assert is_due(folder)

    merge_all(folder)

    (path,) = files_of(folder)
    assert ids_of(folder) == ids
    assert len(ids_of(folder, "tulip")) == MANY
    assert len(list(path.parent.glob("*.parquet"))) == MANY + 1  # those who had found the small ones still find them
    assert not is_due(folder)
    assert pq.read_metadata(path).num_row_groups == 1
    assert remove_replaced(folder) == 0
    assert remove_replaced(folder, grace=-1) == 2 * MANY
    assert ids_of(folder) == ids
    assert list(path.parent.iterdir()) == [path]


def test_merged_files_are_merged_again_with_those_that_came_since(folder: Path) -> None:
    ids = small_files(folder)
    merge_all(folder)
    ids += small_files(folder, MANY - 1, first=MANY)
    merge_all(folder)  # the small files of the first time are still there

    (path,) = files_of(folder)
    assert ids_of(folder) == ids
    assert remove_replaced(folder, grace=-1) == 2 * (2 * MANY)
    assert ids_of(folder) == ids
    assert list(path.parent.iterdir()) == [path]


def test_a_day_that_is_over_needs_only_two_and_this_day_needs_many(folder: Path) -> None:
    today = int(time.time()) // DAY
    small_files(folder, MANY - 1, day=today)
    assert not is_due(folder)
    small_files(folder, 2, first=50, day=today - 1)
    assert {len(batch) for batch in due(folder)} == {2}


def test_files_that_differ_in_their_columns_and_files_of_segments_that_are_there_stay_apart(folder: Path) -> None:
    ids = small_files(folder, 2)
    (folder.parent / "routing.json").unlink()
    ids += small_files(folder, 2, first=2)  # of a version that nobody knows any more
    (folder / "000-0-a.seg").write_bytes(MAGIC)  # as if its compaction were not over
    assert [[path.path.name for path in batch] for batch in due(folder)] == [["002-0-a.parquet", "003-0-a.parquet"]] * 2
    (folder / "000-0-a.seg").unlink()
    merge_all(folder)
    assert len(files_of(folder)) == 2
    assert ids_of(folder) == ids


def test_who_found_a_record_before_finds_it_after_and_who_follows_sees_none_twice(folder: Path) -> None:
    ids = small_files(folder)
    reader = Reader(folder, Selection(model="iris"))
    positions = reader.newest(1000)
    merge_all(folder)
    remove_replaced(folder, grace=-1)
    assert [found.id for found in records_of(positions)] == ids
    os.utime(folder)
    assert reader.arrived() == []

    more = small_files(folder, MANY, first=MANY)
    merge_all(folder)
    remove_replaced(folder, grace=-1)
    assert [found.id for found in records_of(positions)] == ids
    os.utime(folder)
    assert [found.id for found in records_of(reader.arrived())] == more


def test_sql_sees_each_record_once_while_the_small_files_are_still_there(folder: Path) -> None:
    ids = small_files(folder)
    merge_all(folder)
    write(folder / "900-0-a.seg", record(9_000))
    answer = Queries(folder, folder.parent / "routing.json").ask(
        "select count(*), count(distinct id) from predictions", models=None, model="iris"
    )
    assert answer.rows == [[len(ids) + 1, len(ids) + 1]]


def test_retention_takes_a_merged_file_with_all_that_it_replaced(folder: Path) -> None:
    small_files(folder)
    merge_all(folder)
    assert retain(folder, days=1, max_bytes=None, today=date(1970, 3, 1)) == 2
    assert ids_of(folder) == []
    assert list((folder / "parquet").rglob("*.parquet")) == []


def test_a_merge_killed_at_any_step_loses_and_doubles_nothing(folder: Path) -> None:
    ids, step, status = small_files(folder, 3), 0, KILLED
    while status == KILLED:
        tried = folder.parent / f"killed-at-{step}"
        shutil.copytree(folder, tried)
        status = subprocess.run([sys.executable, "-c", KILL_AT_STEP, str(step), str(tried)], check=False).returncode
        assert ids_of(tried) == ids
        assert len(ids_of(tried, "tulip")) == 3
        step += 1

        merge_all(tried)  # the next run ends what was begun
        assert (ids_of(tried), len(files_of(tried))) == (ids, 1)
    assert (status, step > 10) == (0, True)
    assert len(list((tried / "parquet").rglob("*.parquet"))) == 2
