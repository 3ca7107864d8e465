"""Segments become Parquet: every record is read exactly once, before, during and after, also when that is cut off anywhere."""

import fcntl
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.support.archive import DAY, all_of, archived, compact, path_of
from tests.support.segments import SECOND, record, sheets, write, write_format_1
from unshelf.contracts.records import MAGIC
from unshelf.gateway.records.segment import Segment
from unshelf.records.archive import compaction as compacting
from unshelf.records.archive.compaction_scheduler import CompactionScheduler
from unshelf.records.archive.files import Archive
from unshelf.records.archive.retention import retain
from unshelf.records.selection import Selection
from unshelf.records.sql import Queries
from unshelf.records.tail import TailReader, records_at
from unshelf.records.views import shown
from unshelf.runtime.segment_reader import closed


def test_a_segment_becomes_parquet_and_its_records_stay_what_they_were(folder: Path) -> None:
    records = [
        record(1),
        record(2, time_ns=2 * SECOND + 123, input=b"\x00\xff", output=b"", status=504, code="deadline_exceeded"),
        record(DAY + 3, version=0, reference="iris@gone", model="iris", status=404, trace="abc", input_size=9),
    ]
    write(folder / "1-0-a.seg", *records)

    assert compact(folder) == 3

    assert list(folder.glob("*.seg")) == []
    assert [f"parquet/{file.key}" for file in archived(folder)] == [
        "parquet/model=iris/version=0/day=1970-01-02/1-0-a.parquet",
        "parquet/model=iris/version=1/day=1970-01-01/1-0-a.parquet",
    ]
    assert all_of(folder) == records
    assert all_of(folder, status="404") == records[2:]


def test_a_segment_of_format_1_becomes_parquet_too(folder: Path) -> None:
    records = [record(number, batch_rows=number, input=b"x" * number) for number in range(300)]
    write_format_1(folder / "1-0-a.seg", *records)
    before = all_of(folder)

    assert compact(folder) == 300

    assert list(folder.glob("*.seg")) == []
    assert all_of(folder) == before == records


def test_purposes_are_kept_and_files_from_before_them_are_live(folder: Path) -> None:
    shadow, old = record(1, purpose="shadow"), record(2)
    write(folder / "1-0-a.seg", shadow)
    write(folder / "2-0-b.seg", old)
    compact(folder)
    earlier = next(path_of(folder, file) for file in archived(folder) if file.name.startswith("2-"))
    pq.write_table(pq.read_table(earlier, partitioning=None).drop_columns(["purpose"]), earlier)

    assert all_of(folder) == [shadow, old]
    rows = Queries(folder, folder.parent).ask(
        "select id, purpose from predictions order by time", models=None, model=None
    )
    assert rows.rows == [[shadow.id, "shadow"], [old.id, "live"]]
    assert [shown(each)["purpose"] for each in (shadow, old)] == ["shadow", "live"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("protocol", "content_type", "body", "answer"),
    [
        ("native", "", {"inputs": [{"x": 1, "who": "a"}, {"x": 2.5, "who": None}]}, [1, 2]),
        ("native", "", {"inputs": [[1, "a"], [2.5, None]]}, [{"output": 1}, {"output": 2}]),
        ("mlflow", "", {"dataframe_split": {"columns": ["who", "x"], "data": [["a", 1], [None, 2.5]]}},
         {"predictions": [1, 2]}),
        ("mlflow", "", {"inputs": {"x": [1, 2.5], "who": ["a", None]}}, {"predictions": [1, 2]}),
        ("mlflow", "text/csv; charset=utf-8", "x,who\n1,a\n2.5,\n", {"predictions": [1, 2]}),
        ("v2", "", {"inputs": [{"name": "x", "shape": [2, 1], "datatype": "FP64", "data": [[1], [2.5]]},
                               {"name": "who", "shape": [2], "datatype": "BYTES", "data": ["a", None]}]},
         {"outputs": [{"name": "output", "shape": [2], "datatype": "INT64", "data": [1, 2]}]}),
    ],
)  # fmt: skip
def test_inputs_and_outputs_are_columns_of_their_types(
    folder: Path, protocol: str, content_type: str, body: Any, answer: Any
) -> None:
    body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    output = json.dumps(answer).encode()
    write(
        folder / "1-0-a.seg",
        record(1, protocol=protocol, content_type=content_type, input=body, output=output),
        record(2, protocol=protocol, content_type=content_type, input=b"no body at all", status=400),
    )
    compact(folder)

    (file,) = archived(folder)
    table = pq.ParquetFile(path_of(folder, file)).read()
    assert [str(table.schema.field(name).type.value_type) for name in ("in_x", "in_who", "out")] == [
        "double", "string", "int64",
    ]  # fmt: skip
    assert table.column("in_x").to_pylist() == [[1.0, 2.5], None]
    assert table.column("in_who").to_pylist() == [["a", None], None]
    assert table.column("out").to_pylist() == [[1, 2], None]
    assert table.column("input").to_pylist()[0] == body


