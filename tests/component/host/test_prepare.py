"""Preparing bundles with a real host, real uv, real environments."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.component.host.running import ENVIRONMENT, RunningHost, manifest_of, running_host
from tests.support.long import LONG
from tests.support.package_index import source_archive
from tests.support.processes import matching
from tests.support.waiting import wait_until
from unshelf.contracts.protocols.host import Delete, Deleted, Failed, Prepare, Prepared, Progress


@pytest.fixture
def host(tmp_path: Path) -> Iterator[RunningHost]:
    with running_host(tmp_path / "home", check_seconds=20) as running:
        yield running


def folders(host: RunningHost, kind: str) -> set[str]:
    return {path.name for path in (host.home / kind).iterdir()} - {ENVIRONMENT}


def test_a_bundle_is_locked_built_and_checked_and_each_step_is_told(host: RunningHost) -> None:
    manifest = manifest_of(host.home, requirements=["six==1.17.0"])

    heard = host.sender().ask_all(Prepare(id=3, model="m", manifest=manifest))

    prepared = heard[-1]
    assert isinstance(prepared, Prepared), prepared
    steps = [(one.step, one.state) for one in heard[:-1] if isinstance(one, Progress) and one.state != "info"]
    assert steps == [(step, state) for step in ("lock", "build", "check") for state in ("started", "done")]
    assert all(one.seconds is not None for one in heard[:-1] if isinstance(one, Progress) and one.state == "done")
    assert {one.detail for one in heard[:-1] if isinstance(one, Progress) and one.state == "info"} == {
        "loading the model", "predicting the example",
    }  # fmt: skip
    assert prepared.built
    assert prepared.checks.batchable
    assert 'name = "six"' in prepared.lock
    assert "sha256" in prepared.lock
    assert folders(host, "environments") == {prepared.environment}
    assert folders(host, "bundles") == {manifest.digest}
    assert host.children() == []


def test_a_second_bundle_with_the_same_packages_shares_the_environment(host: RunningHost) -> None:
    first = host.sender().ask(Prepare(id=1, model="a", manifest=manifest_of(host.home, requirements=["six"])))
    other = manifest_of(host.home, requirements=["six"], content=b"other")
    second = host.sender().ask(Prepare(id=1, model="b", manifest=other))
    assert isinstance(first, Prepared)
    assert isinstance(second, Prepared)
    assert (first.environment, first.built) == (second.environment, not second.built)


def test_the_given_lock_is_used_as_it_is(host: RunningHost) -> None:
    made = host.sender().ask(Prepare(id=1, model="a", manifest=manifest_of(host.home, requirements=["six==1.16.0"])))
    assert isinstance(made, Prepared)
    manifest = manifest_of(host.home, content=made.lock.encode())
    locked = type(manifest)(
        loader=manifest.loader,
        python=manifest.python,
        files=[
            type(manifest.files[0])(path="pylock.toml", sha256=manifest.files[0].sha256, size=manifest.files[0].size),
            manifest_of(host.home).files[0],
        ],
        lock="pylock.toml",
    )
    again = host.sender().ask(Prepare(id=1, model="a", manifest=locked))
    assert isinstance(again, Prepared), again
    assert (again.environment, again.built, again.lock) == (made.environment, False, made.lock)


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "detail", "hint"),
    [
        ({"fail": "ModuleNotFoundError: No module named 'sklearn'"}, "loading the model failed: Module", "'sklearn'"),
        ({"segfault": True}, "SIGSEGV", "log"),
    ],
)
def test_a_failed_check_says_why_and_leaves_nothing(
    host: RunningHost, options: dict[str, object], detail: str, hint: str
) -> None:
    blobs = manifest_of(host.home, requirements=["six"], **options)
    answer = host.sender().ask(Prepare(id=1, model="m", manifest=blobs))
    assert isinstance(answer, Failed)
    assert (answer.code, answer.step) == ("check_failed", "check")
    assert detail in answer.detail
    assert hint in answer.hint
    assert "stand-in for m" in answer.log
    assert folders(host, "environments") == set()
    assert folders(host, "bundles") == set()
    assert folders(host, "manifests") == set()
    assert {path.name for path in host.run.iterdir()} == {"host.sock", "host.alive", "routing"}


@pytest.mark.long
def test_a_check_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    with running_host(tmp_path / "home", check_seconds=0.5) as host:
        answer = host.sender().ask(Prepare(id=1, model="m", manifest=manifest_of(host.home, hang=True)))
        assert isinstance(answer, Failed)
        assert "not done after 0.5 s" in answer.detail
        assert host.children() == []


@pytest.mark.long
def test_the_hanging_builds_of_one_do_not_keep_others_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given builds that sleep for ever, as many as one may have, when somebody else deploys, then that is done."""
    links = tmp_path / "links"
    links.mkdir()
    for number in range(10):
        (links / f"hang{number}-1.0.tar.gz").write_bytes(
            source_archive(f"hang{number}", "import time\ntime.sleep(1234)\n")
        )
    monkeypatch.setenv("UV_FIND_LINKS", str(links))
    monkeypatch.setenv("UV_OFFLINE", "1")
    with running_host(tmp_path / "home") as host:
        senders = [host.sender() for _ in range(10)]
        for number, sender in enumerate(senders):
            manifest = manifest_of(host.home, requirements=[f"hang{number}"])
            sender.send(Prepare(id=1, model=f"m{number}", manifest=manifest, actor="ana"))
        wait_until(lambda: len(matching(host.children(), lambda each: each.name() == "uv")) == 8)
        answer = host.sender().ask(Prepare(id=1, model="m", manifest=manifest_of(host.home), actor="ben"))
        assert isinstance(answer, Prepared), answer
        for sender in senders:
            sender.close()
        wait_until(lambda: host.children() == [])


