"""What gets through the walls, by their kind and by the control groups that can be made."""

from pathlib import Path
from typing import Any

import pytest

from unshelf.host.sandbox import gaps, landlock
from unshelf.host.sandbox.gaps import gaps_of
from unshelf.host.sandbox.sandbox import NO_SANDBOX, LandlockSandbox, NamespaceSandbox, UserNamespaceSandbox

ALL = ["memory", "cpu", "pids"]
unused: Any = None


@pytest.fixture(autouse=True)
def kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "scopes_signals", lambda: True)


def test_with_control_groups_nothing_gets_through_namespaces(tmp_path: Path) -> None:
    for sandbox in (NamespaceSandbox(unused, tmp_path), UserNamespaceSandbox("not root", tmp_path)):
        assert gaps_of(sandbox, ALL) == []
        assert gaps_of(sandbox, []) == [gaps.MEMORY]


def test_landlock_lets_through_what_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    sandbox = LandlockSandbox("no namespaces")
    assert gaps_of(sandbox, ALL) == [gaps.DISK, gaps.NAMES, gaps.NETWORK, gaps.CACHE]
    assert gaps_of(sandbox, []) == [gaps.MEMORY, gaps.PROCESSES, gaps.DISK, gaps.NAMES, gaps.NETWORK, gaps.CACHE]
    monkeypatch.setattr(landlock, "scopes_signals", lambda: False)
    assert gaps.SIGNALS in gaps_of(sandbox, ALL)


def test_a_machine_whose_system_calls_are_not_known_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(gaps, "syscall_filter", lambda: b"")
    assert gaps_of(NamespaceSandbox(unused, tmp_path), ALL) == [gaps.CALLS]


def test_without_walls_everything_gets_through() -> None:
    assert gaps_of(NO_SANDBOX, ALL) == [gaps.EVERYTHING]
