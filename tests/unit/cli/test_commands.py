"""Each command asks the server for the right thing, shows it to people and programs, and says what to do when it fails."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run

MODEL: dict[str, Any] = {
    "name": "iris", "versions": [1, 2], "aliases": {"champion": 1}, "release": [{"version": 1, "percent": 100.0}],
    "paused": False, "created_at": "2026-01-31T12:00:00Z", "latest": 2,
}  # fmt: skip
VERSION: dict[str, Any] = {
    "version": 1, "digest": "d" * 64, "created_at": "2026-01-31T12:00:00Z", "by": "admin",
    "loader": {"kind": "sklearn", "format": "skops"}, "environment": "e" * 64, "python": "3.11.7",
    "packages": [{"name": "numpy", "version": "2.4.6"}],
    "signature": {
        "inputs": {"kind": "columns", "container": "pandas", "columns": [
            {"name": "size", "type": "float64", "nullable": True}, {"name": "kind", "type": "string", "categories": ["a", "b"]},
        ]},
        "outputs": {"kind": "tensors", "tensors": [{"name": "output", "type": "int64", "shape": [-1]}]},
    },
    "checks": {"load_seconds": 0.5, "predict_seconds": 0.001, "example_rows": 5, "memory_bytes": 1 << 27, "batchable": True},
    "contains_code": False, "code": {"commit": "c" * 40}, "files": [{"path": "model.skops", "size": 10, "sha256": "f" * 64}],
    "description": "", "paused": False, "replicas": [],
    "batching": {"max_rows": 1024, "max_bytes": 16777216, "wait": 0.0},
}  # fmt: skip
DETAIL = {**MODEL, "versions": [{"version": 1}, {"version": 2}], "version": VERSION}


def test_models_for_people_and_for_programs(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models", {"models": [MODEL]})
    assert "champion → 1" in run("models").out
    assert json.loads(run("models", "--json").out) == {"models": [MODEL]}


ALERT: dict[str, Any] = {
    "id": "a", "kind": "predictions_lost", "model": "iris", "severity": "critical", "summary": "Predictions are lost.",
    "evidence": {"lost_since_start": 3}, "action": "repair", "advice": "Make room.", "owner": "admin",
    "raised_at": "2026-01-31T12:00:00Z", "seen_at": "2026-01-31T12:00:00Z", "resolved_at": None,
}  # fmt: skip


def test_open_alerts_are_seen_where_their_model_is_and_by_the_doctor(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/alerts", {"alerts": [ALERT]})
    control.reply("GET", "/api/v1/models", {"models": [MODEL]})
    control.reply("GET", "/api/v1/models/iris", DETAIL)
    control.reply("GET", "/api/v1/status", {"version": "1", "uptime_seconds": 1, "models": 1, "versions": 2})
    control.reply("GET", "/api/v1/whoami", {"id": "k", "name": "k", "role": "admin", "models": None})
    control.reply("GET", "/api/v1/machine", {"machine": {}, "replicas": []})
    assert "alerts" in run("models").out.splitlines()[0]
    assert "critical: Predictions are lost. repair: Make room." in " ".join(run("show", "iris").out.split())
    assert control.calls("GET", "/api/v1/alerts")[-1].path.endswith("model=iris")
    said = run("doctor")
    assert said.code == 1
    assert "predictions_lost" in said.out
    assert "lost_since_start=3" in said.out


def test_an_empty_shelf_says_what_to_do(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models", {"models": []})
    assert "unshelf deploy PATH" in run("models").out


def test_show_tells_how_to_call_it(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models/iris:1", DETAIL)
    said = run("show", "iris:1").out
    assert "sklearn, skops" in said
    assert "may be missing" in said
    assert f"{control.url}/models/iris:1/predict" in said
    assert """'{"inputs":[{"size":0.0,"kind":"a"}]}'""" in said
    assert json.loads(run("show", "iris:1", "--json").out) == DETAIL


def test_names_from_others_are_text_and_never_markup(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/keys", {"keys": [
        {"id": "k", "name": "[red]x[/red]", "role": "predict", "models": None, "expires_at": None, "revoked_at": None,
         "created_at": "2026-01-31T12:00:00Z", "created_by": "admin"},
    ]})  # fmt: skip
    assert "[red]x[/red]" in run("keys", "list").out


def test_predict_reads_json_json_lines_and_csv(control: Control, run: Run, tmp_path: Path) -> None:
    answer = {"id": "p1", "model": "iris", "version": 1, "outputs": [0, None]}
    control.reply("POST", "/models/iris/predict", answer, Server_Timing="queue;dur=0.1, predict;dur=0.2")
    (tmp_path / "rows.csv").write_text("a,b\n1,x\n,y\n")
    rows = [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]
    forms = [json.dumps(rows), json.dumps({"inputs": rows}), "\n".join(map(json.dumps, rows)), "a,b\n1,x\n,y\n"]
    for form in forms:
        assert run("predict", "iris", stdin=form).out == "0\nnull\n"
    assert run("predict", "iris", "--data", str(tmp_path / "rows.csv")).code == 0
    assert [one.json for one in control.asked] == [{"inputs": rows}] * 5
    told = json.loads(run("predict", "iris", "--json", stdin="[[1]]").out)
    assert (told["id"], told["outputs"], told["timings_ms"]) == ("p1", [0, None], {"queue": 0.1, "predict": 0.2})


def test_predict_prints_a_stream_line_by_line(control: Control, run: Run) -> None:
    body = 'event: output\ndata: {"token": "a"}\n\nevent: output\ndata: null\n\n'
    done = 'event: done\ndata: {"id": "p1", "model": "iris", "version": 3}\n\n'
    facts = {"Content_Type": "text/event-stream", "X_Prediction_Id": "p1"}
    control.reply("POST", "/models/iris/predict", body + done, **facts)
    said = run("predict", "iris", "--stream", stdin="[[1]]")
    assert (said.code, said.out) == (0, '{"token":"a"}\nnull\n')
    assert "iris:3, prediction p1" in said.err
    lines = run("predict", "iris", "--stream", "--json", stdin="[[1]]").out.splitlines()
    assert [json.loads(line) for line in lines] == [
        {"output": {"token": "a"}}, {"output": None}, {"id": "p1", "model": "iris", "version": 3},
    ]  # fmt: skip


def test_a_stream_that_fails_midway_prints_what_came_and_why_it_ended(control: Control, run: Run) -> None:
    problem = {"code": "model_error", "status": 500, "detail": "The model raised ValueError."}
    body = f"event: output\ndata: 1\n\nevent: error\ndata: {json.dumps(problem)}\n\n"
    control.reply("POST", "/models/iris/predict", body, Content_Type="text/event-stream")
    said = run("predict", "iris", "--stream", stdin="[[1]]")
    assert (said.code, said.out) == (1, "1\n")
    assert "The model raised ValueError." in said.err


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


def test_releases_and_pauses(control: Control, run: Run) -> None:
    control.reply("PUT", "/api/v1/models/iris/release", {})
    control.reply("POST", "/api/v1/models/iris/rollback", {})
    control.reply("POST", "/api/v1/models/iris:2/pause", None, 204)
    control.reply("POST", "/api/v1/models/iris:2/resume", None, 204)
    control.reply("GET", "/api/v1/models/iris", DETAIL)
    assert run("release", "iris", "2", "--percent", "10").code == 0
    assert control.asked[0].json == {"version": 2, "percent": 10.0}
    assert "iris:1 gets 100 %" in run("rollback", "iris").out
    assert json.loads(run("pause", "iris:2", "--json").out) == {"reference": "iris:2", "paused": True}
    assert "serving again" in run("resume", "iris:2").out


def test_aliases_come_and_go(control: Control, run: Run) -> None:
    control.reply("PUT", "/api/v1/models/iris/aliases/champion", {})
    control.reply("DELETE", "/api/v1/models/iris/aliases/champion", None, 204)
    assert run("alias", "iris", "champion", "2").code == 0
    assert control.asked[0].json == {"version": 2}
    assert run("alias", "iris", "champion", "--remove").code == 0
    assert run("alias", "iris", "champion").code == 2


def test_nothing_is_removed_unasked(control: Control, run: Run) -> None:
    control.reply("DELETE", "/api/v1/models/iris:1", None, 204)
    refused = run("remove", "iris:1")
    assert refused.code == 1
    assert "--yes" in refused.err
    assert control.asked == []
    assert run("remove", "iris:1", "--yes").code == 0


def test_a_key_is_made_with_its_limits_and_shown_once(control: Control, run: Run) -> None:
    made = {
        "id": "k1",
        "name": "desk",
        "role": "predict",
        "models": ["iris"],
        "expires_at": "2026-05-01T00:00:00Z",
        "token": "unshelf_x",
    }
    control.reply("POST", "/api/v1/keys", made, 201)
    assert "unshelf_x" in run("keys", "create", "desk", "--model", "iris", "--expires", "90d").out
    asked = {"name": "desk", "role": "predict", "models": ["iris"], "expires_in_seconds": 7_776_000.0}
    assert control.asked[0].json == asked
    assert json.loads(run("keys", "create", "desk", "--json").out) == made
    assert run("keys", "create", "desk", "--expires", "soon").code == 2


def test_environments_and_their_locks(control: Control, run: Run) -> None:
    environment = {
        "hash": "ab" * 32,
        "python": "3.11.7",
        "packages": 2,
        "created_at": "2026-01-31T12:00:00Z",
        "versions": ["iris:1"],
    }
    control.reply("GET", "/api/v1/environments", {"environments": [environment]})
    control.reply("GET", f"/api/v1/environments/{'ab' * 32}/lock", 'lock-version = "1.0"\n')
    assert "iris:1" in run("environments").out
    assert run("environments", "--lock", "abab").out == 'lock-version = "1.0"\n'


def test_the_audit_trail(control: Control, run: Run) -> None:
    event = {
        "time": "2026-01-31T12:00:00Z",
        "actor": "admin",
        "action": "key.created",
        "subject": "k1",
        "detail": {"role": "predict"},
    }
    control.reply("GET", "/api/v1/audit", {"events": [event]})
    assert "role=predict" in run("audit", "--limit", "5").out
    assert control.asked[0].path.endswith("?limit=5")


def test_doctor_works_without_a_server(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNSHELF_URL", "http://127.0.0.1:9")
    monkeypatch.delenv("UNSHELF_TOKEN", raising=False)
    monkeypatch.setenv("UNSHELF_HOME", str(tmp_path))
    said = run("doctor")
    assert "✓ Python" in said.out
    assert "unshelf up" in said.out
    assert json.loads(run("doctor", "--json").out)["server"]["problem"]["code"] == "unauthenticated"


def test_a_deploy_in_a_pipe_tells_each_step_and_how_to_call(control: Control, run: Run, tmp_path: Path) -> None:
    (tmp_path / "predict.py").write_text("def predict(rows):\n    return rows\n")
    (tmp_path / "unshelf.toml").write_text('[model]\npredict = "predict.py:predict"\n[example]\ninputs = [{a = 1}]\n')
    control.deploys(name="echo")
    said = run("deploy", str(tmp_path), "--name", "echo", "--requirement", "six")
    assert said.code == 0
    assert "✓ build the environment" in said.out
    assert """-H "Authorization: Bearer $UNSHELF_TOKEN\"""" in said.out
    assert f"""-d '{{"inputs":[{{"a":1}}]}}' {control.url}/models/echo/predict""" in said.out
    assert control.calls("POST", "/api/v1/deploys")[0].json["manifest"]["requirements"] == ["six"]
    lines = [json.loads(line) for line in run("deploy", str(tmp_path), "--name", "echo", "--json").out.splitlines()]
    assert lines[0]["step"] == "bundle"
    assert (lines[-1]["step"], lines[-1]["version"], lines[-1]["reference"]) == ("end", 1, "echo:1")


