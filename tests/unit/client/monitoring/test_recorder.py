"""A recorder: it never waits, sends in batches, tries again, and says what became of records."""

import json
from typing import Any

import pytest

from unshelf.client.errors import Forbidden, NotFinished, TooManyRequests, Unavailable
from unshelf.client.http import Http
from unshelf.client.monitoring.recorder import RecordSender


class StandInHttp:
    def __init__(self, *answers: Exception | None) -> None:
        self.answers = list(answers)
        self.sent: list[list[dict[str, Any]]] = []

    def call(self, _method: str, path: str, *, body: bytes, kind: str) -> dict[str, Any]:
        assert (path, kind) == ("/api/v1/models/churn/records", "application/x-ndjson")
        problem = self.answers.pop(0) if self.answers else None
        if problem is not None:
            raise problem
        self.sent.append([json.loads(line) for line in body.splitlines()])
        fault = {"row": 0, "column": "x", "expected": "a number", "got": '"a"'}
        return {"accepted": len(self.sent[-1]) - 1, "duplicates": 0, "refused": 1, "faults": [fault]}


def recorder(http: StandInHttp, **options: Any) -> RecordSender:
    return RecordSender(http, "churn", **options)  # type: ignore[arg-type]


def test_records_are_sent_together_and_a_flush_says_what_became_of_them() -> None:
    http = StandInHttp()
    with recorder(http, seconds=60.0) as taken:
        first = taken.record({"x": 1}, "a", id=5, time=1.5, latency_ms=2.0)
        second = taken.record({"x": 2}, error="late")
        assert taken.flush() == {
            "accepted": 1, "duplicates": 0, "refused": 1,
            "faults": [{"row": 0, "column": "x", "expected": "a number", "got": '"a"'}],
        }  # fmt: skip
        assert taken.flush()["accepted"] == 0
    (batch,) = http.sent
    assert batch[0] == {"inputs": {"x": 1}, "output": "a", "id": "5", "time": 1.5, "latency_ms": 2.0}
    assert (first, batch[1]["id"], batch[1]["error"]) == ("5", second, "late")
    assert isinstance(batch[1]["time"], float)


def test_what_can_not_be_sent_is_tried_again_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unshelf.client.monitoring.recorder._FIRST_PAUSE", 0.01)
    http = StandInHttp(Unavailable("away"), Unavailable("away"))
    taken = recorder(http)
    ids = [taken.record({"x": n}, n) for n in range(3)]
    taken.flush()
    assert [each["id"] for each in http.sent[0]] == ids


def test_who_may_not_send_hears_of_it_and_nothing_waits_for_ever() -> None:
    taken = recorder(StandInHttp(Forbidden("no")))
    taken.record({"x": 1}, 1)
    with pytest.raises(Forbidden):
        taken.flush()
    with pytest.raises(Forbidden):
        taken.record({"x": 1}, 1)


def test_more_than_can_wait_is_refused_and_a_flush_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unshelf.client.monitoring.recorder._FIRST_PAUSE", 30.0)
    taken = recorder(StandInHttp(*[Unavailable("away")] * 5), most_waiting=2, seconds=60.0)
    taken.record({"x": 1}, 1)
    taken.record({"x": 2}, 2)
    with pytest.raises(TooManyRequests):
        taken.record({"x": 3}, 3)
    with pytest.raises(NotFinished):
        taken.flush(0.05)


def test_a_recorder_speaks_to_a_server() -> None:
    http = Http("http://127.0.0.1:9", "token")
    assert RecordSender(http, "a b")._path == "/api/v1/models/a%20b/records"
