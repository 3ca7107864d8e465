"""Waking, replacing and stopping workers, with a real host and real processes."""

import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.component.host.running import RunningHost, manifest_of, running_host
from tests.support.long import LONG
from tests.support.waiting import wait_until
from unshelf.contracts.protocols.host import Awake, Delete, Deleted, Failed, Prepare, Prepared, Wake


@pytest.fixture
def host(tmp_path: Path) -> Iterator[RunningHost]:
    with running_host(tmp_path / "home") as running:
        yield running


def wake(host: RunningHost, version: int = 1, not_address: str | None = None) -> str:
    answer = host.sender().ask(Wake(id=1, model="m", version=version, not_address=not_address))
    assert isinstance(answer, Awake), answer
    return answer.address


def failure(host: RunningHost, model: str = "m", version: int = 1) -> Failed:
    answer = host.sender().ask(Wake(id=1, model=model, version=version))
    assert isinstance(answer, Failed), answer
    return answer


def test_many_gateways_that_ask_at_once_share_one_worker(host: RunningHost) -> None:
    host.publish(manifest_of(host.home, load_seconds=0.2))
    senders = [host.sender() for _ in range(10)]
    for sender in senders:
        for id in range(5):
            sender.send(Wake(id=id, model="m", version=1))

    answers = [sender.receive() for sender in senders for _ in range(5)]

    assert {type(answer) for answer in answers} == {Awake}
    assert len({answer.address for answer in answers if isinstance(answer, Awake)}) == 1
    assert len(host.describe().replicas) == 1
    alone = host.describe(machine=False)
    assert (alone.machine, len(alone.replicas)) == (None, 1)


def test_a_table_published_an_instant_before_the_wake_is_known(host: RunningHost) -> None:
    assert failure(host).code == "not_found"
    host.publish(manifest_of(host.home))
    assert wake(host)


@pytest.mark.long
def test_versions_called_by_number_share_what_a_quota_counts_for_their_model(host: RunningHost) -> None:
    host.publish(
        manifest_of(host.home),
        manifest_of(host.home, load_seconds=0.01),
        manifest_of(host.home, load_seconds=0.02),
        has_quota=True,
    )
    wake(host, 1)
    refused = failure(host, version=2)
    assert (refused.code, "quota" in refused.detail) == ("unavailable", True)
    assert wake(host, 1)

    assert isinstance(host.sender().ask(Wake(id=1, model="m", version=3, for_release=True)), Awake), (
        "it is to be released"
    )

    def woken() -> bool:
        return isinstance(host.sender().ask(Wake(id=1, model="m", version=2)), Awake)

    wait_until(woken, what="the first version is used no more, and makes room")


def test_a_worker_that_died_is_replaced_and_its_children_go_with_it(host: RunningHost) -> None:
    host.publish(manifest_of(host.home))
    first = wake(host)
    pid, connection = host.visit(first)
    connection.sendall(b"child")
    assert connection.recv(100)
    (child,) = psutil.Process(pid).children()

    os.kill(pid, signal.SIGKILL)
    second = wake(host, not_address=first)

    assert second != first
    assert host.visit(second)[0] != pid
    wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
    assert not (host.run / first).exists()
    assert not psutil.pid_exists(pid), "the dead worker was not reaped"


@pytest.mark.long
def test_an_address_said_to_be_dead_is_never_given_out_again(host: RunningHost) -> None:
    host.publish(manifest_of(host.home))
    first = wake(host)
    assert wake(host) == first
    second = wake(host, not_address=first)
    assert second != first
    assert wake(host, not_address=first) == second
    wait_until(lambda: [replica.address for replica in host.describe().replicas] == [second])


@pytest.mark.long
def test_a_start_killed_from_outside_is_tried_again_without_anyone_noticing(host: RunningHost) -> None:
    host.publish(manifest_of(host.home, load_seconds=1))
    sender = host.sender()
    sender.send(Wake(id=1, model="m", version=1))
    (first,) = wait_until(lambda: host.describe(machine=False).replicas)

    os.kill(first.pid, signal.SIGKILL)

    assert isinstance(sender.receive(), Awake)
    (second,) = host.describe(machine=False).replicas
    assert second.pid != first.pid


def test_a_version_that_keeps_dying_is_started_ever_more_slowly_and_its_log_is_told(host: RunningHost) -> None:
    host.publish(manifest_of(host.home, die_at_start=True))
    first = failure(host)
    assert first.code == "unavailable"
    assert "SIGSEGV" in first.detail
    assert "last words" in first.log
    assert first.retry_after
    held_back = failure(host)
    assert "keeps failing" in held_back.detail
    assert held_back.retry_after
    again = wait_until(lambda: "keeps failing" not in (failed := failure(host)).detail and failed)
    assert again.retry_after
    assert again.retry_after > first.retry_after


def test_a_worker_that_says_it_cannot_serve_is_not_tried_again_at_once(host: RunningHost) -> None:
    host.publish(manifest_of(host.home, refuse=True))
    refusal = failure(host)
    assert "ValueError: no such model" in refusal.detail
    assert refusal.retry_after
    assert not host.children()


