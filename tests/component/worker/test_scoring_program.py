"""The program of a scoring, run as a job runs it: it shares chunks out, survives its processes, and goes on where it was."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import unshelf.worker.scoring.__main__ as program

MODEL = """
import os, signal
def predict(rows):
    if any(row["a"] == 13 for row in rows) and not os.path.exists(MARK):
        open(MARK, "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return [row["a"] * 2 for row in rows]
"""
SIGNATURE = {"inputs": {"kind": "columns", "columns": [{"name": "a", "type": "int64"}], "container": "dicts"}}


def lay_out(folder: Path, chunks: list[list[int]], **plan: Any) -> None:
    for name in ("chunks/chunks", "bundle", "kept", "outputs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "bundle" / "model.py").write_text(f"MARK = {str(folder / 'mark')!r}\n{MODEL}")
    for number, values in enumerate(chunks):
        rows = json.dumps([[value] for value in values])
        (folder / "chunks" / "chunks" / f"{number:06}").write_text(f"{len(values)} {rows}\n")
    manifest = {"loader": {"kind": "python", "entry": "model.py:predict"}, "files": [{"path": "model.py"}]}
    fields = {
        "model": "m", "version": 1, "manifest": manifest, "signature": SIGNATURE, "rows": [len(each) for each in chunks],
        "processes": 2, "params": None, "most_failed": 100, "secrets": [], "scoring": "of a later release",
    }  # fmt: skip
    (folder / "chunks" / "plan.json").write_text(json.dumps(fields | plan))


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    places = {
        "UNSHELF_DATA_CHUNKS": "chunks", "UNSHELF_DATA_MODEL": "bundle", "UNSHELF_CHECKPOINT": "kept", "UNSHELF_OUTPUTS": "outputs",
    }  # fmt: skip
    environment = {"PATH": os.environ["PATH"]} | {name: str(folder / place) for name, place in places.items()}
    command = [sys.executable, str(program.__file__)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=False)


def outputs(folder: Path) -> list[int]:
    lines = [
        line for path in sorted((folder / "outputs" / "answers").iterdir()) for line in path.read_text().splitlines()
    ]
    return [value for line in lines[1::2] for value in json.loads(line)]


def test_all_chunks_are_answered_and_a_process_that_ends_costs_nothing(tmp_path: Path) -> None:
    lay_out(tmp_path, [[1, 2], [13, 14], [3]])
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "a process ended by signal 9" in done.stdout
    assert done.stdout.splitlines()[-1] == "unshelf: scored 5 of 5 rows, 0 failed"
    assert outputs(tmp_path) == [2, 4, 26, 28, 6]
    assert json.loads((tmp_path / "outputs" / "results.json").read_text()) == {"rows": 5, "failed": 0, "scored": 5}


def test_an_attempt_goes_on_with_what_has_no_answer(tmp_path: Path) -> None:
    lay_out(tmp_path, [[1], [2]])
    (tmp_path / "kept" / "answers").mkdir(parents=True)
    (tmp_path / "kept" / "answers" / "000000").write_text(
        '{"rows":[[0,1]],"status":200,"code":"","us":1,"at":1}\n[70]\n'
    )
    assert run(tmp_path).returncode == 0
    assert outputs(tmp_path) == [70, 4]


def test_too_many_failed_rows_give_it_up_for_all_attempts(tmp_path: Path) -> None:
    lay_out(tmp_path, [["a", "b"], [1]], most_failed=1, processes=1)
    done = run(tmp_path)
    assert done.returncode == 1
    failure = json.loads((tmp_path / "outputs" / "results.json").read_text())
    assert failure["failure"].startswith("More than 1 rows failed. One of them: ")
    lay_out(tmp_path, [[1], [1]])
    assert run(tmp_path).returncode == 1


def test_a_model_that_can_not_be_loaded_is_said_so(tmp_path: Path) -> None:
    lay_out(tmp_path, [[1]])
    (tmp_path / "bundle" / "model.py").write_text("import nothing_like_this")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "The model can't be loaded: ModuleNotFoundError" in done.stdout
