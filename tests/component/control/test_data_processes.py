"""Processes that read data end with those who wait for them."""

from pathlib import Path

import msgspec
import pytest

from unshelf.contracts.protocols.data import DataProblem
from unshelf.develop.datasets import processes
from unshelf.develop.datasets.processes import DataProblemError, DataProcesses, Program


class Order(msgspec.Struct):
    """An order for a program of these tests."""

    text: str


ANSWERS = "import sys\norder = sys.stdin.buffer.read()\nassert b'hello' in order\nsys.stdout.buffer.write(ANSWER)\n"
WAITS = "import sys, time\nsys.stdin.buffer.read()\ntime.sleep(600)\n"


def program(folder: Path, code: str, monkeypatch: pytest.MonkeyPatch) -> Program:
    (folder / "a_program.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return Program(module="a_program")


def test_an_order_of_any_size_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = DataProblem(code="invalid_input", detail="It is no table.")
    code = ANSWERS.replace("ANSWER", repr(msgspec.json.encode(problem)))
    monkeypatch.setattr(processes, "_WATCH_SECONDS", 0.001)
    watched: list[int] = []
    with pytest.raises(DataProblemError, match="no table"):
        DataProcesses(tmp_path).ask(
            program(tmp_path, code, monkeypatch), Order(text="hello" * 1_000_000), seconds=60, watch=lambda: watched.append(1)
        )  # fmt: skip
    assert watched


def test_a_process_ends_when_nobody_waits_for_it_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def cancelled() -> None:
        raise KeyError("cancelled")

    with pytest.raises(KeyError):
        DataProcesses(tmp_path).ask(
            program(tmp_path, WAITS, monkeypatch), Order(text="hello"), seconds=60, watch=cancelled
        )  # fmt: skip


def test_a_process_has_its_time_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_GRACE_SECONDS", 0.0)
    with pytest.raises(DataProblemError, match=r"longer than 0\.1 seconds"):
        DataProcesses(tmp_path).ask(program(tmp_path, WAITS, monkeypatch), Order(text="hello"), seconds=0.1)
