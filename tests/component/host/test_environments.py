"""Environments: built once however many ask, and never half."""

import asyncio
import hashlib
import os
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Coroutine, Mapping
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest
import uvloop

from tests.component.host.running import PYTHON
from tests.support.package_index import package_index
from tests.support.waiting import wait_until
from tests.support.wheels import write_wheel
from unshelf.contracts.bundle import BundleFile, Loader, Manifest
from unshelf.contracts.home import Home
from unshelf.host.artifacts.bundles import BundleStore
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.artifacts.interpreters import Interpreter, Interpreters
from unshelf.host.artifacts.locks import Lock
from unshelf.host.errors import HostFailure
from unshelf.host.packages.uv import Uv
from unshelf.host.subprocesses import run_program
from unshelf.runtime.blobs.files import FileBlobs


class Kitchen:
    """Environments below a folder, with what one needs to build some."""

    def __init__(self, home: Path, environment: Mapping[str, str] | None = None) -> None:
        layout = Home(home)
        for folder in (layout.environments, layout.run):
            folder.mkdir(parents=True, exist_ok=True)
        self.uv = Uv(layout.run, environment, cache=layout.cache / "uv")
        self.folder = layout.environments
        self.interpreters = Interpreters(self.uv)
        self.environments = EnvironmentStore(layout, self.uv)

    async def lock(self, *requirements: str) -> tuple[Lock, Interpreter]:
        interpreter = await self.interpreters.choose(PYTHON)
        return await self.environments.lock(requirements, interpreter), interpreter

    def found(self) -> set[str]:
        return {path.name for path in self.folder.iterdir()}


@pytest.fixture
def kitchen(tmp_path: Path) -> Kitchen:
    return Kitchen(tmp_path / "home")


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return uvloop.run(work)


