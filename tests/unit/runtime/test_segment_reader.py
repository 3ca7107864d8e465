"""Segments are read sheet by sheet: each record by its place, whatever is broken and whatever comes while they are read."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.segments import records_in, sheets, write_format_1, write_segment
from tests.unit.contracts.test_records import record
from unshelf.contracts.records import MAGIC, MAGIC_1, SHEET_PLACES, PredictionRecord
from unshelf.runtime.segment_reader import Heads, heads, is_segment, read_segment, sheets_at


def records_at(path: Path, wanted: list[int]) -> list[PredictionRecord]:
    return [one for sheet in sheets_at(path, wanted) for one in sheet.records()]


def places(found: list[Heads]) -> list[int]:
    return [sheet.begin * SHEET_PLACES + number for sheet in found for number in range(len(sheet.times_ns))]


def broken(data: bytes) -> bytes:
    return data[:-1] + bytes([data[-1] ^ 1])


@pytest.mark.parametrize("write", [write_segment, write_format_1])
@pytest.mark.parametrize(
    "sizes",
    [
        [],
        [0],
        [100] * 5000,  # several sheets
        [300_000, 10, 1_000_000, 0, 262_000, 262_144],  # large ones among small ones
    ],
)
def test_every_record_is_found_where_it_stands(tmp_path: Path, sizes: list[int], write: type[write_segment]) -> None:
    records = [
        record(number, input=bytes([number % 256]) * size, batch_rows=number // 100 % 2, version=number % 700 // 350)
        for number, size in enumerate(sizes)
    ]
    path = write(tmp_path / "a.seg", *records)

    found = list(heads(path))

    assert [
        (time_ns, sheet.model, sheet.version, sheet.reference) for sheet in found for time_ns in sheet.times_ns
    ] == [(one.time_ns, one.model, one.version, one.reference) for one in records]
    ends = [sheet.end for sheet in found]
    assert [sheet.begin for sheet in found] == [len(MAGIC), *ends][: len(found)]
    assert not ends or ends[-1] == path.stat().st_size
    assert records_at(path, places(found)) == records
    assert records_at(path, places(found)[1::3]) == records[1::3]
    assert records_at(path, places(found)[::-1]) == records[::-1]
    assert [(place, one) for place, _, one in read_segment(path)] == list(zip(places(found), records, strict=True))


def test_records_that_stand_far_apart_are_read_without_what_is_between(tmp_path: Path) -> None:
    records = [record(number, input=b"x" * (50_000 if number % 2 else 10)) for number in range(80)]
    path = tmp_path / "a.seg"
    path.write_bytes(MAGIC + b"".join(map(sheets, records)))  # each on a sheet of its own
    wanted = places(list(heads(path)))[::2]

    before = bytes_read()
    found = records_at(path, wanted)

    assert found == records[::2]
    assert bytes_read() - before < path.stat().st_size / 2


def bytes_read() -> int:
    """By this process so far, as the kernel counts them."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_what_comes_after_a_record_is_found_from_the_place_that_was_told(tmp_path: Path) -> None:
    records = [record(number, batch_rows=number // 3) for number in range(10)]
    path = write_segment(tmp_path / "a.seg", *records)

    for number, (_, after, _) in enumerate(read_segment(path), start=1):
        assert [one for *_, one in read_segment(path, place=after)] == records[number:]


def test_a_growing_segment_is_followed_from_the_last_place(tmp_path: Path) -> None:
    path = write_segment(tmp_path / "a.seg", record(1), record(2))
    *_, (_, after, _) = read_segment(path)
    assert list(read_segment(path, place=after)) == []

    with path.open("ab") as file:
        file.write(sheets(record(3), record(4)))

    assert [one for *_, one in read_segment(path, place=after)] == [record(3), record(4)]


def test_what_grows_while_it_is_read_is_read_to_its_end(tmp_path: Path) -> None:
    path = write_segment(tmp_path / "a.seg", record(1))
    reading = read_segment(path)
    next(reading)

    with path.open("ab") as file:
        file.write(sheets(record(2)))

    assert [one for *_, one in reading] == [record(2)]


@pytest.mark.parametrize("kept", [1, 7, 8, 9, 40, -1])
def test_the_torn_tail_of_a_killed_writer_ends_the_segment(tmp_path: Path, kept: int) -> None:
    path = write_segment(tmp_path / "a.seg", record(1), tail=sheets(record(2), record(3))[:kept])

    assert records_in(path) == [record(1)]
    assert [sheet.times_ns for sheet in heads(path)] == [[record(1).time_ns]]


def test_zeros_end_the_segment(tmp_path: Path) -> None:
    path = write_segment(tmp_path / "a.seg", record(1), tail=bytes(64) + sheets(record(2)))

    assert records_in(path) == [record(1)]
    assert [sheet.times_ns for sheet in heads(path)] == [[record(1).time_ns]]


def test_a_frame_that_fails_its_checksum_ends_what_grows_and_costs_a_closed_segment_itself_alone(
    tmp_path: Path,
) -> None:
    path = write_segment(tmp_path / "a.seg", record(1), tail=broken(sheets(record(2))) + sheets(record(3)))

    assert records_in(path) == [record(1)]
    assert [sheet.times_ns for sheet in heads(path)] == [[record(1).time_ns], [record(3).time_ns]]


@pytest.mark.parametrize("content", [b"", b"UNSH", b"something else entirely"])
def test_what_is_no_segment_holds_no_records(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.seg"
    path.write_bytes(content)

    assert records_in(path) == []
    assert list(heads(path)) == []


@given(st.binary(max_size=200))
def test_no_garbage_after_good_records_raises(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    path = write_segment(tmp_path_factory.getbasetemp() / "garbage.seg", record(1), tail=garbage)

    assert next(read_segment(path))[-1] == record(1)


def test_a_record_that_was_damaged_or_cut_off_since_is_told(tmp_path: Path) -> None:
    path = write_segment(tmp_path / "a.seg", record(1), record(2, version=9))
    first, second = heads(path)
    content = bytearray(path.read_bytes())
    content[first.end - 1] ^= 1
    path.write_bytes(content[:-1])

    with pytest.raises(ValueError, match=f"the records at {first.begin} have changed"):
        records_at(path, places([first, second]))
    with pytest.raises(ValueError, match=f"the records at {second.begin} are gone"):
        records_at(path, places([second]))


@pytest.mark.parametrize(
    ("content", "is_one"), [(MAGIC, True), (MAGIC_1, True), (b"", False), (b"UNSHSEG9 and more", False)]
)
def test_a_segment_is_told_by_its_beginning(tmp_path: Path, content: bytes, is_one: bool) -> None:
    (tmp_path / "a.seg").write_bytes(content)

    assert is_segment(tmp_path / "a.seg") is is_one
