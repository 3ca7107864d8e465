"""What ends a child process: a signal, or the end of its parent."""

import asyncio
import os
import resource
import signal
from collections.abc import Iterator

import pytest

from unshelf.runtime import lifecycle
from unshelf.runtime.lifecycle import raise_file_limit, stop_event


@pytest.fixture
def parent(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The parent's end of the lifeline."""
    ours, theirs = os.pipe()
    monkeypatch.setattr(lifecycle, "_LIFELINE_FD", ours)
    yield theirs
    os.close(ours)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_process_in_order(parent: int, number: int) -> None:
    async def run() -> tuple[int, bool]:
        stops = 0

        def on_stop() -> None:
            nonlocal stops
            stops += 1

        stopping = stop_event(on_stop)
        os.kill(os.getpid(), number)
        await asyncio.wait_for(stopping.wait(), 30)
        os.close(parent)
        return stops, stopping.is_asked_for

    assert asyncio.run(run()) == (1, True)


def test_the_end_of_the_parent_stops_the_process_and_its_words_do_not(parent: int) -> None:
    async def run() -> None:
        stopping = stop_event()
        os.write(parent, b"something")
        for _ in range(5):
            await asyncio.sleep(0)
        assert not stopping.is_set()
        os.close(parent)
        await asyncio.wait_for(stopping.wait(), 30)
        assert not stopping.is_asked_for

    asyncio.run(run())


def test_without_a_lifeline_the_parents_end_is_left_to_others(parent: int) -> None:
    async def run() -> None:
        stopping = stop_event(lifeline=False)
        os.close(parent)
        for _ in range(5):
            await asyncio.sleep(0)
        assert not stopping.is_set()

    asyncio.run(run())


def test_the_file_limit_is_raised_to_what_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 256), hard))
    try:
        raise_file_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
        raise_file_limit()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
