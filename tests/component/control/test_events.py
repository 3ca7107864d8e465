"""Events over the API: the list, the live stream with its place to go on from, and the proof that nothing was changed."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.waiting import wait_until


@pytest.fixture
def control(tmp_path: Path) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path / "home") as running:
        yield running


def chained(control: InProcessControl) -> int:
    """Wait until every event has its place in the chain; the last one's."""

    def report() -> dict[str, Any]:
        answer = control.http.get("/api/v1/audit/chain")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    wait_until(lambda: report()["pending"] == 0, what="the chain is closed")
    assert report()["faults"] == []
    return int(report()["closed_to"])


def followed(
    client: httpx.Client, count: int, after: int | None = 0, then: Callable[[], object] = lambda: None
) -> list[dict[str, Any]]:
    """The next events of the stream after a place; `then` is done once it follows."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    events: list[dict[str, Any]] = []
    place = ""
    with client.stream("GET", "/api/v1/events", headers=headers) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        for line in answer.iter_lines():
            if line == ": events follow":
                then()
            if line.startswith("id: "):
                place = line.removeprefix("id: ")
            if line.startswith("data: "):
                events.append(json.loads(line.removeprefix("data: ")))
                assert place == str(events[-1]["sequence"])
            if len(events) == count:
                break
    return events


def test_a_reader_who_comes_back_goes_on_where_it_left(control: InProcessControl) -> None:
    control.deploy("iris")
    last = chained(control)
    whole = followed(control.http, last)
    assert [event["sequence"] for event in whole] == list(range(1, last + 1))
    assert {"deploy.begun", "version.registered", "release.changed"} <= {event["action"] for event in whole}
    assert followed(control.http, last - 2, after=2) == whole[2:]


def test_without_a_place_only_new_events_are_sent(control: InProcessControl) -> None:
    chained(control)
    (event,) = followed(control.http, 1, after=None, then=lambda: control.client(name="later"))
    assert (event["action"], event["after"]["name"]) == ("key.created", "later")


@pytest.mark.long
def test_a_key_for_some_models_hears_of_these_alone(control: InProcessControl) -> None:
    mine = control.client(role="predict", models=["iris"])
    control.deploy("wine")
    control.deploy("iris")
    control.http.post("/api/v1/models/iris/pause").raise_for_status()
    chained(control)
    heard = followed(mine, 4)
    assert {event["model"] for event in heard} == {"iris"}
    assert [event["action"] for event in heard][-1] in ("release.changed", "model.paused")


@pytest.mark.long
def test_a_place_that_can_not_be_is_refused(control: InProcessControl) -> None:
    for place in ("x", "-1", "1.5", "9" * 20, "٣"):
        answer = control.http.get("/api/v1/events", headers={"Last-Event-ID": place.encode()})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), place


@pytest.mark.long
def test_refusals_are_events_of_a_declared_route(control: InProcessControl) -> None:
    """Given a key that may only predict, when it asks for what it may not, then that is logged once, with its count."""
    caller = control.client(role="predict", name="caller")
    for number in range(5):
        assert caller.get(f"/api/v1/models/m{number}").status_code == 403

    def refused() -> list[dict[str, Any]]:
        events = control.http.get("/api/v1/audit", params={"limit": 1000}).json()["events"]
        return [event for event in events if event["action"] == "access.refused"]

    wait_until(lambda: bool(refused()), what="the refusal is logged")
    assert {(event["subject"], event["after"]["status"]) for event in refused()} == {("GET /api/v1/models/{ref}", 403)}
    assert refused()[-1]["actor"].startswith("caller (")
    assert len(refused()) <= 3


@pytest.mark.long
def test_the_list_goes_on_with_its_cursor(control: InProcessControl) -> None:
    control.deploy("iris")
    whole = control.http.get("/api/v1/audit", params={"limit": 1000}).json()
    first = control.http.get("/api/v1/audit", params={"limit": 2}).json()
    rest = control.http.get("/api/v1/audit", params={"limit": 1000, "cursor": first["next_cursor"]}).json()
    names = [event["id"] for event in whole["events"]]
    assert [event["id"] for event in first["events"] + rest["events"]] == names
    assert (whole["next_cursor"], rest["next_cursor"]) == (None, None)
    assert control.http.get("/api/v1/audit", params={"cursor": "x"}).status_code == 422


@pytest.mark.long
def test_a_noted_hash_proves_the_log(control: InProcessControl) -> None:
    chained(control)
    noted = control.http.get("/api/v1/audit/chain").json()
    known = {"sequence": noted["closed_to"], "hash": noted["hash"]}
    assert control.http.get("/api/v1/audit/chain", params=known).json()["faults"] == []
    other = {"sequence": noted["closed_to"], "hash": "0" * 64}
    (fault,) = control.http.get("/api/v1/audit/chain", params=other).json()["faults"]
    assert fault["sequence"] == noted["closed_to"]
    assert control.http.get("/api/v1/audit/chain", params={"sequence": 1}).status_code == 422
