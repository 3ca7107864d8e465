"""A worker under its limits, where no control group can be had."""

from typing import Any

import pytest

HUNGRY = {"predict.py": "def predict(values):\n    return [len(bytearray(int(value))) for value in values]\n"}
MIB = 1 << 20


def limits(size: int, *groups: dict[str, Any]) -> dict[str, Any]:
    return {"groups": list(groups), "memory_bytes": size, "memory_text": f"{size // MIB} MiB"}


def test_without_groups_memory_is_limited_by_the_process_itself(start: Any) -> None:
    worker = start(files=HUNGRY, limits=limits(100 * MIB))
    gateway = worker.gateway()
    assert gateway.ask({"inputs": [10 * MIB]}).json == [10 * MIB]

    with pytest.raises(ConnectionResetError):
        gateway.ask({"inputs": [500 * MIB]})

    assert worker.wait() == -9
    assert worker.events()[-1] == {"event": "out_of_memory"}


def test_a_group_that_can_not_be_joined_is_no_limit_and_not_said_to_be_one(start: Any, tmp_path: Any) -> None:
    lost = {"file": str(tmp_path / "none" / "cgroup.procs"), "holds": "memory 100 MiB (cgroup v2)", "memory": True}
    worker = start(files=HUNGRY, limits=limits(100 * MIB, lost))
    assert "could not join" in worker.log.read_text()
    with pytest.raises(ConnectionResetError):
        worker.gateway().ask({"inputs": [500 * MIB]})


def test_without_limits_lack_of_memory_fails_one_request(start: Any) -> None:
    gateway = start(files=HUNGRY).gateway()
    answer = gateway.ask({"inputs": [2.0**60]})
    assert (answer.status, answer.json["code"]) == (500, "model_error")
    assert gateway.ask({"inputs": [1]}).json == [1]
