"""Tensors of Open Inference V2: numbers and texts as bytes and back, and what does not fill its shape is refused."""

import struct

import pytest

from unshelf.worker.encoding.v2_tensor import V2Tensor, join_bytes, split_bytes
from unshelf.worker.errors import RequestRefused


def test_bytes_of_numbers_are_little_endian_values_in_order() -> None:
    tensor = V2Tensor("x", "INT16", [2, 2], raw=struct.pack("<4h", 1, -2, 300, 4))
    assert tuple(tensor.flat()) == (1, -2, 300, 4)


@pytest.mark.parametrize("texts", [[], [""], ["a", "é", "", "line\nend"]])
def test_texts_come_back_from_their_bytes(texts: list[str]) -> None:
    assert split_bytes(join_bytes(texts), "t") == [text.encode() for text in texts]
    assert V2Tensor("t", "BYTES", [len(texts)], raw=join_bytes(texts)).flat() == texts


def test_bytes_of_binary_data_are_as_they_came_and_of_json_the_texts() -> None:
    assert V2Tensor("t", "BYTES", [2], raw=join_bytes([b"\xff", b""])).blobs() == [b"\xff", b""]
    assert V2Tensor("t", "BYTES", [1], values=["/w=="]).blobs() == ["/w=="]


def test_texts_may_be_bytes_already() -> None:
    assert join_bytes([b"\x00\xff"]) == b"\x02\x00\x00\x00\x00\xff"


@pytest.mark.parametrize("cut", [1, 3, 5])
def test_an_element_that_is_cut_off_is_malformed(cut: int) -> None:
    with pytest.raises(RequestRefused, match="ends within an element") as refused:
        split_bytes(join_bytes(["ab"])[:cut], "t")
    assert refused.value.status == 400


def test_an_element_that_is_no_text_is_named_by_its_number() -> None:
    with pytest.raises(RequestRefused, match="element 1 is not UTF-8") as refused:
        V2Tensor("t", "BYTES", [2], raw=join_bytes(["good", b"\xff"])).flat()
    assert refused.value.status == 422


def test_bytes_and_values_must_fill_the_shape() -> None:
    with pytest.raises(RequestRefused, match="3 bytes of binary data do not make the 2 values"):
        V2Tensor("x", "INT16", [2], raw=b"abc")
    with pytest.raises(RequestRefused, match="3 values do not fill the shape"):
        V2Tensor("x", "INT16", [2], values=[1, 2, 3])
