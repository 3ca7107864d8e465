"""Small files of a day become one: every reader of the folder counts each record once, before, during and after, also when that is
cut off anywhere."""

import os
import shutil
import threading
import time
from collections import Counter
from datetime import date
from pathlib import Path

import duckdb
import msgspec
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from tests.support.archive import DAY, all_of, archived, compact, path_of, publish
from tests.support.killing import KILLED, run_until_step
from tests.support.long import LONG
from tests.support.segments import record, write
from unshelf.contracts.records import MAGIC
from unshelf.records.archive.files import Archive
from unshelf.records.archive.layout import ArchivedFile
from unshelf.records.archive.merging import MANY, discard_leftovers, due, is_due, merge
from unshelf.records.archive.retention import retain
from unshelf.records.archive.upgrade import remove_replaced
from unshelf.records.selection import Selection
from unshelf.records.sql import Queries
from unshelf.records.tail import TailReader, records_at

STRIDE = 1 if LONG else 4
"""Which of the steps a kill comes before: each, or every fourth."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "predictions"
    folder.mkdir()
    publish(folder, "tulip")
    return folder


def small_files(folder: Path, count: int = MANY, *, first: int = 0, day: int = 0) -> list[str]:
    """Compact `count` segments of two models, one by one; return the ids of the records of iris."""
    ids = []
    for number in range(first, first + count):
        seconds = [day * DAY + 10 * number + n for n in range(3)]
        write(
            folder / f"{number:03}-0-a.seg",
            *map(record, seconds), record(seconds[0], id=f"t{seconds[0]}", model="tulip", reference="tulip"),
        )  # fmt: skip
        ids += [f"p{second}" for second in seconds]
    compact(folder)
    return ids


def files_of(folder: Path, model: str = "iris") -> list[ArchivedFile]:
    return [file for file in archived(folder) if file.model == model]


def ids_of(folder: Path, model: str = "iris") -> list[str]:
    return [found.id for found in all_of(folder, model, count=100_000)]


def merge_all(folder: Path) -> None:
    archive = Archive(folder)
    for batch in due(archive):
        assert merge(archive, batch)


def names_in(folder: Path, file: ArchivedFile) -> list[str]:
    return sorted(path.name for path in path_of(folder, file).parent.iterdir())


def seen_by_pyarrow(root: Path) -> list[str]:
    ids: list[str] = ds.dataset(root, format="parquet").to_table(["id"]).column("id").to_pylist()
    return sorted(ids)


def seen_by_every_reader(root: Path) -> list[str]:
    """The ids that plain readers of the folder find, which must agree."""
    found = seen_by_pyarrow(root)
    pattern = f"{root}/**/*.parquet"
    assert sorted(row[0] for row in duckdb.sql(f"select id from read_parquet('{pattern}')").fetchall()) == found
    assert sorted(pl.read_parquet(pattern, columns=["id"])["id"].to_list()) == found
    assert sorted(pd.read_parquet(root, columns=["id"], partitioning=None)["id"].tolist()) == found
    return found


def test_many_small_files_become_one_with_every_record_in_it_once(folder: Path) -> None:
    ids = small_files(folder)
    before = seen_by_every_reader(folder / "parquet")
    assert is_due(Archive(folder))

    merge_all(folder)

    (file,) = files_of(folder)
    assert ids_of(folder) == ids
    assert len(ids_of(folder, "tulip")) == MANY
    assert names_in(folder, file) == [file.name]
    assert seen_by_every_reader(folder / "parquet") == before
    assert not is_due(Archive(folder))
    assert pq.read_metadata(path_of(folder, file)).num_row_groups == 1
    table = pq.ParquetFile(path_of(folder, file)).read(["id", "segment"])
    assert table.column("segment").to_pylist()[:4] == ["000-0-a"] * 3 + ["001-0-a"]


def test_exchanged_folders_stay_for_listings_under_way_and_then_go(folder: Path) -> None:
    small_files(folder)
    merge_all(folder)
    merges = folder / "staging" / "merges"
    assert {len(list(work.iterdir())) for work in merges.iterdir()} == {MANY}
    discard_leftovers(Archive(folder))
    assert len(list(merges.iterdir())) == 2
    discard_leftovers(Archive(folder), grace=-1)
    assert list(merges.iterdir()) == []


def test_merged_files_are_merged_again_with_those_that_came_since(folder: Path) -> None:
    ids = small_files(folder)
    merge_all(folder)
    ids += small_files(folder, MANY - 1, first=MANY)
    merge_all(folder)

    (file,) = files_of(folder)
    assert ids_of(folder) == ids
    assert names_in(folder, file) == [file.name]


def test_files_that_are_not_merged_keep_their_names(folder: Path) -> None:
    """Given a partition with files that go together and one that does not, then that one is there before and after."""
    ids = small_files(folder, MANY)
    write(folder / "900-0-a.seg", record(9_000))
    compact(folder)
    (folder / "900-0-a.seg").write_bytes(MAGIC)  # as if its compaction were not over
    merge_all(folder)
    (folder / "900-0-a.seg").unlink()

    assert ids_of(folder) == [*ids, "p9000"]
    assert len(files_of(folder)) == 2
    assert "900-0-a.parquet" in names_in(folder, files_of(folder)[0])


def test_a_day_that_is_over_needs_only_two_and_this_day_needs_many(folder: Path) -> None:
    today = int(time.time()) // DAY
    small_files(folder, MANY - 1, day=today)
    assert not is_due(Archive(folder))
    small_files(folder, 2, first=50, day=today - 1)
    assert {len(batch) for batch in due(Archive(folder))} == {2}


def test_files_that_differ_in_their_columns_and_files_of_segments_that_are_there_stay_apart(folder: Path) -> None:
    ids = small_files(folder, 2)
    (folder.parent / "routing" / "index.json").unlink()
    ids += small_files(folder, 2, first=2)  # of a version that nobody knows any more
    (folder / "000-0-a.seg").write_bytes(MAGIC)  # as if its compaction were not over
    assert [[file.name for file in batch] for batch in due(Archive(folder))] == [
        ["002-0-a.parquet", "003-0-a.parquet"]
    ] * 2
    (folder / "000-0-a.seg").unlink()
    merge_all(folder)
    assert len(files_of(folder)) == 2
    assert ids_of(folder) == ids


def test_who_found_a_record_before_finds_it_after_and_who_follows_sees_none_twice(folder: Path) -> None:
    ids = small_files(folder)
    reader = TailReader(Archive(folder), Selection(model="iris"))
    locations = reader.newest(1000)
    merge_all(folder)
    assert [found.id for found in records_at(locations)] == ids
    os.utime(folder)
    assert reader.arrived() == []

    more = small_files(folder, MANY, first=MANY)
    merge_all(folder)
    assert [found.id for found in records_at(locations)] == ids
    os.utime(folder)
    assert [found.id for found in records_at(reader.arrived())] == more


def test_who_follows_sees_a_record_whose_segment_was_compacted_and_merged_between_two_looks(folder: Path) -> None:
    write(folder / "000-0-a.seg", record(1))
    reader = TailReader(Archive(folder), Selection(model="iris"))
    assert [found.id for found in records_at(reader.newest(10))] == ["p1"]
    ids = small_files(folder, MANY, first=1)
    merge_all(folder)
    assert len(files_of(folder)) == 1
    assert [found.id for found in records_at(reader.arrived())] == ids


def test_sql_sees_each_record_once(folder: Path) -> None:
    ids = small_files(folder)
    merge_all(folder)
    write(folder / "900-0-a.seg", record(9_000))
    answer = Queries(folder, folder.parent).ask(
        "select count(*), count(distinct id) from predictions", models=None, model="iris"
    )
    assert answer.rows == [[len(ids) + 1, len(ids) + 1]]


def test_retention_takes_a_merged_file(folder: Path) -> None:
    small_files(folder)
    merge_all(folder)
    assert retain(Archive(folder), days=1, max_bytes=None, today=date(1970, 3, 1)) == 2
    assert ids_of(folder) == []
    assert list((folder / "parquet").iterdir()) == []


@pytest.mark.long
def test_a_merge_whose_source_was_removed_meanwhile_is_given_up(folder: Path) -> None:
    ids = small_files(folder)
    archive = Archive(folder)
    (batch,) = [batch for batch in due(archive) if batch[0].model == "iris"]
    removed = iter([batch[0]])
    assert not merge(archive, batch, lambda: [path_of(folder, file).unlink() for file in removed] and None)
    assert ids_of(folder) == ids[3:]


@pytest.mark.long
def test_plain_readers_count_each_record_once_while_files_are_merged(folder: Path) -> None:
    """Given a reader that lists the folder again and again, when files are merged meanwhile, then no listing lacks or doubles a
    record; a file that was listed may be gone when it is opened, which is an error and no wrong count."""
    counts: Counter[int] = Counter()
    ended = threading.Event()
    small_files(folder, 12, day=1)
    total = 12 * 4

    def read_on() -> None:
        while not ended.is_set():
            try:
                found = seen_by_pyarrow(folder / "parquet")
            except FileNotFoundError:
                continue
            counts[len(found)] += 1
            assert len(set(found)) == len(found)

    reader = threading.Thread(target=read_on)
    reader.start()
    try:
        archive = Archive(folder)
        for size in (2, 3, 4, 5):  # again and again, a few files at a time
            for model in ("iris", "tulip"):
                files = files_of(folder, model)[:size]
                assert merge(archive, files)
    finally:
        ended.set()
        reader.join()
    assert set(counts) == {total}


def test_a_merge_killed_at_any_step_loses_and_doubles_nothing_for_any_reader(folder: Path) -> None:
    ids, step, status = small_files(folder, 3), 0, KILLED
    seen = seen_by_every_reader(folder / "parquet")
    while status == KILLED:
        tried = folder.parent / f"killed-at-{step}"
        shutil.copytree(folder, tried)
        status = run_until_step("unshelf.records.archive.merging", [str(tried), "files", ""], step, GRACE_SECONDS=-1)
        assert seen_by_every_reader(tried / "parquet") == seen
        assert (ids_of(tried), len(ids_of(tried, "tulip"))) == (ids, 3)
        step += STRIDE

        merge_all(tried)  # the next run ends what was begun
        assert (ids_of(tried), len(files_of(tried))) == (ids, 1)
    assert (status, step > 15) == (0, True)
    answer = Queries(tried, folder.parent).ask(
        "select count(*), count(distinct id) from predictions", models=None, model="iris"
    )
    assert answer.rows == [[len(ids), len(ids)]]
    assert len(list((tried / "parquet").rglob("*.parquet"))) == 2


@pytest.mark.long
def test_a_compaction_killed_at_any_step_loses_and_doubles_nothing_for_any_reader(folder: Path) -> None:
    """Given segments of which one is in the archive already, when the compaction of another is killed at any step, then plain readers
    of the archive see each record at most once, those that know of segments exactly once, and the next run ends it."""
    ids = small_files(folder, 1)
    before = set(seen_by_every_reader(folder / "parquet"))
    write(
        folder / "500-0-a.seg",
        record(5000), record(5000 + DAY), record(5001, model="tulip", reference="tulip", id="t5001"),
    )  # fmt: skip
    ids += ["p5000", f"p{5000 + DAY}"]
    step, status, most = 0, KILLED, before
    while status == KILLED:
        tried = folder.parent / f"killed-at-{step}"
        shutil.copytree(folder, tried)
        routing = str(folder.parent)
        status = run_until_step("unshelf.records.archive.compaction", [str(tried), routing], step)
        seen = seen_by_every_reader(tried / "parquet")
        assert len(seen) == len(set(seen))
        assert most <= set(seen)  # what was visible stays visible
        most = set(seen)
        assert (ids_of(tried), ids_of(tried, "tulip")) == (ids, ["t0", "t5001"])
        step += STRIDE

        compact(tried) if step % 5 == 0 else None  # each a process: some of them
        assert (ids_of(tried), ids_of(tried, "tulip")) == (ids, ["t0", "t5001"])
    assert (status, step > 20) == (0, True)
    assert most == {*before, "p5000", f"p{5000 + DAY}", "t5001"}
    assert list((tried / "staging" / "segments").iterdir()) == []


def test_merged_files_of_the_first_release_replace_what_they_name(folder: Path) -> None:
    """Given an archive as the first release left it, with a merged file beside its sources and without the column `segment`, then
    after the upgrade each record counts once, and the files are merged with new ones."""
    ids = small_files(folder, 3)
    files = files_of(folder)
    tables = [pq.ParquetFile(path_of(folder, file)).read().drop_columns(["segment"]) for file in files]
    whole = pa.concat_tables(tables)
    footer = {"parts": [], "replaced": {file.name: [3 * n, 3] for n, file in enumerate(files)}}
    schema = whole.schema.with_metadata({b"unshelf.merged": msgspec.json.encode(footer)})
    target = path_of(folder, files[0]).with_name("002-0-a.merged-0123.parquet")
    pq.write_table(whole.cast(schema), target)

    assert remove_replaced(Archive(folder)) == 3
    assert ids_of(folder) == ids
    more = small_files(folder, 1, first=3)
    merge_all(folder)
    assert (ids_of(folder), len(files_of(folder))) == ([*ids, *more], 1)
