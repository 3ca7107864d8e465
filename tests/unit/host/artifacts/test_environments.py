"""Environments are built once for each lock, whoever asks, and appear whole or not at all."""

import asyncio
import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from unshelf.contracts.home import Home
from unshelf.host.artifacts.environments import COMPLETE, LOCK_FILE, EnvironmentStore
from unshelf.host.artifacts.interpreters import Interpreter
from unshelf.host.artifacts.locks import Lock
from unshelf.host.errors import HostFailure

PYTHON = Interpreter(version="3.11.7", path=Path("/usr/bin/python3.11"))
TEXT = 'lock-version = "1.0"\ncreated-by = "uv"\n\n[[packages]]\nname = "six"\nversion = "1.16.0"\n'


def a_lock(text: str = TEXT, **fields: Any) -> Lock:
    name = hashlib.sha256(text.encode()).hexdigest()
    return Lock(**{"text": text, "packages": ["six==1.16.0"], "name": name, "to_install": text} | fields)


LOCK = a_lock()


class StandInUv:
    """Makes folders that look like environments; what is installed is noted."""

    default_index = "http://index/simple"

    def __init__(self, **environment: str) -> None:
        self.environment = environment
        self.made = 0
        self.installed: list[str] = []
        self.caches: list[Path | None] = []
        self.failure: HostFailure | None = None
        self.during: Callable[[], Any] = lambda: None

    async def make_environment(self, folder: Path, python: Path) -> None:
        self.made += 1
        await asyncio.to_thread(self._make, folder, python)

    async def install(
        self, lock: Path, python: Path, *, cache: Path | None = None, packages: Sequence[str] = ()
    ) -> None:
        await asyncio.to_thread(self._note, lock, python)
        self.caches.append(cache)
        self.during()
        await asyncio.sleep(0)
        if self.failure is not None:
            raise self.failure

    def _make(self, folder: Path, python: Path) -> None:
        (folder / "bin").mkdir(parents=True)
        (folder / "bin" / "python").write_text(str(python))

    def _note(self, lock: Path, python: Path) -> None:
        assert python.is_file()
        assert lock.stat().st_mode & 0o777 == 0o600
        self.installed.append(lock.read_text())


def a_store(folder: Path, uv: StandInUv) -> EnvironmentStore:
    home = Home(folder)
    home.environments.mkdir(parents=True, exist_ok=True)
    stand_in: Any = uv
    return EnvironmentStore(home, stand_in)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "environments").iterdir())


def test_many_who_ask_for_one_lock_get_one_environment(tmp_path: Path) -> None:
    async def story() -> None:
        uv = StandInUv()
        store = a_store(tmp_path, uv)
        built = await asyncio.gather(*(store.build(LOCK, PYTHON) for _ in range(4)))
        assert len({name for name, _ in built}) == 1
        assert sorted(just_now for _, just_now in built) == [False, False, False, True]
        assert uv.made == 1
        name = built[0][0]
        assert names(tmp_path) == [name]
        assert store.is_complete(name)
        assert store.python(name).is_file()
        folder = tmp_path / "environments" / name
        assert (folder / LOCK_FILE).read_text() == TEXT
        facts = json.loads((folder / COMPLETE).read_bytes())
        assert (facts["python"], facts["packages"]) == ("3.11.7", 1)
        assert not (folder / "pylock.install.toml").exists(), "it may name an index with a password"

    asyncio.run(story())


def test_another_lock_makes_another_environment(tmp_path: Path) -> None:
    async def story() -> None:
        store = a_store(tmp_path, StandInUv())
        other = a_lock(TEXT.replace("1.16.0", "1.17.0"))
        built = [await store.build(LOCK, PYTHON), await store.build(other, PYTHON), await store.build(LOCK, PYTHON)]
        assert [just_now for _, just_now in built] == [True, True, False]
        assert len({name for name, _ in built}) == 2

    asyncio.run(story())


def test_a_lock_that_came_with_a_bundle_has_a_cache_of_its_own(tmp_path: Path) -> None:
    async def story() -> None:
        uv = StandInUv()
        store = a_store(tmp_path, uv)
        await store.build(LOCK, PYTHON)
        await store.build(a_lock(TEXT + "# given", given=True), PYTHON)
        assert uv.caches == [None, tmp_path / "cache" / "given-locks"]

    asyncio.run(story())


def test_a_build_that_fails_or_is_given_up_leaves_nothing_and_the_next_one_builds(tmp_path: Path) -> None:
    async def story() -> None:
        uv = StandInUv()
        store = a_store(tmp_path, uv)
        uv.failure = HostFailure("build_failed", "No compiler.")
        with pytest.raises(HostFailure, match="No compiler"):
            await store.build(LOCK, PYTHON)
        assert names(tmp_path) == []
        uv.failure = None
        building = asyncio.create_task(store.build(LOCK, PYTHON))
        uv.during = building.cancel
        with pytest.raises(asyncio.CancelledError):
            await building
        assert names(tmp_path) == []
        uv.during = lambda: None
        assert (await store.build(LOCK, PYTHON))[1]

    asyncio.run(story())


def test_an_environment_whose_interpreter_was_uninstalled_is_built_again(tmp_path: Path) -> None:
    async def story() -> None:
        store = a_store(tmp_path, StandInUv())
        name, _ = await store.build(LOCK, PYTHON)
        store.python(name).unlink()
        assert not store.is_complete(name)
        assert await store.build(LOCK, PYTHON) == (name, True)
        assert store.is_complete(name)

    asyncio.run(story())


def test_one_that_is_forgotten_goes_and_what_is_no_name_touches_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        store = a_store(tmp_path, StandInUv())
        name, _ = await store.build(LOCK, PYTHON)
        for wrong in ("", ".", "..", "../environments"):
            await store.forget(wrong)
        assert names(tmp_path) == [name]
        async with store.holds.hold(name):
            await store.forget(name)
            assert names(tmp_path) == [name]
        assert names(tmp_path) == []

    asyncio.run(story())


def test_the_index_is_named_for_the_installation_and_not_in_the_lock_that_is_kept(tmp_path: Path) -> None:
    async def story() -> None:
        uv = StandInUv()
        store = a_store(tmp_path, uv)
        lock = a_lock(to_install=TEXT + 'index = "http://user:secret@index/simple"\n')
        name, _ = await store.build(lock, PYTHON)
        assert "secret" in uv.installed[0]
        assert "secret" not in (tmp_path / "environments" / name / LOCK_FILE).read_text()

    asyncio.run(story())


def test_what_a_killed_host_left_is_swept(tmp_path: Path) -> None:
    store = a_store(tmp_path, StandInUv())
    (tmp_path / "environments" / f".building-{'a' * 64}-12345678").mkdir()
    assert len(store.sweep()) == 1
    assert names(tmp_path) == []
