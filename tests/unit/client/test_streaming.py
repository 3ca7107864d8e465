"""Streams as the SDK gives them: outputs as they come, the errors of ordinary calls, and an end that is never guessed."""

import json
from typing import Any

import pyarrow as pa
import pytest

import unshelf
from tests.support.control import Control
from tests.support.routes import TOKEN
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput, ModelFailed, Unreachable, UnshelfError

PATH = "/models/iris/predict"
DONE = 'event: done\ndata: {"id": "p1", "model": "iris", "version": 3}\n\n'
FACTS = {"Content_Type": "text/event-stream", "X_Prediction_Id": "p1"}


def outputs(*values: Any) -> str:
    return "".join(f"event: output\ndata: {json.dumps(value)}\n\n" for value in values)


def test_outputs_come_and_then_what_answered(control: Control, client: Client) -> None:
    control.reply("POST", PATH, outputs("a", {"b": [1]}) + DONE, **FACTS)
    with client.stream("iris", [[1.0]]) as stream:
        assert stream.id == "p1"
        assert list(stream) == ["a", {"b": [1]}]
        assert (stream.model, stream.version) == ("iris", 3)
    (call,) = control.calls("POST", PATH)
    assert (call.headers["accept"], call.json) == ("text/event-stream", {"inputs": [[1.0]]})


def test_the_shortcut_needs_no_client(control: Control) -> None:
    control.reply("POST", PATH, outputs(1, 2) + DONE, **FACTS)
    assert list(unshelf.stream("iris", [1], url=control.url, token=TOKEN)) == [1, 2]


def test_a_table_travels_as_arrow(control: Control, client: Client) -> None:
    control.reply("POST", PATH, outputs(1) + DONE, **FACTS)
    assert list(client.stream("iris", pa.table({"x": [1.0]}))) == [1]
    (call,) = control.calls("POST", PATH)
    assert call.headers["content-type"] == "application/vnd.apache.arrow.stream"


def test_a_failure_before_the_first_output_is_that_of_an_ordinary_call(control: Control, client: Client) -> None:
    control.problem("POST", PATH, 422, "invalid_input", "No.", id="p1", errors=[{"expected": "int64", "got": '"x"'}])
    with pytest.raises(InvalidInput) as raised:
        client.stream("iris", [1])
    assert (raised.value.id, raised.value.errors[0]["got"]) == ("p1", '"x"')
    with pytest.raises(UnshelfError, match="NAME"):
        client.stream("no/name", [1])


def test_a_failure_midway_is_raised_after_what_came(control: Control, client: Client) -> None:
    problem = {"code": "model_error", "status": 500, "detail": "It raised.", "id": "p1"}
    control.reply("POST", PATH, outputs(1) + f"event: error\ndata: {json.dumps(problem)}\n\n", **FACTS)
    stream = client.stream("iris", [1])
    assert next(stream) == 1
    with pytest.raises(ModelFailed, match="It raised") as raised:
        next(stream)
    assert raised.value.id == "p1"


@pytest.mark.parametrize("body", [outputs(1), outputs(1) + DONE.rstrip("\n")])
def test_a_stream_that_breaks_off_is_not_taken_for_whole(control: Control, client: Client, body: str) -> None:
    control.reply("POST", PATH, body, **FACTS)
    stream = client.stream("iris", [1])
    assert next(stream) == 1
    with pytest.raises(Unreachable):
        next(stream)


def test_a_stream_that_was_closed_gives_nothing_more(control: Control, client: Client) -> None:
    control.reply("POST", PATH, outputs(1, 2) + DONE, **FACTS)
    stream = client.stream("iris", [1])
    assert next(stream) == 1
    stream.close()
    assert list(stream) == []


def test_an_answer_that_is_no_stream_is_told(control: Control, client: Client) -> None:
    control.reply("POST", PATH, {"outputs": [1]}, Content_Type="application/json")
    with pytest.raises(UnshelfError) as raised:
        client.stream("iris", [1])
    assert raised.value.code == "not_unshelf"