def test_a_number_of_hundreds_of_digits_keeps_no_segment_from_becoming_parquet(folder: Path) -> None:
    body = f'{{"inputs": [[{"9" * 400}, "a"], [2.5, null]]}}'.encode()
    write(folder / "1-0-a.seg", record(1, input=body, output=b"9" * 400), record(2, output=f"[{'9' * 400}]".encode()))

    assert compact(folder) == 2

    (file,) = archived(folder)
    table = pq.ParquetFile(path_of(folder, file)).read()
    assert table.column("in_x").to_pylist()[0] == [None, 2.5]
    assert table.column("out").to_pylist() == [None, [None]]


def test_long_work_rests_again_and_again_and_makes_the_row_groups_it_would_make_without(folder: Path) -> None:
    """Given records of two models for more than a row group, then there is a rest for each few thousand records."""
    path = folder / "1-0-a.seg"
    write(path, *(record(1, id=f"p{n}", model="tulip" if n % 5 == 0 else "iris") for n in range(30_000)))
    rests: list[float] = []

    compacting.write_parquet(path, folder, {}, known={"iris", "tulip"}, rest=lambda: rests.append(1))

    assert len(rests) >= 30
    groups = [pq.read_metadata(path_of(folder, file)) for file in Archive(folder).files()]
    assert [[each.row_group(n).num_rows for n in range(each.num_row_groups)] for each in groups] == [
        [20_000, 4000],
        [6000],
    ]
    ids = [
        pq.ParquetFile(path_of(folder, file)).read(["id"]).column("id").to_pylist() for file in Archive(folder).files()
    ]
    assert ids == [[f"p{n}" for n in range(30_000) if n % 5], [f"p{n}" for n in range(0, 30_000, 5)]]


def test_a_segment_that_is_written_is_left_alone(folder: Path) -> None:
    path = folder / "1-0-a.seg"
    write(path, record(1))
    with path.open("ab") as writer:
        fcntl.flock(writer, fcntl.LOCK_EX)
        with closed(path) as is_closed:
            assert not is_closed
        assert compact(folder) == 0
        assert [found.id for found in all_of(folder)] == ["p1"]
    assert compact(folder) == 1
    assert [found.id for found in all_of(folder)] == ["p1"]


