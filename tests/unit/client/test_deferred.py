"""The SDK's handle on a prediction that is answered later."""

from typing import Any

import pytest

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.errors import InvalidInput, NotFinished, NotFound, Unavailable, UnshelfError

PATH = "/models/iris/predict"
URL = "/models/iris/predictions/d1"
ANSWER = {"id": "p1", "model": "iris", "version": 3, "outputs": [1]}


def status(name: str, **more: Any) -> dict[str, Any]:
    return {"id": "d1", "model": "iris", "version": 3, "status": name, "url": URL, **more}


@pytest.fixture
def accepting(control: Control) -> Control:
    control.reply("POST", PATH, status("queued"), 202, Location=URL)
    return control


def test_it_is_submitted_waited_for_and_fetched(accepting: Control, client: Client) -> None:
    accepting.reply("GET", URL, status("queued"))
    accepting.reply("GET", URL, status("running"))
    accepting.reply("GET", URL, status("succeeded", prediction_id="p1", outputs=[1]))
    accepting.reply("GET", f"{URL}/answer", ANSWER, Server_Timing="queue;dur=1.5")

    later = client.submit("iris", [[1]])

    assert (later.id, later.url) == ("d1", f"{accepting.url}{URL}")
    answer = later.answer(timeout=60)
    assert (answer.id, answer.version, answer.outputs, answer.timings) == ("p1", 3, [1], {"queue": 1.5})
    (call,) = accepting.calls("POST", PATH)
    assert (call.headers["prefer"], call.json) == ("respond-async", {"inputs": [[1]]})
    assert len(accepting.calls("GET", URL)) == 3


def test_it_raises_what_predict_would_have_raised(accepting: Control, client: Client) -> None:
    problem = {
        "status": 422,
        "code": "invalid_input",
        "detail": "no",
        "errors": [{"row": 0, "expected": "x", "got": "y"}],
    }
    accepting.reply("GET", URL, status("failed", prediction_id="p1", problem=problem))
    with pytest.raises(InvalidInput) as raised:
        client.submit("iris", [[1]]).result()
    assert raised.value.errors == problem["errors"]


def test_patience_ends_without_ending_it(accepting: Control, client: Client) -> None:
    accepting.reply("GET", URL, status("running"))
    with pytest.raises(NotFinished, match="still running") as raised:
        client.submit("iris", [[1]]).result(timeout=0.05)
    assert raised.value.id == "d1"
    assert accepting.calls("DELETE", URL) == []


def test_it_is_cancelled_or_its_answer_removed(accepting: Control, client: Client) -> None:
    accepting.reply("DELETE", URL, status("cancelled"))
    accepting.reply("DELETE", URL, None, 204)
    later = client.submit("iris", [[1]])
    assert (later.cancel(), later.cancel()) == (True, False)


def test_a_server_that_answers_at_once_is_no_error(control: Control, client: Client) -> None:
    """The preference is not applied to a version with redacted columns."""
    control.reply("POST", PATH, ANSWER)
    later = client.submit("iris", [[1]])
    assert (later.url, later.id, later.cancel()) == ("", "", False)
    assert later.result() == later.status()["outputs"] == [1]


def test_what_is_refused_at_once_is_raised_at_once(control: Control, client: Client) -> None:
    control.problem("POST", PATH, 503, "overloaded", "too many wait")
    with pytest.raises(Unavailable, match="too many wait"):
        client.submit("iris", [[1]])


def test_it_is_reopened_by_address_path_or_id(accepting: Control, client: Client) -> None:
    accepting.reply("GET", URL, status("running"))
    for found in (client.reopen(f"{client.url}{URL}"), client.reopen(URL), client.reopen("iris", "d1")):
        assert found.status()["status"] == "running"
    with pytest.raises(NotFound):
        client.reopen("iris", "d2").status()


@pytest.mark.parametrize("where", ["https://elsewhere.example/models/iris/predictions/d1", "d1", "/models/iris", ""])
def test_what_is_no_address_of_this_server_is_told(client: Client, where: str) -> None:
    with pytest.raises(UnshelfError) as raised:
        client.reopen(where)
    assert raised.value.code == "invalid_url"
