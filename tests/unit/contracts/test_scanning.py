"""Whole segments are read in blocks: each record by its place, wherever blocks end and whatever is broken."""

from pathlib import Path

import pytest

from tests.unit.contracts.test_records import record, segment
from unshelf.contracts.records import MAGIC, PredictionRecord, encode_record
from unshelf.contracts.scanning import heads, records_at


def written(path: Path, *sizes: int) -> list[PredictionRecord]:
    """A segment of records with bodies of these sizes."""
    records = [record(number, input=bytes([number % 256]) * size) for number, size in enumerate(sizes)]
    segment(path, *records)
    return records


@pytest.mark.parametrize(
    "sizes",
    [
        [],
        [0],
        [100] * 5000,  # many to a block, and some across the ends of blocks
        [300_000, 10, 1_000_000, 0, 262_000, 262_144],  # longer than a block, among short ones
    ],
)
def test_every_record_is_found_where_it_stands(tmp_path: Path, sizes: list[int]) -> None:
    records = written(tmp_path / "a.seg", *sizes)

    found = list(heads(tmp_path / "a.seg"))

    assert [(head.id, head.time_ns, head.model, head.version, head.reference) for _, _, head in found] == [
        (one.id, one.time_ns, one.model, one.version, one.reference) for one in records
    ]
    ends = [end for _, end, _ in found]
    assert [begin for begin, _, _ in found] == [len(MAGIC), *ends][: len(found)]
    assert not ends or ends[-1] == (tmp_path / "a.seg").stat().st_size
    offsets = [begin for begin, _, _ in found]
    assert list(records_at(tmp_path / "a.seg", offsets)) == records
    assert list(records_at(tmp_path / "a.seg", offsets[1::3])) == records[1::3]


def test_records_that_stand_far_apart_are_read_without_what_is_between(tmp_path: Path) -> None:
    records = written(tmp_path / "a.seg", *[10, 50_000] * 20)
    offsets = [begin for begin, _, _ in heads(tmp_path / "a.seg")]

    assert list(records_at(tmp_path / "a.seg", offsets[::2])) == records[::2]
    assert list(records_at(tmp_path / "a.seg", offsets[1::4])) == records[1::4]


@pytest.mark.parametrize("kept", [1, 7, 8, 9, 40, -1])
def test_a_torn_tail_ends_the_segment(tmp_path: Path, kept: int) -> None:
    path = segment(tmp_path / "a.seg", record(1), tail=encode_record(record(2))[:kept])

    assert [head.id for _, _, head in heads(path)] == [record(1).id]


def test_zeros_end_the_segment(tmp_path: Path) -> None:
    path = segment(tmp_path / "a.seg", record(1), tail=bytes(64) + encode_record(record(2)))

    assert [head.id for _, _, head in heads(path)] == [record(1).id]


def test_a_frame_that_fails_its_checksum_costs_itself_alone(tmp_path: Path) -> None:
    broken = bytearray(encode_record(record(2)))
    broken[-1] ^= 1
    path = segment(tmp_path / "a.seg", record(1), tail=bytes(broken) + encode_record(record(3)))

    assert [head.id for _, _, head in heads(path)] == [record(1).id, record(3).id]


@pytest.mark.parametrize("content", [b"", b"UNSH", b"something else entirely"])
def test_what_is_no_segment_holds_no_records(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.seg"
    path.write_bytes(content)

    assert list(heads(path)) == []


def test_a_record_that_was_damaged_or_cut_off_since_is_told(tmp_path: Path) -> None:
    path = segment(tmp_path / "a.seg", record(1), record(2))
    (first, end, _), (second, _, _) = heads(path)
    content = bytearray(path.read_bytes())
    content[end - 1] ^= 1
    path.write_bytes(content[:-1])

    with pytest.raises(ValueError, match=f"the record at {first} has changed"):
        list(records_at(path, [first, second]))
    with pytest.raises(ValueError, match=f"the record at {second} is gone"):
        list(records_at(path, [second]))
