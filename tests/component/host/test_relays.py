"""Relays as the host has them: one that does not answer is ended, and whoever it served is known to be cut off."""

import asyncio
import os
import signal
from pathlib import Path

import psutil
import pytest
import uvloop

from tests.support.waiting import wait_until
from unshelf.contracts.home import Home
from unshelf.host.egress.plan import plan_for
from unshelf.host.launch.network import relays as relays_of_host
from unshelf.host.launch.network.relays import Relays
from unshelf.host.sandbox.backends import open_sandbox

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="a sandbox takes root")


def running() -> list[psutil.Process]:
    """The relays that this process started; not what keeps their sandboxes."""
    children = psutil.Process().children(recursive=True)
    return [child for child in children if child.cmdline()[2:4] == ["-m", "unshelf.host.egress.relay"]]


@pytest.mark.long
def test_a_relay_that_does_not_answer_is_ended_and_the_next_sandbox_gets_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relays_of_host, "_RESTART_SECONDS", 0.0)
    plan = plan_for(["db.example.org:5432"])
    assert plan is not None

    async def story() -> None:
        home = Home(tmp_path / "home")
        for path in (home.run, home.worker_logs):
            path.mkdir(parents=True)
        relays = Relays(home, open_sandbox("require", "", home.folder), ["*"], ping_seconds=0.3)
        with relays.way_out("project", plan, "model", 1):
            is_cut_off = relays.watcher("project")
            await asyncio.to_thread(wait_until, running)
            (first,) = running()
            await asyncio.sleep(4.0)  # longer than one that does not answer may live
            assert not is_cut_off()
            first.send_signal(signal.SIGSTOP)
            await asyncio.to_thread(wait_until, is_cut_off)
            assert not first.is_running() or first.status() == psutil.STATUS_ZOMBIE
        with relays.way_out("project", plan, "model", 1):
            await asyncio.to_thread(wait_until, running)
            assert running() != [first]
        await relays.stop()

    uvloop.run(story())
