"""The table of formats: every protocol is read and written by its own codec."""

import pytest

from unshelf.codecs.body import REFUSALS, ColumnBody, RowBody, TensorBody, TensorPart
from unshelf.codecs.requests import columns_of, is_csv, read_answer, read_request, wire_protocol_of, write_request
from unshelf.contracts.protocols import frames

BODIES = {
    frames.NATIVE: b'{"inputs":[[1,2]]}',
    frames.MLFLOW_JSON: b'{"instances":[[1,2]]}',
    frames.MLFLOW_CSV: b"a,b\n1,2\n",
    frames.V2: b'{"inputs":[{"name":"a","data":[1]}]}',
}


@pytest.mark.parametrize(
    ("protocol", "content_type", "number"),
    [
        ("native", "application/json", frames.NATIVE),
        ("mlflow", "application/json", frames.MLFLOW_JSON),
        ("mlflow", "Text/CSV; charset=utf-8", frames.MLFLOW_CSV),
        ("native", "text/csv", frames.NATIVE),
        ("v2", "", frames.V2),
        ("grpc", "", frames.V2),
        ("arrow", "application/vnd.apache.arrow.stream", 0),
    ],
)
def test_a_recorded_request_has_the_number_of_its_format(protocol: str, content_type: str, number: int) -> None:
    assert wire_protocol_of(protocol, content_type) == number


def test_csv_is_known_by_its_media_type_alone() -> None:
    assert is_csv(" text/csv ;header=present")
    assert not is_csv("text/csvx")


@pytest.mark.parametrize("number", BODIES)
def test_a_request_is_written_as_it_was_read(number: int) -> None:
    assert write_request(number, read_request(number, BODIES[number])) == (BODIES[number], 0)


@pytest.mark.parametrize(("number", "body"), [(frames.ARROW, b"x"), (0, b"{}"), (frames.NATIVE, b""), (frames.V2, b"")])
def test_what_has_no_codec_or_no_body_is_refused(number: int, body: bytes) -> None:
    with pytest.raises(REFUSALS):
        read_request(number, body)


def test_answers_are_read_by_their_protocol() -> None:
    assert read_answer("native", b"[1]") == RowBody("outputs", [1])
    assert read_answer("mlflow", b'{"predictions": [1]}') == RowBody("predictions", [1])
    tensors = TensorBody("outputs", [TensorPart({"name": "y", "data": [1]})])
    assert read_answer("grpc", b'{"outputs": [{"name": "y", "data": [1]}]}') == tensors
    with pytest.raises(REFUSALS):
        read_answer("arrow", b"[1]")


def test_every_kind_of_body_has_its_values_by_column() -> None:
    assert columns_of(RowBody("inputs", [[1, 2]]), ["a", "b"]) == {"a": [1], "b": [2]}
    assert columns_of(ColumnBody("inputs", {"a": [1]}), ["a"]) == {"a": [1]}
    assert columns_of(TensorBody("inputs", [TensorPart({"name": "a", "data": [[1], [2]]})]), ["a"]) == {"a": [1, 2]}