def test_twenty_who_ask_at_once_get_one_build(kitchen: Kitchen) -> None:
    async def story() -> list[tuple[str, bool]]:
        lock, interpreter = await kitchen.lock("six", "packaging")
        return await asyncio.gather(*(kitchen.environments.build(lock, interpreter) for _ in range(20)))

    results = run(story())

    (name,) = {name for name, _ in results}
    assert [built for _, built in results].count(True) == 1
    assert kitchen.found() == {name}
    python = kitchen.environments.python(name)
    seen = subprocess.run(
        [python, "-I", "-c", "import six, packaging, sys; print(sys.prefix)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(seen.stdout.strip()) == kitchen.folder / name


def test_the_same_requirements_make_the_same_name_and_others_another(kitchen: Kitchen) -> None:
    async def story() -> list[str]:
        locks = [await kitchen.lock(*wanted) for wanted in (["six==1.17.0"], ["six == 1.17.0 "], ["six==1.16.0"])]
        return [lock.name for lock, _ in locks]

    first, same, other = run(story())
    assert first == same
    assert first != other


def test_a_build_that_is_cancelled_leaves_the_turn_to_the_next(kitchen: Kitchen) -> None:
    async def story() -> tuple[str, bool]:
        lock, interpreter = await kitchen.lock("six")
        first = asyncio.create_task(kitchen.environments.build(lock, interpreter))
        second = asyncio.create_task(kitchen.environments.build(lock, interpreter))
        await asyncio.sleep(0.01)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        return await second

    name, built = run(story())
    assert built
    assert kitchen.found() == {name}


@pytest.mark.long
def test_a_killed_builder_leaves_nothing_that_stands_in_the_way(kitchen: Kitchen, tmp_path: Path) -> None:
    script = f"""
        import asyncio
        from pathlib import Path
        from tests.component.host.test_environments import Kitchen
        async def build():
            kitchen = Kitchen(Path({str(tmp_path / "home")!r}))
            lock, interpreter = await kitchen.lock("six", "packaging")
            async def stall(lock, python, **named):
                print("building", flush=True)
                await asyncio.sleep(60)
            kitchen.uv.install = stall
            await kitchen.environments.build(lock, interpreter)
        asyncio.run(build())
    """
    builder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert builder.stdout is not None
    assert builder.stdout.readline() == b"building\n"
    (half_made,) = (name for name in kitchen.found() if name.startswith(".building-"))
    assert kitchen.environments.sweep() == [], "what a live process is making was swept away"
    builder.kill()
    builder.wait()
    builder.stdout.close()

    assert kitchen.environments.sweep() == [half_made]
    assert kitchen.found() == set()

    async def story() -> tuple[str, bool]:
        return await kitchen.environments.build(*await kitchen.lock("six", "packaging"))

    name, built = run(story())
    assert built
    assert kitchen.found() == {name}


@pytest.mark.long
@pytest.mark.parametrize("credentials", ["", "me:secret@"])
def test_a_file_is_fetched_once_for_all_environments_even_from_a_mirror_that_says_nothing_of_caching(
    tmp_path: Path, credentials: str
) -> None:
    with package_index() as index:
        address = index.address.replace("//", f"//{credentials}")
        kept_back = ("UV_", "PIP_")
        others = {name: value for name, value in os.environ.items() if not name.startswith(kept_back)}
        settings = {**others, "UV_DEFAULT_INDEX": address, "UV_CACHE_DIR": str(tmp_path / "cache")}

        async def build(home: str) -> Path:
            kitchen = Kitchen(tmp_path / home, settings)
            lock, interpreter = await kitchen.lock("tiny")
            name, _ = await kitchen.environments.build(lock, interpreter)
            assert (kitchen.folder / name / "pylock.toml").read_text() == lock.text
            assert not list((kitchen.folder / name).glob("pylock.*.toml"))
            return kitchen.environments.python(name)

        for home in ("one", "two", "three"):
            subprocess.run([run(build(home)), "-I", "-c", "import tiny"], check=True)
        assert index.fetched == 1


def test_a_file_of_a_lock_that_came_with_a_bundle_is_not_kept_as_the_indexs(tmp_path: Path) -> None:
    with package_index() as index:
        others = {name: value for name, value in os.environ.items() if not name.startswith(("UV_", "PIP_"))}
        kitchen = Kitchen(
            tmp_path / "home", {**others, "UV_DEFAULT_INDEX": index.address, "UV_CACHE_DIR": str(tmp_path / "cache")}
        )

        async def story() -> None:
            lock, interpreter = await kitchen.lock("tiny")
            given = await kitchen.environments.given_lock(lock.text, interpreter)
            name, _ = await kitchen.environments.build(given, interpreter)
            assert index.fetched == 1
            await kitchen.environments.forget(name)
            await kitchen.environments.build(lock, interpreter)

        run(story())
        assert index.fetched == 2


def test_a_failed_deploy_takes_its_environment_along_unless_another_uses_it(kitchen: Kitchen) -> None:
    async def story() -> None:
        lock, interpreter = await kitchen.lock("six")
        name = lock.name
        holds = kitchen.environments.holds
        async with holds.hold(name):
            async with holds.hold(name):
                await kitchen.environments.build(lock, interpreter)
            assert kitchen.environments.is_complete(name)
        assert kitchen.found() == set()
        async with holds.hold(name):
            await kitchen.environments.build(lock, interpreter)
            holds.keep(name)
        assert kitchen.found() == {name}

    run(story())


def test_a_file_that_differs_from_its_hash_is_not_installed(kitchen: Kitchen) -> None:
    async def story() -> None:
        lock, interpreter = await kitchen.lock("six==1.17.0")
        digest = lock.text.rpartition('sha256 = "')[2][:64]
        forged = msgspec.structs.replace(lock, to_install=lock.to_install.replace(digest, "0" * 64))
        await kitchen.environments.build(forged, interpreter)

    with pytest.raises(HostFailure) as raised:
        run(story())
    assert raised.value.code == "build_failed"
    assert "Hash mismatch for `six==1.17.0`" in raised.value.detail
    assert kitchen.found() == set()


@pytest.mark.parametrize(
    ("requirements", "detail", "hint"),
    [
        (["six==99"], "there is no version of six==99", "loosen"),
        (["pandas==2.0.0", "numpy==1.19.0"], "numpy", "loosen"),
        (["no-such-package-of-unshelf"], "no package named 'no-such-package-of-unshelf'", "spelling"),
        (["six=>1"], "can't be read", "PEP 508"),
    ],
)
def test_requirements_that_cannot_be_met_are_told_in_a_sentence(
    kitchen: Kitchen, requirements: list[str], detail: str, hint: str
) -> None:
    with pytest.raises(HostFailure) as raised:
        run(kitchen.lock(*requirements))
    failure = raised.value
    assert (failure.code, failure.step) == ("lock_failed", "lock")
    assert detail in failure.detail
    assert hint in failure.hint
    assert "\n" not in failure.detail


def test_without_a_network_the_way_out_is_told(tmp_path: Path) -> None:
    layout = Home(tmp_path)
    for folder in (layout.environments, layout.run):
        folder.mkdir(parents=True, exist_ok=True)
    others = {name: value for name, value in os.environ.items() if name != "UV_CACHE_DIR"}
    uv = Uv(layout.run, {**others, "UV_OFFLINE": "1"}, cache=tmp_path / "cache")
    with pytest.raises(HostFailure) as raised:
        run(uv.compile(["six"], Path(sys.executable)))
    assert "can't be reached: six is not in the cache and the network is disabled" in raised.value.detail
    assert "UV_DEFAULT_INDEX" in raised.value.hint


def test_a_python_that_is_not_here_is_told_with_those_that_are(kitchen: Kitchen) -> None:
    with pytest.raises(HostFailure) as raised:
        run(kitchen.interpreters.choose("3.77"))
    assert "needs Python 3.77" in raised.value.detail
    assert PYTHON in raised.value.hint


@pytest.mark.parametrize("wanted", ["2.7", "3.9", "3", "--help", "/usr/bin/python3", "3.11; rm", ""])
def test_what_is_no_usable_python_version_is_refused(kitchen: Kitchen, wanted: str) -> None:
    with pytest.raises(HostFailure, match="can't be used"):
        run(kitchen.interpreters.choose(wanted))


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.005, 0.02, 0.1])
def test_a_program_cancelled_at_any_moment_is_killed_with_its_children(tmp_path: Path, delay: float) -> None:
    before = set(psutil.Process().children())

    async def story() -> None:
        command = ["sh", "-c", "sleep 300 & sleep 300 & wait"]
        task = asyncio.create_task(run_program(command, environment=dict(os.environ), folder=tmp_path))
        await asyncio.sleep(delay)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(story())
    assert set(psutil.Process().children()) == before
    sleeping = [p for p in psutil.process_iter(["cwd", "cmdline"]) if p.info["cwd"] == str(tmp_path)]
    wait_until(lambda: not any(process.is_running() for process in sleeping))


