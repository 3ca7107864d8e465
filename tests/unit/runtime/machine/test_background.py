"""A process in the background: its niceness, and that of its session, where a kernel has one and lets it be changed."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from unshelf.runtime.machine import background
from unshelf.runtime.machine.background import run_in_background


class _Kernel:
    """Stands in for what would change this process for good."""

    def __init__(self, place: pytest.MonkeyPatch, *, leads: bool, may_lead: bool) -> None:
        self.niceness, self.leads = 0, leads
        place.setattr(os, "nice", self._nice)
        place.setattr(os, "setsid", self._lead(may_lead))
        place.setattr(os, "getsid", lambda _pid: os.getpid() if self.leads else 1)
        place.setattr(os, "getpriority", lambda _which, _who: self.niceness)

    def _nice(self, step: int) -> None:
        self.niceness += step

    def _lead(self, may_lead: bool) -> Callable[[], None]:
        def setsid() -> None:
            if not may_lead:
                raise PermissionError
            self.leads = True

        return setsid


@pytest.fixture
def autogroup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "autogroup"
    file.write_text("/autogroup-7 nice 0")
    monkeypatch.setattr(background, "_AUTOGROUP", file)
    return file


@pytest.mark.parametrize(("leads", "may_lead"), [(False, True), (True, False)])
def test_the_session_is_lowered_with_its_process(
    autogroup: Path, monkeypatch: pytest.MonkeyPatch, leads: bool, may_lead: bool
) -> None:
    kernel = _Kernel(monkeypatch, leads=leads, may_lead=may_lead)
    run_in_background(15)
    assert (kernel.niceness, autogroup.read_text()) == (15, "15")


def test_the_session_of_others_is_left_alone(autogroup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = _Kernel(monkeypatch, leads=False, may_lead=False)
    run_in_background(15)
    assert (kernel.niceness, autogroup.read_text()) == (15, "/autogroup-7 nice 0")


def test_a_kernel_without_niceness_of_sessions_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel = _Kernel(monkeypatch, leads=True, may_lead=False)
    monkeypatch.setattr(background, "_AUTOGROUP", tmp_path / "not there" / "autogroup")
    run_in_background(10)
    assert kernel.niceness == 10


def test_where_many_change_theirs_at_once_it_is_tried_again(autogroup: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _Kernel(monkeypatch, leads=True, may_lead=False)
    waits: list[float] = []
    monkeypatch.setattr("time.sleep", waits.append)
    write = Path.write_text

    def busy_once(path: Path, text: str) -> int:
        if not waits:
            raise BlockingIOError
        return write(path, text)

    monkeypatch.setattr(Path, "write_text", busy_once)
    run_in_background(10)
    assert (len(waits), autogroup.read_text()) == (1, "10")
