"""The door to the host, against a host that answers by a script over a real socket."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.stand_in_host import MACHINE
from unshelf.contracts.bundle import Checks, Loader, Manifest
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.host import (
    Awake,
    Delete,
    Deleted,
    Describe,
    Described,
    Failed,
    FromHost,
    Prepare,
    Prepared,
    Progress,
    ToHost,
    Wake,
)
from unshelf.foundation.host_client import HostLink, HostRequestFailed, by_a_host
from unshelf.runtime.messages import MessageReader, frame_message

_requests: MessageReader[ToHost] = MessageReader(ToHost)
MANIFEST = Manifest(loader=Loader(kind="python", entry="predict.py:predict"), files=[], python="3.11")
PREPARED = Prepared(
    id=1,
    lock="lock-version = '1.0'",
    environment="e" * 64,
    built=True,
    checks=Checks(python="3.11.7", load_seconds=0.1, memory_bytes=1),
)


class ScriptedHost:
    """Answers each connection's one request with what `answers` makes of it, then hangs up."""

    def __init__(self, path: Path, answers: Callable[[ToHost], list[FromHost]]) -> None:
        self.heard: list[ToHost] = []
        self.hung_up_on = threading.Event()
        self._answers = answers
        self._listening = socket.socket(socket.AF_UNIX)
        self._listening.bind(str(path))
        self._listening.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._thread.join(60)
        self._listening.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            with connection:
                request = _requests.receive(connection)
                self.heard.append(request)
                with contextlib.suppress(BrokenPipeError):
                    for answer in self._answers(request):
                        connection.sendall(frame_message(answer))
                if isinstance(request, Prepare) and request.model == "cancelled":
                    assert connection.recv(1) == b""
                    self.hung_up_on.set()


Start = Callable[[Callable[[ToHost], list[FromHost]]], tuple[ScriptedHost, HostLink]]


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Start]:
    path = tmp_path / "host.sock"
    started: list[ScriptedHost] = []

    def start(answers: Callable[[ToHost], list[FromHost]]) -> tuple[ScriptedHost, HostLink]:
        started.append(ScriptedHost(path, answers))
        return started[-1], HostLink(path, wake_seconds=0.2)

    yield start
    for running in started:
        running.close()


def test_prepare_tells_each_step_and_then_the_result(host: Start) -> None:
    steps = [Progress(id=1, step="lock", state="started"), Progress(id=1, step="lock", state="done", seconds=0.5)]
    running, link = host(lambda request: [*steps, PREPARED])
    told: list[Progress] = []
    assert link.prepare("iris", MANIFEST, told.append) == PREPARED
    assert told == steps
    assert running.heard == [Prepare(id=1, model="iris", manifest=MANIFEST)]


def test_a_failure_says_what_the_host_said(host: Start) -> None:
    failed = Failed(id=1, code="check_failed", detail="it raised", hint="mend it", step="check", log="Traceback …")
    _, link = host(lambda request: [failed])
    with pytest.raises(HostRequestFailed) as caught:
        link.prepare("iris", MANIFEST, lambda progress: None)
    assert caught.value.failed == failed


def test_what_on_progress_raises_hangs_up_and_so_cancels(host: Start) -> None:
    running, link = host(lambda request: [Progress(id=1, step="lock", state="started")])

    def cancel(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        link.prepare("cancelled", MANIFEST, cancel)
    assert running.hung_up_on.wait(60)


def test_wake_gives_the_address(host: Start) -> None:
    running, link = host(lambda request: [Awake(id=1, address="w1.sock")])
    assert link.wake("iris", 3) == "w1.sock"
    assert running.heard == [Wake(id=1, model="iris", version=3, for_release=True)]


def test_describe_and_forget(host: Start) -> None:
    described = Described(id=1, machine=MACHINE, replicas=[])
    running, link = host(lambda request: [Deleted(id=1) if isinstance(request, Delete) else described])
    assert link.describe() == described
    assert running.heard[-1] == Describe(id=1)
    assert link.replicas() == []
    assert running.heard[-1] == Describe(id=1, machine=False)
    link.forget(["b" * 64], [])
    assert running.heard[-1] == Delete(id=1, bundles=["b" * 64], environments=[])


def test_a_host_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not answer"):
        HostLink(tmp_path / "host.sock").describe()


def test_a_host_that_dies_while_it_is_asked_is_unavailable(host: Start) -> None:
    _, link = host(lambda request: [Progress(id=1, step="build", state="started")])
    with pytest.raises(Unavailable, match="hung up"):
        link.prepare("iris", MANIFEST, lambda progress: None)


def test_a_host_that_stays_silent_is_unavailable_after_a_while(host: Start) -> None:
    silence = threading.Event()

    def say_nothing(request: ToHost) -> list[FromHost]:
        silence.wait(60)
        return []

    _, link = host(say_nothing)
    with pytest.raises(Unavailable, match="in time"):
        link.wake("iris", 1)
    silence.set()


def test_a_host_failure_keeps_what_the_host_said() -> None:
    failed = Failed(id=1, code="build_failed", detail="no wheel", hint="add it", step="build", retry_after=None)
    error = HostRequestFailed(failed)
    assert (error.detail, error.hint, error.failed.step, error.code) == ("no wheel", "add it", "build", "unavailable")
    assert HostRequestFailed(Failed(id=1, code="not_found", detail="gone")).code == "not_found"


def test_what_no_host_comes_back_for_fails_in_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("unshelf.foundation.host_client._NEXT_HOST_SECONDS", 0.2)
    begun_anew: list[int] = []

    def act() -> int:
        raise Unavailable("The host does not answer.")

    with pytest.raises(Unavailable, match="does not answer"):
        by_a_host(act, begin_anew=lambda: begun_anew.append(1), watch=lambda: None)
    assert begun_anew == [1]