def test_a_sender_who_hangs_up_takes_his_check_with_him(host: RunningHost) -> None:
    sender = host.sender()
    sender.send(Prepare(id=1, model="m", manifest=manifest_of(host.home, requirements=["six"], hang=True)))
    working = wait_until(lambda: len(children := host.children()) >= 2 and children)
    sender.close()
    wait_until(lambda: not any(process.is_running() for process in working))
    wait_until(lambda: not folders(host, "environments") and not folders(host, "bundles"))
    wait_until(lambda: {path.name for path in host.run.iterdir()} == {"host.sock", "host.alive", "routing"})


@pytest.mark.long
@pytest.mark.parametrize("delay", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_hanging_up_at_any_moment_leaves_nothing(host: RunningHost, delay: float) -> None:
    sender = host.sender()
    sender.send(Prepare(id=1, model="m", manifest=manifest_of(host.home, requirements=["packaging"], hang=True)))
    time.sleep(delay)
    sender.close()
    wait_until(lambda: not host.children())
    wait_until(lambda: not folders(host, "environments") and not folders(host, "bundles"))
    wait_until(lambda: {path.name for path in host.run.iterdir()} == {"host.sock", "host.alive", "routing"})
    assert isinstance(host.sender().ask(Prepare(id=2, model="m", manifest=manifest_of(host.home))), Prepared)


def test_a_missing_file_is_a_clear_failure(host: RunningHost) -> None:
    manifest = manifest_of(host.home)
    digest = manifest.files[0].sha256
    (host.home / "blobs" / digest[:2] / digest).unlink()
    answer = host.sender().ask(Prepare(id=1, model="m", manifest=manifest))
    assert isinstance(answer, Failed)
    assert "'model.txt' is not in the blob store" in answer.detail
    assert folders(host, "bundles") == set()


def test_what_was_prepared_goes_when_control_lets_it_go(host: RunningHost) -> None:
    manifest = manifest_of(host.home, requirements=["six"])
    prepared = host.sender().ask(Prepare(id=1, model="m", manifest=manifest))
    assert isinstance(prepared, Prepared)
    forget = Delete(id=2, bundles=[manifest.digest], environments=[prepared.environment])
    assert host.sender().ask(forget) == Deleted(id=2)
    assert host.sender().ask(forget) == Deleted(id=2)
    assert folders(host, "environments") == set()
    assert folders(host, "bundles") == set()
    assert folders(host, "manifests") == set()


@pytest.mark.long
def test_prepares_leave_no_descriptor_behind(host: RunningHost) -> None:
    process = psutil.Process(host.process.pid)
    sender = host.sender()
    counts = []
    for id in range(40 if LONG else 6):
        manifest = manifest_of(host.home, content=str(id).encode())
        assert isinstance(sender.ask(Prepare(id=id, model="m", manifest=manifest)), Prepared)
        counts.append(process.num_fds())
    wait_until(lambda: process.num_fds() <= counts[1])
