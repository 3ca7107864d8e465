"""Files of deferred predictions are read as they were written, and any damage to them is seen."""

import io

import msgspec
import pytest

from unshelf.contracts.deferred import Damaged, DeferredRequest, frame, is_deferred_id, read_body, read_head

REQUEST = DeferredRequest(
    id="d" + "0" * 28, model="iris", version=3, reference="iris", protocol="native", key="k1", created_ns=1,
    content_type="application/json", kind=1, header=0,
)  # fmt: skip
WHOLE = frame(REQUEST, [b"bo", memoryview(b"dy")]) + b"body"


def test_head_and_body_come_back() -> None:
    file = io.BytesIO(WHOLE)
    head, length, checksum = read_head(file, DeferredRequest)
    assert (head, read_body(file, length, checksum)) == (REQUEST, b"body")


@pytest.mark.parametrize("place", range(0, len(WHOLE), 3))
def test_a_bit_that_flips_anywhere_is_seen(place: int) -> None:
    damaged = bytearray(WHOLE)
    damaged[place] ^= 1
    with pytest.raises((Damaged, msgspec.MsgspecError)):
        file = io.BytesIO(damaged)
        _, length, checksum = read_head(file, DeferredRequest)
        read_body(file, length, checksum)


@pytest.mark.parametrize("size", [0, 5, 40, len(WHOLE) - 1])
def test_a_file_that_is_cut_short_is_seen(size: int) -> None:
    with pytest.raises(Damaged):
        file = io.BytesIO(WHOLE[:size])
        _, length, checksum = read_head(file, DeferredRequest)
        read_body(file, length, checksum)


def test_bytes_behind_the_body_are_seen() -> None:
    file = io.BytesIO(WHOLE + b"x")
    _, length, checksum = read_head(file, DeferredRequest)
    with pytest.raises(Damaged):
        read_body(file, length, checksum)


def test_an_id_is_safe_as_a_file_s_name() -> None:
    assert is_deferred_id(REQUEST.id)
    assert not any(
        is_deferred_id(text) for text in ("", "d", "../" + REQUEST.id, REQUEST.id + "\n", REQUEST.id.upper())
    )
