"""The program of a bench, run as a job runs it: the real worker serves, is called, and what was measured is written."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import unshelf.worker.bench.__main__ as program

INPUTS = {"kind": "columns", "columns": [{"name": "a", "type": "int64"}], "container": "dicts"}
MODEL = "def predict(rows):\n    return [row['a'] * 2 for row in rows]\n"
MEMORY_HOG = "def predict(rows):\n    return [len(bytearray(1 << 30)) for _ in rows]\n"
FRAGILE = "import os\ndef predict(rows):\n    os._exit(7)\n"


def run(folder: Path, code: str, **plan: Any) -> tuple[int, dict[str, Any], str]:
    for name in ("plan", "bundle", "outputs"):
        (folder / name).mkdir()
    (folder / "bundle" / "model.py").write_text(code)
    manifest = {
        "loader": {"kind": "python", "entry": "model.py:predict"},
        "files": [{"path": "model.py"}],
        "timeout": 5,
    }
    config = {
        "model": "m", "version": 1, "manifest": manifest, "signature": {"inputs": INPUTS}, "batchable": True,
        "limits": {"groups": [], "memory_bytes": 256 << 20, "memory_text": "256 MiB"},
    }  # fmt: skip
    fields = {"config": config, "rows": 2, "callers": [1, 4], "seconds": 0.2, "warmup": 0.1, "table": [[1], [2], [3]]}
    (folder / "plan" / "plan.json").write_text(json.dumps(fields | plan))
    places = {"UNSHELF_DATA_CHUNKS": "plan", "UNSHELF_DATA_MODEL": "bundle", "UNSHELF_OUTPUTS": "outputs"}
    environment = {"PATH": os.environ["PATH"], "TMPDIR": "/tmp"} | {key: str(folder / at) for key, at in places.items()}
    done = subprocess.run(
        [sys.executable, str(program.__file__)], env=environment, capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    return done.returncode, json.loads((folder / "outputs" / "results.json").read_text()), done.stdout + done.stderr


def test_a_version_is_served_by_the_real_worker_and_measured_with_one_caller_and_with_several(tmp_path: Path) -> None:
    code, found, said = run(tmp_path, MODEL)
    assert code == 0, said
    assert (found["source"], found["rows"], found["requests_made"]) == ("baseline", 2, 3)
    assert found["limits"] == ["memory 256 MiB (rlimit)"]
    assert found["memory_bytes"] > 8 << 20
    one, several = found["measures"]
    assert (one["callers"], several["callers"]) == (1, 4)
    for each in (one, several):
        assert each["requests"] > 10 and each["failed"] == 0
        assert 0 < each["p50_ms"] <= each["p95_ms"] <= each["p99_ms"] <= each["max_ms"]
        assert each["rows_a_second"] == 2 * each["requests_a_second"]
        assert each["requests"] / each["requests_a_second"] == pytest.approx(each["seconds"])
        assert each["seconds"] >= 0.2
        assert each["cpu_seconds"] >= 0 and each["callers_cpu_seconds"] > 0
    assert "1 at a time:" in said and "4 at a time:" in said


def test_a_model_that_fails_ends_it_with_the_reason(tmp_path: Path) -> None:
    code, found, _ = run(tmp_path, "def predict(rows):\n    raise ValueError('not today')\n")
    assert (code, found) == (1, {"failure": "The version does not answer: The model raised ValueError.", "hint": ""})


def test_a_model_that_can_not_be_loaded_says_so(tmp_path: Path) -> None:
    code, found, _ = run(tmp_path, "import nothing_like_this")
    assert code == 1
    assert found["failure"].startswith("The model can't be loaded: ModuleNotFoundError")


def test_memory_beyond_the_tiers_is_named(tmp_path: Path) -> None:
    code, found, said = run(tmp_path, MEMORY_HOG)
    assert code == 1
    assert found["failure"] == "The model ran out of the tier's memory (256 MiB).", said


def test_a_process_that_ends_itself_is_noticed(tmp_path: Path) -> None:
    code, found, _ = run(tmp_path, FRAGILE)
    assert code == 1
    assert found["failure"] == "The model's process ended with exit status 7 while it predicted."