def test_a_compaction_that_was_cut_off_before_the_end_shows_and_leaves_nothing_twice(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given files that were written while their segment still stands, then readers take the segment; the next try replaces them."""
    path = folder / "1-0-a.seg"
    write(path, record(1), record(2, model="tulip", reference="tulip"), record(DAY + 1))
    compacting.write_parquet(path, folder, {}, known={"iris", "tulip"})
    assert len(Archive(folder).files()) == 3

    assert [found.id for found in all_of(folder)] == ["p1", f"p{DAY + 1}"]
    compact(folder)

    assert [found.id for found in all_of(folder)] == ["p1", f"p{DAY + 1}"]
    assert [found.id for found in all_of(folder, "tulip")] == ["p2"]
    assert len(archived(folder)) == 3


@pytest.mark.long
def test_compactions_killed_at_any_moment_lose_and_double_nothing(folder: Path) -> None:
    count = 3000
    for number in range(3):
        records = [record(n * DAY // 100, id=f"{number}-{n}", model=f"m{n % 4}") for n in range(count)]
        write(folder / f"{number}-0-a.seg", *records)
    command = [sys.executable, "-P", "-m", "unshelf.records.archive.compaction", folder, folder / "none"]
    for milliseconds in (350, 500, 650, 800):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(milliseconds / 1000)
        process.kill()
        process.wait()
        ids = [found.id for found in records_at(TailReader(Archive(folder), Selection(model="m1")).newest(10_000))]
        assert sorted(ids) == sorted(set(ids))
    compact(folder)
    ids = [found.id for found in records_at(TailReader(Archive(folder), Selection(model="m1")).newest(10_000))]
    assert len(ids) == len(set(ids)) == 3 * count // 4


def test_a_torn_tail_is_left_out_and_counted_and_a_broken_record_costs_itself_alone(folder: Path) -> None:
    frame = sheets(record(3))
    write(folder / "1-0-a.seg", record(1))
    with (folder / "1-0-a.seg").open("ab") as file:
        file.write(frame[:-2])
    broken = frame[:-1] + bytes([frame[-1] ^ 1])
    (folder / "2-0-b.seg").write_bytes(MAGIC + broken + sheets(record(4)))
    (folder / "3-0-c.seg").write_bytes(b"")
    told: list[compacting.Compacted] = []
    upkeep = CompactionScheduler(folder, folder.parent, days=None, max_bytes=None, compacted=told.append)

    assert upkeep.compact()

    assert [(done.segment[0], done.records, done.torn_bytes > 0, done.kept_aside) for done in told] == [
        ("1", 1, True, False),
        ("2", 1, True, True),
        ("3", 0, False, False),
    ]
    assert [found.id for found in all_of(folder)] == ["p1", "p4"]
    assert [path.name for path in folder.glob("*.seg*")] == ["2-0-b.seg.damaged"]


def test_who_follows_sees_each_record_once_while_segments_become_parquet(folder: Path) -> None:
    path = folder / "1-0-a.seg"
    write(path, record(1))
    reader = TailReader(Archive(folder), Selection(model="iris"))
    seen = reader.newest(10)
    with path.open("ab") as file:  # this comes between two looks, and then the segment is gone
        file.write(sheets(record(2)))
    write(folder / "2-0-b.seg", record(3), record(4, model="tulip"))
    compact(folder)
    seen += reader.arrived()
    write(folder / "3-0-c.seg", record(5))
    seen += reader.arrived()
    compact(folder)
    seen += reader.arrived()

    assert [found.id for found in records_at(seen)] == ["p1", "p2", "p3", "p5"]


@pytest.mark.long
def test_every_look_sees_every_record_once_while_they_are_written_and_become_parquet(folder: Path) -> None:
    """Given a gateway that writes and rolls small segments and compactions that never pause, then no look at any moment lacks a
    record that was written before it, or has one twice; and who follows has each once in the end."""
    written: list[str] = []
    ended = threading.Event()

    def write_on() -> None:
        segment = Segment(folder, 0)
        while not ended.is_set():
            numbers = range(len(written), len(written) + 1 + len(written) % 5)
            segment.append(sheets(*map(record, numbers)))
            written.extend(f"p{number}" for number in numbers)
            if segment.size > 8000:
                following = Segment(folder, 0)
                segment.close()
                segment = following
            time.sleep(0.001)
        segment.close()

    def compact_on() -> None:
        while not ended.is_set():
            compact(folder)

    follower = TailReader(Archive(folder), Selection(model="iris"))
    followed = [found.id for found in records_at(follower.newest(100_000))]
    with ThreadPoolExecutor(2) as pool:
        working = [pool.submit(write_on), pool.submit(compact_on)]
        until = time.monotonic() + 6
        try:
            while time.monotonic() < until:
                before = list(written)
                positions = TailReader(Archive(folder), Selection(model="iris")).newest(100_000)
                seen = [found.id for found in records_at(positions)]
                assert len(seen) == len(set(seen)) == len(positions)
                assert set(before) <= set(seen)
                followed += [found.id for found in records_at(follower.arrived())]
        finally:
            ended.set()
        for work in working:
            work.result()
    compact(folder)
    followed += [found.id for found in records_at(follower.arrived())]
    assert sorted(followed) == sorted(written)
    assert sorted(found.id for found in all_of(folder, count=100_000)) == sorted(written)
    assert len(archived(folder)) > 5


def test_a_segment_that_has_no_name_yet_is_nobody_s(folder: Path) -> None:
    """A gateway makes a segment, locks it, and then names it; in between it must be neither read nor locked by others."""
    write(folder / ".1-0-a.seg", record(1))
    follower = TailReader(Archive(folder), Selection(model="iris"))

    assert (all_of(folder), follower.newest(10), compact(folder)) == ([], [], 0)
    assert not archived(folder)

    (folder / ".1-0-a.seg").rename(folder / "1-0-a.seg")
    assert [found.id for found in records_at(follower.arrived())] == ["p1"]
    assert compact(folder) == 1
    assert [found.id for found in all_of(folder)] == ["p1"]


def test_records_of_models_that_there_are_not_make_no_folders_and_are_found_once_there_are(folder: Path) -> None:
    write(
        folder / "1-0-a.seg", *(record(n, model="", version=0, reference=f"made-up-{n}", status=404) for n in range(50))
    )
    compact(folder)
    assert [path.name for path in (folder / "parquet").iterdir()] == ["model=_"]
    assert [found.id for found in all_of(folder, "made-up-7")] == ["p7"]


def test_old_days_go_and_then_the_oldest_until_the_rest_fits(folder: Path) -> None:
    for day in range(5):
        write(folder / f"{day}-0-a.seg", record(day * DAY, output=os.urandom(2000)))
    compact(folder)
    today = date(1970, 1, 5)
    size = archived(folder)[0].size

    assert retain(Archive(folder), days=3, max_bytes=None, today=today) == 1
    assert [file.day for file in archived(folder)] == ["1970-01-02", "1970-01-03", "1970-01-04", "1970-01-05"]
    assert retain(Archive(folder), days=None, max_bytes=size * 5 // 2, today=today) == 2
    assert [file.day for file in archived(folder)] == ["1970-01-04", "1970-01-05"]
    assert retain(Archive(folder), days=None, max_bytes=None, today=today) == 0
    assert not (folder / "parquet/model=iris/version=1/day=1970-01-01").exists()
