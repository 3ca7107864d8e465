"""Native bodies: rows under `inputs`, an answer as the array of its outputs."""

import pytest

from unshelf.codecs.body import REFUSALS
from unshelf.codecs.native import read_answer, read_request, write_request


@pytest.mark.parametrize("rows", [b'[{"a": 1}]', b"[[1, null]]"])
def test_rows_are_read_and_written_again(rows: bytes) -> None:
    body = read_request(b'{"inputs": ' + rows + b"}")
    assert read_request(write_request(body)).rows == body.rows


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"inputs": [1], "more": 2}', b'{"rows": [1]}', b'{"inputs": [1'])
def test_what_is_no_native_body_can_not_be_read(body: bytes) -> None:
    with pytest.raises(REFUSALS):
        read_request(body)


def test_an_answer_is_its_rows() -> None:
    assert read_answer(b"[[0.5], [0.25]]").rows == [[0.5], [0.25]]
