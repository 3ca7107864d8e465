"""Builds of packages from their sources: code of strangers, which may print, take and look at whatever it can."""

import asyncio
import json
import os
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import psutil
import pytest
import uvloop

from tests.component.host.running import PYTHON
from tests.support.package_index import source_archive
from tests.support.waiting import wait_until
from tests.support.wheels import write_wheel
from unshelf.contracts.home import Home
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.artifacts.interpreters import Interpreters
from unshelf.host.errors import HostFailure
from unshelf.host.packages.disk_bound import size_of
from unshelf.host.packages.uv import PRIVATE, BuildLimits, Uv


class Workshop:
    """A home folder, and a folder with one source archive, `own` 1.0, whose build runs some code."""

    def __init__(self, folder: Path, build: str, limits: BuildLimits | None = None, **variables: str) -> None:
        self.home = Home(folder / "home")
        for path in (self.home.environments, self.home.run):
            path.mkdir(parents=True)
        links = folder / "links"
        links.mkdir()
        (links / "own-1.0.tar.gz").write_bytes(source_archive("own", build))
        environment = {
            "PATH": os.environ["PATH"], "UV_FIND_LINKS": str(links), "UV_OFFLINE": "1", "HOME": str(folder / "no-such-home"),
        }  # fmt: skip
        self.uv = Uv(self.home.run, environment | variables, cache=self.home.cache / "uv", limits=limits)
        self.environments = EnvironmentStore(self.home, self.uv)

    def build(self) -> HostFailure:
        """Lock `own`; gives the failure."""

        async def story() -> None:
            interpreter = await Interpreters(self.uv).choose(PYTHON)
            await self.environments.lock(["own"], interpreter)

        with pytest.raises(HostFailure) as raised:
            run(story())
        assert not list(self.home.run.glob(f"{PRIVATE}*")), "what the build had for itself is still there"
        return raised.value


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return uvloop.run(work)


def test_a_build_sees_of_the_operators_environment_what_it_needs(tmp_path: Path) -> None:
    seen = tmp_path / "seen.json"
    build = f"import json, os\njson.dump(dict(os.environ), open({str(seen)!r}, 'w'))\nraise SystemExit(1)\n"
    Workshop(
        tmp_path, build, AWS_SECRET_ACCESS_KEY="operators-secret", UNSHELF_DATABASE="postgresql://a:b@c/d", CFLAGS="-O2",
        HTTPS_PROXY="http://proxy:3128",
    ).build()  # fmt: skip
    variables = json.loads(seen.read_text())
    assert (variables["CFLAGS"], variables["HTTPS_PROXY"]) == ("-O2", "http://proxy:3128")
    assert not {"AWS_SECRET_ACCESS_KEY", "UNSHELF_DATABASE", "PYTHONPATH"} & variables.keys()
    assert str(tmp_path / "home" / "run") in variables["HOME"]
    assert str(tmp_path / "home" / "run") in variables["TMPDIR"]


def test_a_build_may_print_what_it_likes_and_costs_nobody_memory(tmp_path: Path) -> None:
    """Given a build that prints a gigabyte and a line of megabytes, when it fails, then its beginning and its end are shown."""
    build = (
        "import sys\n"
        "print('the beginning')\n"
        "for _ in range(1000): sys.stdout.write(('y' * 1023 + '\\n') * 1024)\n"
        "sys.stderr.write('z' * 2_000_000 + '\\nthe end\\n')\n"
        "raise SystemExit(1)\n"
    )
    began = time.monotonic()
    failure = Workshop(tmp_path, build, BuildLimits(memory_bytes=600 << 20)).build()
    assert time.monotonic() - began < 200
    assert failure.code == "lock_failed"
    assert "Failed to build `own==1.0`" in failure.detail
    assert "the end" in failure.log
    assert "bytes left out" in failure.log
    assert len(failure.log) < 200_000
    assert max(map(len, failure.log.splitlines())) < 1100


@pytest.mark.parametrize(("ending", "told"), [("raise SystemExit(7)", "exit status: 7"), ("os.abort()", "signal: 6")])
def test_how_a_build_ended_is_told_as_it_was(tmp_path: Path, ending: str, told: str) -> None:
    assert told in Workshop(tmp_path, f"import os\n{ending}\n").build().detail


@pytest.mark.long
def test_a_build_without_end_is_ended_with_all_its_processes(tmp_path: Path) -> None:
    build = "import subprocess, time\nsubprocess.Popen(['sleep', '1234'])\ntime.sleep(1234)\n"
    failure = Workshop(tmp_path, build, BuildLimits(lock_seconds=3)).build()
    assert failure.detail == "It was ended after 3 s of resolving the requirements."
    assert "UNSHELF_LOCK_SECONDS" in failure.hint
    assert not [process for process in psutil.process_iter(["cmdline"]) if process.info["cmdline"] == ["sleep", "1234"]]


def test_a_build_that_is_given_up_is_ended_at_once(tmp_path: Path) -> None:
    started = tmp_path / "started"
    build = f"import os, time\nopen({str(started)!r}, 'w').write(str(os.getpid()))\ntime.sleep(1234)\n"
    workshop = Workshop(tmp_path, build)

    async def story() -> int:
        interpreter = await Interpreters(workshop.uv).choose(PYTHON)
        locking = asyncio.create_task(workshop.environments.lock(["own"], interpreter))
        await asyncio.to_thread(wait_until, lambda: started.exists() and started.read_text())
        locking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await locking
        return int(started.read_text())

    process = run(story())
    wait_until(lambda: not psutil.pid_exists(process) or psutil.Process(process).status() == psutil.STATUS_ZOMBIE)
    assert not list(workshop.home.run.glob(f"{PRIVATE}*"))


def test_a_build_has_no_more_memory_than_it_may(tmp_path: Path) -> None:
    failure = Workshop(tmp_path, "x = bytearray(2 << 30)\n", BuildLimits(memory_bytes=1 << 30)).build()
    assert "MemoryError" in failure.log


@pytest.mark.long
def test_packages_that_are_installed_as_they_are_have_a_bound_too(tmp_path: Path) -> None:
    """Given a wheel of kilobytes that unpacks to a hundred times what the disk has for it, then its install ends, and says what to set."""
    workshop = Workshop(tmp_path, "", BuildLimits(disk_bytes=16 << 20))
    write_wheel(tmp_path / "links", "large", data=256 << 20)

    async def story() -> None:
        interpreter = await Interpreters(workshop.uv).choose(PYTHON)
        lock = await workshop.environments.lock(["large"], interpreter)
        await workshop.environments.build(lock, interpreter)

    with pytest.raises(HostFailure) as raised:
        run(story())
    assert (raised.value.code, raised.value.detail) == (
        "build_failed",
        "It was ended, for it wrote more than 0.01562 GiB.",
    )
    assert "UNSHELF_BUILD_DISK_BYTES" in raised.value.hint
    assert size_of(workshop.home.folder) < 64 << 20, "what it wrote is gone again"
