"""The program of a metric, run as a job runs it: values of each day, and a sentence where a function is hostile to its own process."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np

import unshelf.worker.metrics.__main__ as program

DAYS = ["2026-11-02", "2026-11-03"]


def run(folder: Path, code: str, *, days: list[str] = DAYS, seconds: float = 60.0, function: str = "metric") -> Any:
    """The days that the program found."""
    plan, outputs = folder / "plan", folder / "outputs"
    (plan / "days").mkdir(parents=True)
    outputs.mkdir()
    (plan / "metric.py").write_text(code)
    (plan / "plan.json").write_text(
        json.dumps({"function": function, "days": days, "seconds": seconds, "memory_bytes": 400 << 20})
    )
    facts = {"texts": {}, "columns": {"x": "c0"}, "slices": {}}
    for number, day in enumerate(days):
        np.savez(
            plan / "days" / f"{day}.npz", facts=np.frombuffer(json.dumps(facts).encode(), np.uint8),
            truth=np.arange(40.0), prediction=np.arange(40.0) + number, c0=np.full(40, number),
        )  # fmt: skip
    environment = {"PATH": os.environ["PATH"], "UNSHELF_DATA_CHUNKS": str(plan), "UNSHELF_OUTPUTS": str(outputs)}
    done = subprocess.run(
        [sys.executable, str(program.__file__)], env=environment, capture_output=True, text=True, timeout=120, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout == "", "what a function prints may be records"
    return json.loads((outputs / "results.json").read_text())["days"]


def test_each_day_has_its_value(tmp_path: Path) -> None:
    code = "def metric(truth, prediction, rows):\n    print(rows)\n    return (prediction - truth).mean() + rows['x'].max()\n"
    first, second = run(tmp_path, code)
    assert (first["day"], first["parts"][""]["value"]) == (DAYS[0], 0.0)
    assert (second["day"], second["parts"][""]["value"], second["parts"][""]["rows"]) == (DAYS[1], 2.0, 40)


def test_a_function_that_does_not_come_to_an_end_costs_its_day(tmp_path: Path) -> None:
    code = "def metric(truth, prediction, rows):\n    while prediction[0] == 0:\n        pass\n    return 1\n"
    first, second = run(tmp_path, code, seconds=3.0)
    assert first == {"day": DAYS[0], "problem": "The function took longer than the 3 seconds that it has for a day."}
    assert second["parts"][""]["value"] == 1.0


def test_a_process_that_is_ended_is_noticed_and_given_up_after_two(tmp_path: Path) -> None:
    code = "import os\ndef metric(truth, prediction, rows):\n    os._exit(3)\n"
    days = [f"2026-11-0{each}" for each in range(2, 7)]
    found = run(tmp_path, code, days=days)
    assert [each["day"] for each in found] == days
    assert {each["problem"] for each in found} == {"The function ended its process (status 3)."}


def test_memory_and_errors_and_forged_lines_are_told(tmp_path: Path) -> None:
    greedy = "import numpy as np\ndef metric(truth, prediction, rows):\n    return np.ones(1 << 30).sum()\n"
    assert "more memory than the 400 MiB" in run(tmp_path / "a", greedy)[0]["problem"]
    raises = "def metric(truth, prediction, rows):\n    return truth.nothing\n"
    assert run(tmp_path / "b", raises)[1]["problem"].startswith("It raised AttributeError (line 2)")
    missing = "import nothing_like_this\ndef metric(truth, prediction, rows):\n    return 1\n"
    assert run(tmp_path / "c", missing)[0]["problem"].startswith(
        "It can't be loaded. It raised ModuleNotFoundError (line 1)"
    )
    forged = (
        "import os\ndef metric(truth, prediction, rows):\n    for each in range(3, 30):\n        try:\n"
        "            os.write(each, b'[1]\\n')\n        except OSError:\n            pass\n    return 1\n"
    )
    assert "wrote into the pipe" in run(tmp_path / "d", forged)[0]["problem"]
    exits = "import sys\ndef metric(truth, prediction, rows):\n    sys.exit(4)\n"
    assert run(tmp_path / "e", exits)[0]["problem"].startswith("It raised SystemExit (line 3)")


def test_it_ends_what_it_started(tmp_path: Path) -> None:
    code = "import os, time\ndef metric(truth, prediction, rows):\n    if not os.fork():\n        time.sleep(600)\n    return 1\n"
    assert run(tmp_path, code, days=DAYS[:1])[0]["parts"][""]["value"] == 1.0
