"""A server for a module's tests, and servers of their own for those that change what it is held to."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.unit.gateway.http.served import Served
from unshelf.gateway.http import connection as connections
from unshelf.gateway.http import server as servers


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    """A server as it is."""
    with closing(Served()) as one:
        yield one


@pytest.fixture
def own() -> Iterator[Served]:
    """A server of one's own."""
    with closing(Served()) as one:
        yield one


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server whose patience is short."""
    monkeypatch.setattr(servers, "_TICK_SECONDS", 0.02)
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(connections, "LINGER_SECONDS", 0.2)
    monkeypatch.setattr(connections, "STUCK_SECONDS", 0.3)
    with closing(Served()) as one:
        yield one
