"""Runners of an earlier host are told apart from processes that have their numbers by now."""

import json
import os
from pathlib import Path

from tests.support.async_tests import in_event_loop
from unshelf.contracts.home import Home
from unshelf.host.jobs.attempt_folder import AttemptFolder
from unshelf.host.jobs.runner_process import RunnerProcess


def folder(tmp_path: Path, pid: int) -> AttemptFolder:
    found = AttemptFolder(Home(tmp_path), "01hz", 1)
    found.path.mkdir(parents=True)
    (found.path / "started.json").write_text(json.dumps({"pid": pid, "started_at": 1.0}))
    (found.path / "lock").touch()
    return found


@in_event_loop
async def test_a_runner_whose_lock_is_free_is_gone_whatever_has_its_number(tmp_path: Path) -> None:
    await RunnerProcess(folder(tmp_path, os.getpid())).wait()


@in_event_loop
async def test_a_number_that_no_process_has_is_no_runner(tmp_path: Path) -> None:
    found = folder(tmp_path, 1 << 30)
    lock = found.lock()
    await RunnerProcess(found).wait()
    os.close(lock)


def test_one_that_is_not_known_yet_can_not_be_asked(tmp_path: Path) -> None:
    RunnerProcess(folder(tmp_path, os.getpid())).ask_to_end()
