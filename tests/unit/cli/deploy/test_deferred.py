"""`unshelf predict --async` and `unshelf deferred`: the address first, the answer later."""

import json

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run

URL = "/models/iris/predictions/d1"
ANSWER = {"id": "p1", "model": "iris", "version": 3, "outputs": [1, None]}
DONE = {
    "id": "d1", "model": "iris", "version": 3, "status": "succeeded", "url": URL, "created_at": "2026-01-31T12:00:00.000Z",
    "prediction_id": "p1", "outputs": [1, None],
}  # fmt: skip


@pytest.fixture
def accepting(control: Control) -> Control:
    control.reply("POST", "/models/iris/predict", {**DONE, "status": "queued"}, 202, Location=URL)
    control.reply("GET", URL, DONE)
    control.reply("GET", f"{URL}/answer", ANSWER)
    return control


def test_the_address_is_printed_alone(accepting: Control, run: Run) -> None:
    assert run("predict", "iris", "--async", stdin="[[1]]").out == f"{accepting.url}{URL}\n"
    assert json.loads(run("predict", "iris", "--async", "--json", stdin="[[1]]").out) == DONE


def test_it_is_waited_for(accepting: Control, run: Run) -> None:
    said = run("predict", "iris", "--async", "--wait", stdin="[[1]]")
    assert said.out == "1\nnull\n"
    assert f"{accepting.url}{URL}" in said.err
    assert run("deferred", f"{accepting.url}{URL}", "--wait").out == "1\nnull\n"


def test_how_it_stands_for_people_and_programs(accepting: Control, run: Run) -> None:
    said = run("deferred", URL).out
    assert "succeeded" in said
    assert "2 rows" in said
    assert json.loads(run("deferred", URL, "--json").out) == DONE


def test_it_is_cancelled(accepting: Control, run: Run) -> None:
    accepting.reply("DELETE", URL, {**DONE, "status": "cancelled"})
    accepting.reply("DELETE", URL, None, 204)
    assert "cancelled" in run("deferred", URL, "--cancel").err
    assert json.loads(run("deferred", URL, "--cancel", "--json").out) == {"url": URL, "cancelled": False}


def test_an_answer_at_once_is_printed_and_said(control: Control, run: Run) -> None:
    control.reply("POST", "/models/iris/predict", ANSWER)
    said = run("predict", "iris", "--async", stdin="[[1]]")
    assert said.out == "1\nnull\n"
    assert "answered at once" in said.err


@pytest.mark.parametrize("words", [("predict", "iris", "--wait"), ("deferred", URL, "--wait", "--cancel")])
def test_what_does_not_go_together_is_a_wrong_call(accepting: Control, run: Run, words: tuple[str, ...]) -> None:
    assert run(*words, stdin="[[1]]").code == 2


def test_an_address_of_another_server_is_told(accepting: Control, run: Run) -> None:
    said = run("deferred", "https://elsewhere.example" + URL)
    assert said.code == 1
    assert "invalid_url" in said.err
