"""Records become windows, dashboards and the fleet in a running control, by the processes that do it for real."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.in_process import InProcessControl, in_process_control
from tests.support.segments import held, record, write
from tests.support.waiting import wait_until


@pytest.fixture
def control(tmp_path: Path) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path / "home") as running:
        yield running


def get(control: InProcessControl, path: str, **query: Any) -> Any:
    answer = control.http.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_request_is_on_the_dashboard_at_once_and_in_the_windows_once_it_is_archived(
    control: InProcessControl,
) -> None:
    control.deploy("iris")
    assert get(control, "models/iris/dashboard")["words"] == ["iris has not been asked for anything yet."]
    moment = time.time_ns() - 3600 * 10**9
    segment = control.home.predictions / "20261101T000000000000001-0-a.seg"
    write(
        segment, *(record(n, time_ns=moment + n) for n in range(5)),
        record(9, time_ns=moment, status=500, code="model_error"),
    )  # fmt: skip
    with held(segment):
        live = get(control, "models/iris/dashboard", since="1d")
        assert (live["traffic"]["requests"], live["traffic"]["errors"]) == (6, {"model_error": 1})
        assert get(control, "fleet")["models"][0]["requests"] == 0, "the fleet shows what is archived"
    wait_until(lambda: get(control, "fleet")["models"][0]["requests"] == 6)
    found = get(control, "models/iris:1/dashboard", since="1d")
    assert (found["traffic"]["requests"], found["version"], found["reads_records"]) == (6, 1, True)
    assert {each["column"] for each in found["columns"]} >= {"out:output"}
    column = get(control, "models/iris/dashboard/column", column="out:output", since="1d")
    assert sum(column["window"]) == pytest.approx(1)
    assert column["labels"] == ["0"]


def test_roles_are_shown_and_changed_over_the_api(control: InProcessControl) -> None:
    control.deploy("iris")
    found = get(control, "models/iris/columns")
    assert (found["version"], found["prediction"], found["sources"]["prediction"]) == (1, "output", "inferred")
    answer = control.http.patch(
        "/api/v1/models/iris/columns", json={"label": "species", "task": "classification", "reason": "why"}
    )
    assert (answer.status_code, answer.json()["label"], answer.json()["sources"]["label"]) == (200, "species", "edited")
    wrong = control.http.patch("/api/v1/models/iris/columns", json={"key": "nowhere"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")
    assert "no input 'nowhere'" in wrong.json()["detail"]
    assert control.http.patch("/api/v1/models/iris/columns", json={"colour": "red"}).status_code == 422
    wrong_time = control.http.get("/api/v1/models/iris/dashboard", params={"since": "tomorrow"})
    assert (wrong_time.status_code, "no time" in wrong_time.json()["detail"]) == (422, True)
