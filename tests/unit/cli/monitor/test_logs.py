"""Predictions of a model on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run


def test_logs_shows_what_went_wrong_and_follows_options(control: Control, run: Run) -> None:
    record = {
        "id": "p1", "time": "2026-01-31T12:00:00.123Z", "model": "iris", "version": 1, "reference": "iris", "protocol": "native",
        "key": "admin", "status": 422, "code": "invalid_input", "latency_ms": 1.5, "queue_ms": 0, "predict_ms": 0,
        "batch_rows": 0, "attempts": 1, "input": {"inputs": [[1]]}, "output": {"detail": "Wrong."},
    }  # fmt: skip
    control.reply("GET", "/api/v1/models/iris/predictions", [record])
    assert "[[1]] ✗ invalid_input: Wrong." in run("logs", "iris", "--tail", "5", "--status", "422").out
    assert control.asked[0].path.endswith("?tail=5&follow=false&status=422")
    assert json.loads(run("logs", "iris", "--json").out) == record


def test_logs_asks_by_sql(control: Control, run: Run) -> None:
    columns = [{"name": "id", "type": "VARCHAR"}, {"name": "in_x", "type": "DOUBLE[]"}]
    answer = {"columns": columns, "rows": [["p1", [1.5]]], "truncated": True, "seconds": 0.1}
    control.reply("POST", "/api/v1/predictions/query", answer)
    shown = run("logs", "iris", "--sql", "select id, in_x from predictions")
    assert control.asked[0].json == {"sql": "select id, in_x from predictions", "model": "iris"}
    assert "p1" in shown.out
    assert "There are more rows" in shown.err
    assert json.loads(run("logs", "--sql", "select 1", "--json").out) == {"id": "p1", "in_x": [1.5]}
    assert control.asked[1].json == {"sql": "select 1", "model": None}
    assert run("logs").code == 2
    assert run("logs", "iris", "--sql", "select 1", "--follow").code == 2
    assert run("logs", "iris", "--sql", "select 1", "--since", "1d").code == 2


LINES = [
    {"time": "2026-01-31T12:00:00.100Z", "version": 3, "replica": "42", "text": "before [red]it[/red]\x1b[2J"},
    {"time": "2026-01-31T12:00:09.000Z", "version": 3, "replica": "", "text": "long after"},
]
FAILED = {
    "id": "p7", "time": "2026-01-31T12:00:00.100456Z", "model": "iris", "version": 3, "reference": "iris", "protocol": "native",
    "key": "k1", "caller": "shop", "purpose": "live", "status": 500, "code": "model_error", "latency_ms": 12.0, "trace": "",
    "input": {"inputs": [[1]]},
    "output": {"detail": "The model raised KeyError.", "traceback": "Traceback (most recent call last):\nKeyError: 'age'\n"},
}  # fmt: skip


def test_logs_shows_what_the_programs_printed(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/output", LINES)
    said = run("logs", "iris", "--output", "--limit", "2", "--since", "10m")
    assert control.asked[0].path.endswith("?tail=2&follow=false&since=10m")
    first, last = said.out.splitlines()
    assert first.split()[:3] == ["2026-01-31T12:00:00.100", "3", "42"]
    assert "[red]it[/red]" in first
    assert "\x1b[2J" not in said.out
    assert "long after" in last
    assert "--limit shows more" in said.err
    assert [json.loads(line) for line in run("logs", "iris", "--output", "--json").out.splitlines()] == LINES
    assert "?tail=100&" in control.asked[-1].path
    assert run("logs", "iris", "--output", "--status", "500").code == 2


def test_a_failed_prediction_is_shown_whole_with_what_was_printed_meanwhile(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/predictions", [FAILED])
    control.reply("GET", "/api/v1/models/iris:3/output", LINES)
    said = run("logs", "iris", "--id", "p7")
    assert "id=p7" in control.asked[0].path
    for words in ("shop", "model_error", "The model raised KeyError.", "KeyError: 'age'", "before"):
        assert words in said.out
    assert "long after" not in said.out
    told = json.loads(run("logs", "iris", "--id", "p7", "--json").out)
    assert told["printed"] == LINES[:1]
    assert told["output"]["traceback"].startswith("Traceback")
    assert run("logs", "iris", "--id", "p7", "--follow").code == 2


def test_a_prediction_that_is_not_there_is_told(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/predictions", [])
    said = run("logs", "iris", "--id", "p9")
    assert (said.code, "p9" in said.err) == (1, True)


def test_callers_are_shown_by_name(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris/predictions", [FAILED])
    assert "shop" in run("logs", "iris").out
