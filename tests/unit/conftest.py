"""Unit tests run in this process alone: one that starts another process, fails and says so."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import inotify_simple
import pytest

from tests.support.databases import know_all_tables

# Small models: the threads of several test processes would only wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Otherwise joblib runs lscpu.
os.environ.setdefault("LOKY_MAX_CPU_COUNT", "1")

know_all_tables()

_STARTS = {"subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn", "os.system", "os.exec"}
_unit_test: str | None = None
"""The unit test that runs now, unless it may start programs."""


class ProcessStartedError(AssertionError):
    """A unit test started a process: move it to tests/component, or test the part that needs none."""


def _forbid(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in _STARTS and _unit_test is not None and os.getpid() == _PID:
        raise ProcessStartedError(f"{_unit_test} started a process ({event}): it belongs in tests/component")


_PID = os.getpid()
_FOLDER = Path(__file__).parent
inotify_simple.INotify().close()  # its first use asks ldconfig for the C library
sys.addaudithook(_forbid)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Guard a test with its fixtures; `runs_program` is for tests of code whose very work is to run a program to its end."""
    global _unit_test
    # This hook is called for the tests of all folders, whichever its own is.
    is_guarded = item.path.is_relative_to(_FOLDER) and not item.get_closest_marker("runs_program")
    _unit_test = item.nodeid if is_guarded else None
    try:
        return (yield)
    finally:
        _unit_test = None
