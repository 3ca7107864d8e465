"""Prediction records: what is written is read, alone or with others on one sheet."""

import zlib
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.segments import records_in, write_segment
from unshelf.contracts.records import (
    FRAME,
    MAGIC,
    MAGIC_1,
    SHEET_BYTES,
    Common,
    Own,
    PredictionRecord,
    decode_sheet,
    encode_sheet,
    record_from,
)

COMMON = Common(
    model="iris", version=3, reference="iris", protocol="native", key="k1", content_type="application/json", status=200, code="",
    predict_us=300, batch_rows=4, attempts=1, generation=7,
)  # fmt: skip


def own(number: int, **fields: object) -> Own:
    values = {
        "id": f"{number:028x}", "time_ns": 1_700_000_000_000_000_000 + number, "latency_us": 900, "queue_us": 10,
        "input": b'{"inputs":[1]}', "output": b"[1]",
    }  # fmt: skip
    return Own(**{**values, **fields})


def record(number: int, **fields: object) -> PredictionRecord:
    return msgspec.structs.replace(record_from(COMMON, own(number)), **fields)


def payloads(data: bytes) -> list[bytes]:
    """Those of the frames in what is appended to a segment, each as long and as sound as its head says."""
    found = []
    while data:
        length, checksum = FRAME.unpack_from(data)
        payload, data = data[FRAME.size : FRAME.size + length], data[FRAME.size + length :]
        assert (len(payload), zlib.crc32(payload)) == (length, checksum)
        found.append(payload)
    return found


def test_a_record_has_the_fields_of_both_and_no_other() -> None:
    both = [*Common.__struct_fields__, *Own.__struct_fields__]

    assert sorted(both) == sorted(PredictionRecord.__struct_fields__)
    full = own(1, input_header=2, output_header=3, trace="t", input_size=5, input_sha256="s")
    whole = msgspec.structs.asdict(record_from(COMMON, full))
    assert whole == msgspec.structs.asdict(COMMON) | msgspec.structs.asdict(full)


def test_records_come_back_as_they_were_written(tmp_path: Path) -> None:
    written = [
        record(1),
        record(2, input=b"\x00\xff", output=b"", status=504, code="deadline_exceeded"),
        record(3),
        record(4),
    ]

    assert records_in(write_segment(tmp_path / "a.seg", *written)) == written


def test_a_sheet_says_once_what_its_records_have_in_common() -> None:
    (payload,) = payloads(encode_sheet(COMMON, [own(number) for number in range(64)]))

    assert payload.count(b"application/json") == 1
    assert len(payload) < 64 * len(encode_sheet(COMMON, [own(1)])) / 1.8
    assert decode_sheet(payload, MAGIC).records() == [record(number) for number in range(64)]


def test_tuples_of_the_fields_are_written_like_the_structs() -> None:
    values = [msgspec.structs.astuple(own(number)) for number in range(3)]
    common = msgspec.structs.astuple(COMMON)

    assert encode_sheet(common, values) == encode_sheet(COMMON, [own(number) for number in range(3)])
    (payload,) = payloads(encode_sheet(common, [each[:6] for each in values]))  # the rest are defaults
    assert decode_sheet(payload, MAGIC).records() == [record(number) for number in range(3)]


@pytest.mark.parametrize(("size", "frames"), [(SHEET_BYTES // 8, 1), (SHEET_BYTES // 4, 4), (SHEET_BYTES * 2, 4)])
def test_records_that_are_large_together_stand_each_on_its_own_sheet(size: int, frames: int) -> None:
    written = [own(number, input=bytes([number]) * size) for number in range(4)]

    found = payloads(encode_sheet(COMMON, written))

    assert len(found) == frames
    assert [each for payload in found for each in decode_sheet(payload, MAGIC).records()] == [
        record_from(COMMON, each) for each in written
    ]


def test_a_record_of_format_1_with_fewer_fields_is_read() -> None:
    first = PredictionRecord.__struct_fields__.index("generation")  # before it was there
    payload = msgspec.msgpack.encode(msgspec.structs.astuple(record(1))[:first])

    assert decode_sheet(payload, MAGIC_1).records() == [record(1, generation=0)]


@given(
    st.lists(
        st.builds(
            Own, id=st.text(), time_ns=st.integers(0, 2**63), latency_us=st.integers(0, 2**40), queue_us=st.integers(0, 2**40),
            input=st.binary(), output=st.binary(), trace=st.text(), input_size=st.integers(0, 2**40),
        ),
        min_size=1,
    )
)  # fmt: skip
def test_any_records_come_back(written: list[Own]) -> None:
    (payload,) = payloads(encode_sheet(COMMON, written))

    assert decode_sheet(payload, MAGIC).records() == [record_from(COMMON, each) for each in written]
