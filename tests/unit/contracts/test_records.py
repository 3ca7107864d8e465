"""Prediction records: what is written is read, whatever happened to the end of the file."""

import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unshelf.contracts.records import MAGIC, PredictionRecord, encode_record, read_segment


def record(number: int, **fields: object) -> PredictionRecord:
    values = {
        "id": f"{number:028x}", "time_ns": 1_700_000_000_000_000_000 + number, "model": "iris", "version": 3, "reference": "iris",
        "protocol": "native", "key": "k1", "status": 200, "code": "", "latency_us": 900, "queue_us": 10, "predict_us": 300,
        "batch_rows": 4, "attempts": 1, "content_type": "application/json", "input": b'{"inputs":[1]}', "input_header": 0,
        "output": b"[1]", "output_header": 0, "generation": 7,
    }  # fmt: skip
    return PredictionRecord(**{**values, **fields})


def segment(path: Path, *records: PredictionRecord, tail: bytes = b"") -> Path:
    path.write_bytes(MAGIC + b"".join(encode_record(one) for one in records) + tail)
    return path


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = [record(1), record(2, input=b"\x00\xff", output=b"", status=504, code="deadline_exceeded")]

    read = [one for _, one in read_segment(segment(tmp_path / "a.seg", *written))]

    assert read == written


def test_a_growing_segment_is_followed_from_the_last_offset(tmp_path: Path) -> None:
    path = segment(tmp_path / "a.seg", record(1))
    ((offset, _),) = read_segment(path)
    assert list(read_segment(path, offset=offset)) == []

    with path.open("ab") as file:
        file.write(encode_record(record(2)))

    ((end, second),) = read_segment(path, offset=offset)
    assert second == record(2)
    assert end == path.stat().st_size


@pytest.mark.parametrize("kept", [1, 7, 8, 9, 40, -1])
def test_the_torn_tail_of_a_killed_writer_ends_the_segment(tmp_path: Path, kept: int) -> None:
    path = segment(tmp_path / "a.seg", record(1), tail=encode_record(record(2))[:kept])

    assert [one for _, one in read_segment(path)] == [record(1)]


def test_a_frame_that_fails_its_checksum_ends_the_segment(tmp_path: Path) -> None:
    broken = bytearray(encode_record(record(2)))
    broken[-1] ^= 1
    path = segment(tmp_path / "a.seg", record(1), tail=bytes(broken) + encode_record(record(3)))

    assert [one.id for _, one in read_segment(path)] == [record(1).id]


@pytest.mark.parametrize("content", [b"", b"UNSH", b"something else entirely"])
def test_what_is_no_segment_holds_no_records(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.seg"
    path.write_bytes(content)

    assert list(read_segment(path)) == []


def test_a_record_of_an_earlier_release_with_fewer_fields_is_read(tmp_path: Path) -> None:
    first = PredictionRecord.__struct_fields__.index("generation")  # before it was there
    values = msgspec.to_builtins(record(1), builtin_types=(bytes,))[:first]
    payload = msgspec.msgpack.encode(values)
    frame = len(payload).to_bytes(4, "little") + zlib.crc32(payload).to_bytes(4, "little") + payload
    path = segment(tmp_path / "a.seg", tail=frame)

    ((_, read),) = read_segment(path)

    assert read == record(1, generation=0)


@given(st.binary(max_size=200))
def test_no_garbage_after_good_records_raises(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    path = segment(tmp_path_factory.getbasetemp() / "garbage.seg", record(1), tail=garbage)

    assert next(read_segment(path))[1] == record(1)
