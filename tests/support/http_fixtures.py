"""Fixtures of the HTTP server: one for a module's tests, and servers of their own for those that change its limits."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.support.http_server import RunningServer
from unshelf.gateway.http import connection as connections
from unshelf.gateway.http import server as servers


@pytest.fixture(scope="module")
def served() -> Iterator[RunningServer]:
    """A server as it is."""
    with closing(RunningServer()) as one:
        yield one


@pytest.fixture
def own() -> Iterator[RunningServer]:
    """A server of one's own."""
    with closing(RunningServer()) as one:
        yield one


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningServer]:
    """A server whose patience is short."""
    monkeypatch.setattr(servers, "_TICK_SECONDS", 0.02)
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(connections, "LINGER_SECONDS", 0.2)
    monkeypatch.setattr(connections, "STUCK_SECONDS", 0.3)
    with closing(RunningServer()) as one:
        yield one
