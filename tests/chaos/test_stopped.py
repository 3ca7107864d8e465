"""Processes that live and do not answer (SIGSTOP stands for every hang): noticed, replaced, and nobody waits for ever."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until
from unshelf.contracts.home import heartbeat_file

NOTICED_SECONDS = 60.0


def answers(platform: Platform, path: str) -> bool:
    try:
        return platform.client(platform.token).get(path, timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


@pytest.mark.long
@pytest.mark.parametrize(("role", "path"), [("control", "/api/v1/status"), ("gateway", "/readyz"), ("host", "/readyz")])
def test_a_stopped_process_is_replaced(tmp_path: Path, role: str, path: str) -> None:
    with running_platform(tmp_path / "home", gateways="1") as platform:
        assert answers(platform, path)
        name = f"{role}-0" if role == "gateway" else role
        beats = platform.home / "run" / heartbeat_file(name)
        wait_until(beats.exists, what="it has beaten once, and is watched from then on")
        stopped = platform.processes(role)[0].pid
        os.kill(stopped, signal.SIGSTOP)
        wait_until(
            lambda: stopped not in {process.pid for process in platform.processes(role)}, seconds=NOTICED_SECONDS,
            what="the stopped process is gone",
        )  # fmt: skip
        wait_until(lambda: answers(platform, path), seconds=NOTICED_SECONDS, what="another answers")