def test_a_failed_deploy_says_step_reason_and_what_to_do(control: Control, run: Run, tmp_path: Path) -> None:
    (tmp_path / "predict.py").write_text("def predict(rows):\n    return rows\n")
    (tmp_path / "unshelf.toml").write_text('[model]\npredict = "predict.py:predict"\n')
    error = {
        "code": "check_failed",
        "step": "check",
        "detail": "No module named 'six'",
        "hint": "Add six.",
        "log": "last words",
    }
    control.reply("POST", "/api/v1/deploys", {"id": "d1"}, 202)
    control.reply("GET", "/api/v1/deploys/d1/events", [{"step": "end", "state": "failed", "error": error}])
    said = run("deploy", str(tmp_path), "--name", "echo")
    assert said.code == 1
    for words in ("Failed at step check", "No module named 'six'", "What to do: Add six.", "last words"):
        assert words in said.err
    told = run("deploy", str(tmp_path), "--name", "echo", "--json")
    assert json.loads(told.out.splitlines()[-1])["error"]["code"] == "check_failed"
    assert json.loads(told.err)["step"] == "check"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["models"], 1), (["nonsense"], 2), (["show"], 2), (["release", "iris", "x"], 2), (["show", "../x"], 1),
        (["up", "--port", "99999"], 2),
        (["--version"], 0), (["--help"], 0),
    ],
)  # fmt: skip
def test_exit_codes(run: Run, monkeypatch: pytest.MonkeyPatch, words: list[str], code: int) -> None:
    monkeypatch.setenv("UNSHELF_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("UNSHELF_TOKEN", "x")
    said = run(*words)
    assert said.code == code
    assert "Traceback" not in said.err


def test_a_fault_of_ours_is_a_sentence_and_no_traceback(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/models", {"models": [{"name": "half"}]})
    said = run("models")
    assert said.code == 1
    assert "KeyError" in said.err
    assert "Traceback" not in said.err


def test_a_client_command_imports_no_server() -> None:
    """Given a fresh process, when it lists models, then neither the server's libraries nor the frameworks come with it."""
    code = (
        "import sys; sys.argv = ['unshelf', 'models']\n"
        "from unshelf.cli.main import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "heavy = ('fastapi', 'sqlalchemy', 'granian', 'pydantic_settings', 'numpy', 'sklearn', 'unshelf.server')\n"
        "print([m for m in heavy if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"UNSHELF_URL": "http://127.0.0.1:9", "UNSHELF_TOKEN": "x"},
    )
    assert done.stdout.strip() == "[]"


def test_wrong_settings_are_told_before_anything_starts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSHELF_GATEWAYS", "many")
    said = run("up")
    assert said.code == 1
    assert "gateways" in said.err
    assert "settings.md" in said.err


def test_limits_of_a_model_are_set_and_taken_away(control: Control, run: Run) -> None:
    control.reply("PUT", "/api/v1/models/iris/limits", {})
    control.reply("DELETE", "/api/v1/models/iris/limits", None, status=204)

    assert (
        "100 a second (20 at once), 8 at a time"
        in run("limit", "iris", "--rate", "100", "--burst", "20", "--concurrency", "8").out
    )
    assert control.calls("PUT", "/api/v1/models/iris/limits")[0].json == {"rate": 100.0, "burst": 20, "concurrency": 8}
    assert "no limits" in run("limit", "iris", "--none").out
    assert run("limit", "iris").code == 2
    assert run("limit", "iris", "--burst", "3").code == 2


def test_a_key_may_be_limited(control: Control, run: Run) -> None:
    control.reply(
        "POST", "/api/v1/keys", {"id": "k", "token": "t", "role": "predict", "models": None, "expires_at": None}
    )

    assert "at most 50 a second" in run("keys", "create", "job", "--rate", "50").out
    assert control.calls("POST", "/api/v1/keys")[0].json["limits"] == {"rate": 50.0}