def bundle_with(home: Home, wheel: Path, *requirements: str) -> tuple[BundleStore, Manifest]:
    content = wheel.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    blobs = FileBlobs(home.blobs)
    blobs.put(digest, iter([content]), limit=1 << 20)
    path = f".unshelf/wheels/{wheel.name}"
    manifest = Manifest(
        loader=Loader(kind="python", entry="predict.py:predict"), python=PYTHON,
        files=[BundleFile(path=path, sha256=digest, size=len(content))],
        requirements=[f"own_lib @ bundle:{path}", *requirements],
    )  # fmt: skip
    return BundleStore(home, blobs), manifest


def test_a_wheel_of_the_bundle_is_locked_by_its_hash_and_installed(kitchen: Kitchen, tmp_path: Path) -> None:
    wheel = write_wheel(tmp_path, "own_lib", code="import six\nVALUE = 7\n")
    home = Home(kitchen.folder.parent)
    bundles, manifest = bundle_with(home, wheel, "six==1.17.0")

    async def story() -> tuple[Lock, str, str]:
        interpreter = await kitchen.interpreters.choose(PYTHON)
        names = []
        for _ in range(2):
            async with kitchen.environments.wheels(manifest, bundles) as wheels:
                lock = await kitchen.environments.lock(manifest.requirements, interpreter, wheels=wheels)
                names.append((await kitchen.environments.build(lock, interpreter, wheels=wheels))[0])
        return lock, names[0], names[1]

    lock, first, second = run(story())
    assert first == second
    (package,) = (each for each in tomllib.loads(lock.text)["packages"] if each["name"] == "own-lib")
    assert package["archive"]["path"] == f"wheels/{wheel.name}"
    assert package["archive"]["hashes"] == {"sha256": manifest.files[0].sha256}
    python = kitchen.environments.python(first)
    seen = subprocess.run([python, "-I", "-c", "import own_lib; print(own_lib.VALUE)"], capture_output=True, text=True)
    assert seen.stdout == "7\n"
    assert not (kitchen.folder / first / "wheels").exists()
    assert not list(home.run.glob("wheels-*"))


@pytest.mark.parametrize("path", ["other.whl", "../../etc/x.whl", ".unshelf/wheels/own_lib-1.0.tar.gz"])
def test_a_requirement_on_what_is_no_wheel_of_the_bundle_is_refused(
    path: str, kitchen: Kitchen, tmp_path: Path
) -> None:
    bundles, manifest = bundle_with(Home(kitchen.folder.parent), write_wheel(tmp_path, "own_lib"))
    asked = msgspec.structs.replace(manifest, requirements=[f"own_lib @ bundle:{path}"])

    async def story() -> None:
        async with kitchen.environments.wheels(asked, bundles):
            pass

    with pytest.raises(HostFailure, match="no wheel of the bundle"):
        run(story())


def test_constraints_bound_what_is_locked_and_hashes_choose_its_files(kitchen: Kitchen) -> None:
    async def story() -> tuple[Lock, Lock]:
        interpreter = await kitchen.interpreters.choose(PYTHON)
        bounded = await kitchen.environments.lock(["six"], interpreter, constraints=["six<1.17", "numpy<1"])
        (package,) = tomllib.loads(bounded.text)["packages"]
        digest = package["wheels"][0]["hashes"]["sha256"]
        chosen = await kitchen.environments.lock([f"six==1.16.0 --hash=sha256:{digest}"], interpreter)
        with pytest.raises(HostFailure, match="has a hash that the requirements give"):
            await kitchen.environments.lock([f"six==1.17.0 --hash=sha256:{digest}"], interpreter)
        return bounded, chosen

    bounded, chosen = run(story())
    assert bounded.packages == chosen.packages == ["six==1.16.0"]
    assert "sdist" not in tomllib.loads(chosen.text)["packages"][0]


def test_an_operator_may_refuse_the_wheels_of_bundles(kitchen: Kitchen, tmp_path: Path) -> None:
    home = Home(kitchen.folder.parent)
    bundles, manifest = bundle_with(home, write_wheel(tmp_path, "own_lib"))
    strict = EnvironmentStore(home, kitchen.uv, bundle_wheels=False)

    async def story() -> None:
        async with strict.wheels(manifest, bundles):
            pass

    with pytest.raises(HostFailure, match="takes no packages with a bundle, and own_lib") as refused:
        run(story())
    assert "UNSHELF_BUNDLE_WHEELS" in refused.value.hint
