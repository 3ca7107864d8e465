"""An upgrade from the commit before backups, while a caller asks: no prediction fails, no record is lost, and its backup is restored."""

import io
import json
import os
import subprocess
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.waiting import wait_until
from unshelf.server.listening import listen

BEFORE = "77caa92"
"""The last commit whose `unshelf up` makes no backup and knows no `unshelf reload`."""
REVISION = "0044"
"""Of that commit's tables."""
ROWS = {"inputs": [{"a": 1.0, "b": 2.0}]}
_PATIENCE_SECONDS = 120.0


@pytest.fixture(scope="module")
def old_program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source tree of that commit."""
    root = Path(__file__).parents[2]
    packed = subprocess.run(["git", "archive", BEFORE, "src"], cwd=root, capture_output=True, check=False)
    if packed.returncode:
        pytest.skip(
            f"this checkout does not reach back to {BEFORE}: it is shallow (git fetch --unshallow), or no checkout"
        )
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder / "src"


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_fails_and_nothing_is_lost(
    tmp_path: Path, old_program: Path, kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = {"gateways": "1", "port": str(_free_port())}
    if kind == "postgresql":
        create: Callable[[], str] = request.getfixturevalue("new_postgres_database")
        settings["database"] = create()
    home, asking = tmp_path / "home", None
    with monkeypatch.context() as patch:
        patch.setenv("PYTHONPATH", str(old_program))
        with running_platform(home, **settings) as old:
            old.cli("deploy", str(write_model(tmp_path / "adder", name="adder")))
            asking = _Asking(old)
            wait_until(lambda: len(asking.answered) > 50)
            unasked = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
            command = [*UNSHELF, "--home", str(home), "reload"]
            refused = subprocess.run(command, env=unasked, capture_output=True, text=True, check=False)
            assert refused.returncode == 1 and "stop it and start it with the new program" in refused.stderr
    try:
        with running_platform(home, **settings) as new:
            before = len(asking.answered)
            wait_until(lambda: len(asking.answered) > before + 50)
            asking.end()
            assert asking.failed == []
            recorded = [record["id"] for record in new.records("adder")]
            assert set(asking.answered) <= set(recorded)
            assert len(recorded) == len(set(recorded))
    finally:
        asking.end()
    target = dict(settings)
    if kind == "postgresql":
        target["database"] = request.getfixturevalue("new_postgres_database")()
    environment = {**os.environ, **{f"UNSHELF_{name.upper()}": value for name, value in target.items()}}
    restored = tmp_path / "restored"
    command = [*UNSHELF, "restore", str(home / "backups"), "--home", str(restored), "--json"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["revision"] == REVISION
    with running_platform(restored, **target) as again:
        assert again.http.get("/api/v1/models/adder").status_code == 200
        assert set(asking.answered) <= {record["id"] for record in again.records("adder")}


class _Asking:
    """A caller that asks without end, and waits where nobody listens yet or the answer says when to ask again."""

    def __init__(self, platform: Platform) -> None:
        self.answered: list[str] = []
        self.failed: list[str] = []
        self._ended = threading.Event()
        self._url, self._token = platform.url, platform.key(models=["adder"])
        self._thread = threading.Thread(target=self._ask)
        self._thread.start()

    def end(self) -> None:
        self._ended.set()
        self._thread.join()

    def _ask(self) -> None:
        headers = {"Authorization": f"Bearer {self._token}"}
        while not self._ended.is_set():
            answer = self._answer(headers)
            if answer is None:
                continue
            if answer.status_code == 200:
                self.answered.append(answer.json()["id"])
            else:
                self.failed.append(answer.text)

    def _answer(self, headers: dict[str, str]) -> Any:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < deadline and not self._ended.is_set():
            try:
                answer = httpx.post(f"{self._url}/models/adder/predict", json=ROWS, headers=headers, timeout=60)
            except httpx.TransportError:  # nobody listens, or who accepted is gone: no answer was given
                self._ended.wait(0.05)
                continue
            if answer.status_code != 503 or "retry-after" not in answer.headers:
                return answer
            self._ended.wait(0.2)
        return None


def _free_port() -> int:
    with listen("127.0.0.1", 0) as found:
        port: int = found.getsockname()[1]
        return port
