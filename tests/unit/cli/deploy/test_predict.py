"""Predictions from files and standard input, whole and as streams."""

import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run


def test_predict_reads_json_json_lines_and_csv(control: Control, run: Run, tmp_path: Path) -> None:
    answer = {"id": "p1", "model": "iris", "version": 1, "outputs": [0, None]}
    control.reply("POST", "/models/iris/predict", answer, Server_Timing="queue;dur=0.1, predict;dur=0.2")
    (tmp_path / "rows.csv").write_text("a,b\n1,x\n,y\n")
    rows = [{"a": 1, "b": "x"}, {"a": None, "b": "y"}]
    forms = [json.dumps(rows), json.dumps({"inputs": rows}), "\n".join(map(json.dumps, rows)), "a,b\n1,x\n,y\n"]
    for form in forms:
        assert run("predict", "iris", stdin=form).out == "0\nnull\n"
    assert run("predict", "iris", "--data", str(tmp_path / "rows.csv")).code == 0
    assert [one.json for one in control.asked if one.method == "POST"] == [{"inputs": rows}] * 5
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


def test_a_table_that_needs_pyarrow_says_so_where_it_can_not_be_imported(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, control: Control
) -> None:
    really = importlib.import_module

    def fail(name: str) -> ModuleType:
        if name == "unshelf.client.data.arrow":
            raise ImportError("pyarrow requires NumPy 2.0 or newer, found 1.26.4")
        return really(name)

    (tmp_path / "rows.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr("unshelf.cli.deploy.predict.importlib.import_module", fail)
    said = run("predict", "iris", "--data", str(tmp_path / "rows.parquet"), "--json")
    assert said.code == 1
    assert "pyarrow requires NumPy 2.0" in said.err
    assert "CSV or JSON" in said.err


def test_rows_that_cannot_be_read_are_the_fault_of_the_rows_not_of_the_model(
    control: Control, run: Run, tmp_path: Path
) -> None:
    (tmp_path / "rows.csv").write_text("a,b\n1\n")
    faults = [
        run("predict", "iris", "--data", str(tmp_path / "rows.csv")),
        run("predict", "iris", "--data", str(tmp_path / "none.json")),
        run("predict", "iris", stdin="[1"),
    ]
    for said in faults:
        assert (said.code, said.out) == (1, "")
        assert "Failed (invalid_rows)" in said.err
