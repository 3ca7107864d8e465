"""A segment's records as files of the archive: by model, version and day, with what can't be read counted."""

from pathlib import Path

import pyarrow.parquet as pq

from tests.support.archive import DAY, SIGNATURE
from tests.support.segments import append, record, sheets, write
from unshelf.contracts.protocols.records import Compacted
from unshelf.contracts.records import MAGIC
from unshelf.records.archive.compaction import write_parquet
from unshelf.records.archive.files import Archive


def compacted(segment: Path, **options: object) -> tuple[Compacted, dict[str, list[str]]]:
    """What became of a segment, and the records by partition."""
    target = segment.parent / "out"
    done = write_parquet(segment, target, {}, **{"known": {"iris"}, "lasting": False, **options})  # type: ignore[arg-type]
    archive = Archive(target)
    ids = {
        file.partition: pq.ParquetFile(archive.path(file)).read(["id"]).column("id").to_pylist()
        for file in archive.files()
    }
    return done, ids


def test_records_are_sorted_by_model_version_and_day(tmp_path: Path) -> None:
    segment = tmp_path / "1-0-a.seg"
    write(segment, record(1), record(DAY), record(2), record(3, version=2), record(4, model="x", reference="x"))
    done, ids = compacted(segment)
    assert (done.segment, done.records, done.files, done.torn_bytes, done.kept_aside) == ("1-0-a.seg", 5, 4, 0, False)
    assert ids == {
        "model=_/version=1/day=1970-01-01": ["p4"],
        "model=iris/version=1/day=1970-01-01": ["p1", "p2"],
        "model=iris/version=1/day=1970-01-02": [f"p{DAY}"],
        "model=iris/version=2/day=1970-01-01": ["p3"],
    }
    assert segment.exists()


def test_only_records_of_the_models_wanted_are_written(tmp_path: Path) -> None:
    write(tmp_path / "1-0-a.seg", record(1), record(2, model="tulip", reference="tulip"))
    done, ids = compacted(tmp_path / "1-0-a.seg", known={"iris", "tulip"}, wanted=lambda model: model == "tulip")
    assert (done.records, ids) == (1, {"model=tulip/version=1/day=1970-01-01": ["p2"]})


def test_a_call_that_named_no_version_belongs_to_the_model_of_its_reference(tmp_path: Path) -> None:
    write(tmp_path / "1-0-a.seg", record(1, model="", version=0, reference="iris@nobody", status=404))
    _, ids = compacted(tmp_path / "1-0-a.seg")
    assert ids == {"model=iris/version=0/day=1970-01-01": ["p1"]}


def test_a_torn_tail_is_counted_and_left_out(tmp_path: Path) -> None:
    write(tmp_path / "1-0-a.seg", record(1))
    append(tmp_path / "1-0-a.seg", sheets(record(2))[:-2])
    done, ids = compacted(tmp_path / "1-0-a.seg")
    assert (done.records, done.torn_bytes > 0, done.kept_aside) == (1, True, False)
    assert list(ids.values()) == [["p1"]]


def test_a_broken_record_before_sound_ones_keeps_the_segment_aside(tmp_path: Path) -> None:
    frame = sheets(record(1))
    (tmp_path / "1-0-a.seg").write_bytes(MAGIC + frame[:-1] + bytes([frame[-1] ^ 1]) + sheets(record(2)))
    done, ids = compacted(tmp_path / "1-0-a.seg")
    assert (done.records, done.torn_bytes > 0, done.kept_aside) == (1, True, True)
    assert list(ids.values()) == [["p2"]]


def test_a_segment_without_records_makes_no_file(tmp_path: Path) -> None:
    (tmp_path / "1-0-a.seg").write_bytes(MAGIC)
    done, ids = compacted(tmp_path / "1-0-a.seg")
    assert (done.records, done.files, done.torn_bytes, done.kept_aside, ids) == (0, 0, 0, False, {})


def test_a_version_s_signature_gives_its_columns(tmp_path: Path) -> None:
    write(tmp_path / "1-0-a.seg", record(1, input=b'{"inputs": [[1.5, "a"]]}', output=b"[7]"))
    write_parquet(tmp_path / "1-0-a.seg", tmp_path, {("iris", 1): SIGNATURE}, known={"iris"}, lasting=False)
    (file,) = Archive(tmp_path).files()
    table = pq.ParquetFile(Archive(tmp_path).path(file)).read(["in_x", "in_who", "out"])
    assert table.to_pylist() == [{"in_x": [1.5], "in_who": ["a"], "out": [7]}]
