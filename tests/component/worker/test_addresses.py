"""A worker listens where it is told, on a unix socket or on TCP, and answers alike."""

from pathlib import Path
from typing import Any

import pytest

CODE = "def predict(values):\n    return [2 * value for value in values]\n"


@pytest.mark.parametrize("address", ["tcp:127.0.0.1:0", "unix:own.sock"])
def test_a_worker_listens_at_an_address(start: Any, tmp_path: Path, address: str) -> None:
    worker = start(files={"predict.py": CODE}, listen=address)
    if address.startswith("unix:"):
        assert worker.address == address
        worker.address = f"unix:{next(tmp_path.rglob('own.sock'))}"
    else:
        assert worker.address.startswith("tcp:127.0.0.1:") and not worker.address.endswith(":0")
    first, second = worker.gateway(), worker.gateway()
    assert first.ask({"inputs": [[1.0], [2.0]]}).json == [2.0, 4.0]
    assert second.ask({"inputs": [[0.5]] * 20_000}).json == [1.0] * 20_000
    worker.process.terminate()
    assert worker.wait() == 0
    assert first.hung_up()


def test_a_worker_that_can_not_listen_ends_with_the_reason_in_its_log(start: Any) -> None:
    worker = start(files={"predict.py": CODE}, listen="nowhere", expect_failure=True)
    assert worker.wait() == 1
    assert "unix:NAME or tcp:HOST:PORT" in worker.log.read_text()