@pytest.mark.long
def test_a_worker_that_hangs_before_it_serves_is_given_up_and_its_owner_told(tmp_path: Path) -> None:
    """Given a worker that lives and never says that it serves, then it is ended after a while, and the next is held back."""
    with running_host(tmp_path / "home", start_seconds=2) as host:
        host.publish(manifest_of(host.home, load_seconds=600))
        given_up = failure(host)
        assert (given_up.code, given_up.detail) == ("unavailable", "m:1 can't be started: it did not serve within 2 s")
        assert "stand-in for m 1" in given_up.log
        assert given_up.retry_after
        assert not host.children()
        assert "keeps failing" in failure(host).detail


@pytest.mark.long
def test_an_idle_worker_goes_and_a_used_one_stays(host: RunningHost) -> None:
    host.describe()  # the first description looks for interpreters, which takes a while
    host.publish(manifest_of(host.home), idle_seconds=2.0)
    _, connection = host.visit(wake(host))
    for _ in range(5):
        time.sleep(0.45)
        connection.sendall(b"use")
    (replica,) = host.describe().replicas
    assert replica.requests >= 4
    assert replica.memory_bytes > 1_000_000
    wait_until(lambda: not host.describe().replicas)
    assert not list(host.run.glob("w*"))
    assert not list(host.run.glob("scratch-*"))


@pytest.mark.long
def test_a_minimum_of_one_is_started_unasked_and_started_again_when_killed(host: RunningHost) -> None:
    host.publish(manifest_of(host.home), min_replicas=1, idle_seconds=0.1)

    def serving() -> int:
        return next((replica.pid for replica in host.describe().replicas if replica.state == "serving"), 0)

    first = wait_until(serving)
    os.kill(first, signal.SIGKILL)
    second = wait_until(lambda: serving() not in (0, first) and serving())
    time.sleep(0.6)
    assert serving() == second, "a replica within the minimum was stopped as idle"


def test_a_paused_version_is_stopped_and_says_so(host: RunningHost) -> None:
    manifest = manifest_of(host.home)
    host.publish(manifest)
    pid, _ = host.visit(wake(host))
    host.publish(manifest, paused=True)
    wait_until(lambda: not psutil.pid_exists(pid))
    assert failure(host).code == "paused"
    host.publish(manifest)
    assert wake(host)


def test_a_version_that_left_the_table_is_stopped_and_forgotten_with_its_folders(host: RunningHost) -> None:
    manifest = manifest_of(host.home)
    host.publish(manifest)
    pid, _ = host.visit(wake(host))
    host.publish()

    answer = host.sender().ask(Delete(id=7, bundles=[manifest.digest, "0" * 64], environments=["e" * 64]))

    assert answer == Deleted(id=7)
    assert not psutil.pid_exists(pid)
    assert failure(host).code == "not_found"
    assert list((host.home / "bundles").iterdir()) == []
    assert list((host.home / "environments").iterdir()) == []
    wait_until(lambda: not list((host.home / "logs" / "workers").iterdir()))


def test_bundles_deleted_by_hand_are_remade_from_blobs(host: RunningHost) -> None:
    manifest = manifest_of(host.home)
    prepared = host.sender().ask(Prepare(id=1, model="m", manifest=manifest))
    assert isinstance(prepared, Prepared)
    shutil.rmtree(host.home / "bundles" / manifest.digest)
    host.publish(manifest)
    wake(host)
    assert (host.home / "bundles" / manifest.digest / "files" / "model.txt").read_bytes() == b"m"


def test_a_missing_environment_is_a_clear_failure(host: RunningHost) -> None:
    host.publish(manifest_of(host.home), environment="f" * 64)
    gone = failure(host)
    assert gone.code == "unavailable"
    assert "environment" in gone.detail
    assert "deploy its versions again" in gone.hint


def test_the_end_of_the_supervisor_ends_host_and_workers(tmp_path: Path) -> None:
    with running_host(tmp_path / "home") as host:
        host.publish(manifest_of(host.home))
        pid, _ = host.visit(wake(host))
        assert host.process.stdin is not None
        host.process.stdin.close()
        assert host.process.wait(timeout=60) == 0
        assert not psutil.pid_exists(pid)
        assert not list(host.run.glob("*.sock"))


def test_a_killed_host_is_followed_by_one_that_starts_afresh(tmp_path: Path) -> None:
    with running_host(tmp_path / "home") as host:
        host.publish(manifest_of(host.home))
        first = wake(host)
        pid, _ = host.visit(first)
        host.process.kill()
        host.process.wait()
        assert host.process.stdin is not None
        host.process.stdin.close()
        host.start()
        second = wake(host)
        assert second != first
        wait_until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


@pytest.mark.long
def test_lives_leave_no_descriptor_behind(host: RunningHost) -> None:
    host.publish(manifest_of(host.home))
    process = psutil.Process(host.process.pid)
    address = wake(host)
    wait_until(lambda: len(host.describe().replicas) == 1)
    sender = host.sender()
    before = process.num_fds()
    for id in range(200 if LONG else 10):
        answer = sender.ask(Wake(id=id, model="m", version=1, not_address=address))
        assert isinstance(answer, Awake), answer
        address = answer.address
    wait_until(lambda: len(process.children()) == 1)
    wait_until(lambda: process.num_fds() <= before + 1)
    assert len(list(host.run.glob("w*.sock"))) == 1


def test_a_message_of_nonsense_ends_only_its_own_connection(host: RunningHost) -> None:
    host.publish(manifest_of(host.home))
    broken = host.sender()
    broken._socket.sendall(b"\x05\x00\x00\x00hello")
    with pytest.raises(EOFError):
        broken.receive()
    assert wake(host)
