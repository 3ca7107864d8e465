"""MLflow's scoring protocol in JSON: the four members that inputs may be in, and predictions."""

import pytest

from unshelf.codecs.body import REFUSALS, ColumnBody, RowBody
from unshelf.codecs.mlflow import read_answer, read_request, write_request


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b'{"instances": [[1, 2]]}', RowBody("instances", [[1, 2]])),
        (b'{"inputs": [1, 2]}', RowBody("inputs", [1, 2])),
        (b'{"inputs": {"a": [1]}}', ColumnBody("inputs", {"a": [1]})),
        (b'{"dataframe_records": [{"a": 1}]}', RowBody("dataframe_records", [{"a": 1}])),
        (
            b'{"dataframe_split": {"columns": ["a", 1], "data": [[1, 2]]}}',
            RowBody("dataframe_split", [[1, 2]], ["a", "1"]),
        ),
        (b'{"dataframe_split": {"data": [[1]]}}', RowBody("dataframe_split", [[1]])),
    ],
)
def test_inputs_are_read_and_written_again(body: bytes, read: RowBody | ColumnBody) -> None:
    assert read_request(body) == read
    assert read_request(write_request(read)) == read


def test_the_index_is_left_out() -> None:
    body = b'{"dataframe_split": {"columns": ["a"], "index": [7], "data": [[1]]}, "params": null}'
    assert read_request(body) == RowBody("dataframe_split", [[1]], ["a"])


@pytest.mark.parametrize(
    "inputs", ['"inputs": {"a": [1]}', '"instances": [[1]]', '"dataframe_split": {"columns": ["a"], "data": [[1]]}']
)
def test_parameters_are_read_and_written_again(inputs: str) -> None:
    read = read_request(f'{{{inputs}, "params": {{"beam": 3}}}}'.encode())
    assert read.params == {"beam": 3}
    assert read_request(write_request(read)) == read
    assert read.mapped(["a"], lambda _, value: value).params == {"beam": 3}


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"{}",
        b'{"rows": [1]}',
        b'{"inputs": [1], "instances": [1]}',
        b'{"inputs": [1], "params": [3]}',
        b'{"inputs": 1}',
        b'{"instances": {"a": [1]}}',
        b'{"dataframe_split": [[1]]}',
        b'{"dataframe_split": {"columns": ["a"]}}',
        b'{"dataframe_split": {"data": [[1]], "dtype": "int"}}',
        b'{"dataframe_split": {"columns": "a", "data": [[1]]}}',
        b'{"dataframe_split": {"columns": [true], "data": [[1]]}}',
        b'{"inputs": [1',
    ],
)
def test_what_is_no_request_of_this_protocol_is_refused(body: bytes) -> None:
    with pytest.raises(REFUSALS):
        read_request(body)


def test_predictions_are_rows_or_columns() -> None:
    assert read_answer(b'{"predictions": [1, 2]}') == RowBody("predictions", [1, 2])
    assert read_answer(b'{"predictions": {"a": [1]}}') == ColumnBody("predictions", {"a": [1]})
    with pytest.raises(REFUSALS):
        read_answer(b'{"outputs": [1]}')
