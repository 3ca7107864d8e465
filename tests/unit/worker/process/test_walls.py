"""Walls of forked workers: what the kernel refuses is told, and where things are mounted is where the host makes room for it."""

import pytest

from unshelf.host.sandbox import root
from unshelf.worker.process import walls


def test_worker_and_host_mean_the_same_places() -> None:
    assert (walls.BUNDLE, walls.SCRATCH) == (root.BUNDLE, root.SCRATCH)


def test_what_is_refused_is_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refusing:
        def unshare(self, kinds: int) -> int:
            return -1

    monkeypatch.setattr(walls.ctypes, "CDLL", lambda *_, **__: Refusing())
    monkeypatch.setattr(walls.ctypes, "get_errno", lambda: 1)
    with pytest.raises(walls.WallsRefused, match=r"namespaces of users \(Operation not permitted\)"):
        walls.enter_namespaces(own_network=False)
