"""SIGTERM to `unshelf up` at any moment: when it has ended, nothing that it started is left, in sandboxes too."""

import random
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform

HANGS = """
import sys, time

def predict(rows):
    if rows[0]["a"] == 7.0:
        time.sleep(300)
    return [0.0] * len(rows)
"""
LEAVES = """
import ctypes, os, sys, time
if "zygote" in sys.argv and not ctypes.CDLL(None).unshare(0x10000000 | 0x20000000) and os.fork() == 0:
    os.setsid()
    for descriptor in range(256):
        try:
            os.close(descriptor)
        except OSError:
            pass
    time.sleep(300)
"""
"""A module that leaves a process behind, with namespaces of its own, where it is imported in a warm process."""
THREADS = "import threading\nthreading.Thread(target=time.sleep, args=(300,), daemon=True).start()\n"
STOP_SECONDS = 60.0


def left(home: Path) -> list[str]:
    """The command lines that name this home folder, of whatever user and namespace, except those of a caller."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            words = process.cmdline()
            if str(home) in " ".join(words) and "deploy" not in words and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid}: {' '.join(words)[:200]}")
    return found


def end(platform: Platform) -> None:
    assert left(platform.home), "a platform that runs is seen"
    platform.process.terminate()
    platform.process.wait(STOP_SECONDS)
    assert left(platform.home) == []
    assert "process did not stop in time" not in platform.log.read_text()


def ask(platform: Platform, model: str, value: float) -> threading.Thread:
    """Ask in the background, without waiting for an answer."""

    def call() -> None:
        with suppress(httpx.HTTPError):
            platform.client(platform.token).post(f"/models/{model}/predict", json={"inputs": [{"a": value, "b": 1.0}]})

    thread = threading.Thread(target=call)
    thread.start()
    return thread


@pytest.mark.long
@pytest.mark.parametrize("threads", ["", pytest.param(THREADS, marks=pytest.mark.long)], ids=["forked", "spawned"])
def test_a_replica_that_hangs_does_not_outlive_the_platform(
    start_platform: Callable[..., Platform], tmp_path: Path, threads: str
) -> None:
    """Given a prediction that does not return, forked and spawned, then its worker ends before the host must be killed."""
    platform = start_platform(gateways="1")
    platform.cli("deploy", str(write_model(tmp_path / "hangs", name="hangs", code="import time\n" + threads + HANGS)))
    asking = ask(platform, "hangs", 7.0)
    while platform.http.get("/api/v1/machine").json()["replicas"][0]["state"] != "serving":
        continue
    end(platform)
    asking.join()


@pytest.mark.long
def test_what_a_package_left_in_a_warm_process_does_not_outlive_the_platform(
    start_platform: Callable[..., Platform], tmp_path: Path
) -> None:
    platform = start_platform(gateways="1")
    model = write_model(tmp_path / "leaves", name="leaves", code=f"import six\n{HANGS}", requirements=("six",))
    platform.cli("deploy", str(model))
    (six,) = (platform.home / "environments").glob("*/lib/*/site-packages/six.py")
    package = six.read_text() + LEAVES
    six.unlink()  # it may be a link to the file in the cache, which all environments of this machine share
    six.write_text(package)
    platform.cli("pause", "leaves")
    platform.stop()
    with running_platform(platform.home, gateways="1") as again:
        again.cli("resume", "leaves")
        assert again.predict("leaves", [{"a": 1.0, "b": 1.0}]) == [0.0]
        end(again)


@pytest.mark.long
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.long) for seed in range(1, 6))])
def test_a_stop_at_any_moment_of_a_deploy_or_a_wake(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    home = tmp_path / "home"
    with running_platform(home, gateways="1") as platform:
        platform.cli("deploy", str(write_model(tmp_path / "first", name="first", requirements=("six",))))
        end(platform)
    with running_platform(home, gateways="1") as platform:
        model = write_model(tmp_path / "second", name="second", requirements=("six",))
        with (tmp_path / "deploy.log").open("w") as log:
            deploy = subprocess.Popen(
                [*UNSHELF, "deploy", str(model)], env=platform.environment(), stdout=log, stderr=log
            )
        asking = ask(platform, "first", 1.0)
        with suppress(subprocess.TimeoutExpired):
            deploy.wait(chance.uniform(0.5, 4.0))  # a moment, whatever it does by then
        end(platform)
        deploy.kill()
        deploy.wait()
        asking.join()
