"""Environments: built once from a lock, named by its hash, shared by all versions that have it."""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from unshelf.contracts.bundle import is_digest
from unshelf.host.exclusive import exclusive
from unshelf.host.folders import lock_of, put_in_place, remove_folder, set_aside, sweep, temporary_for
from unshelf.host.holds import Holds
from unshelf.host.interpreters import Interpreter
from unshelf.host.layout import Layout
from unshelf.host.locks import Lock, check_requirements, naming_index, read_lock
from unshelf.host.uv import Uv

LOCK_FILE = "pylock.toml"
COMPLETE = "complete"


class Environments:
    """The virtual environments of this home folder."""

    def __init__(self, layout: Layout, uv: Uv) -> None:
        self._layout = layout
        self._uv = uv
        self.holds = Holds(self._remove)

    def python(self, name: str) -> Path:
        """The interpreter of the environment with this hash."""
        return self._layout.environments / name / "bin" / "python"

    def is_complete(self, name: str) -> bool:
        """Whether the environment is there, whole, and its interpreter was not uninstalled."""
        return (self._layout.environments / name / COMPLETE).is_file() and self.python(name).exists()

    async def lock(self, requirements: Sequence[str], interpreter: Interpreter) -> Lock:
        """Resolve requirements into exact packages with hashes; raises `lock_failed`."""
        check_requirements(requirements)
        lock = read_lock(await self._uv.compile(requirements, interpreter.path))
        return replace(lock, index=self._uv.default_index)

    def given_lock(self, text: str) -> Lock:
        """Verify a lock that came with a bundle; raises `lock_failed`."""
        settings = self._uv.environment
        names = ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
        trusted = [address for name in names for address in settings.get(name, "").replace(",", " ").split()]
        return read_lock(text, trusted=[address.rpartition("=")[2] for address in trusted])

    async def build(self, lock: Lock, interpreter: Interpreter) -> tuple[str, bool]:
        """Build the environment of this lock unless it is there; returns its hash and whether it was built just now.

        Many may ask for the same one at once, in any process: one builds, the others wait. Raises `build_failed`.
        A caller that may fail later holds the environment meanwhile, so that it does not stay for nobody."""
        name = lock.environment_hash(interpreter.version)
        folder = self._layout.environments / name
        if self.is_complete(name):
            return name, False
        async with exclusive(lock_of(folder)):
            if self.is_complete(name):
                return name, False
            temporary = temporary_for(folder)
            try:
                await self._fill(temporary, lock, interpreter)
                self.holds.made(name)
                await asyncio.to_thread(put_in_place, temporary, folder)
            finally:
                await asyncio.shield(asyncio.to_thread(remove_folder, temporary))
        return name, True

    async def _fill(self, folder: Path, lock: Lock, interpreter: Interpreter) -> None:
        await self._uv.make_environment(folder, interpreter.path)
        (folder / LOCK_FILE).write_text(lock.text)
        to_install = folder / "pylock.install.toml"
        to_install.touch(mode=0o600)  # the index's address may hold a password
        to_install.write_text(naming_index(lock.text, lock.index) if lock.index else lock.text)
        await self._uv.install(to_install, folder / "bin" / "python")
        to_install.unlink()
        facts = {"python": interpreter.version, "packages": len(lock.packages), "built_at": time.time()}
        with (folder / COMPLETE).open("w") as file:
            json.dump(facts, file)
            file.flush()
            os.fsync(file.fileno())

    async def forget(self, name: str) -> None:
        """Delete an environment that no version needs. One that is not there is no error."""
        if is_digest(name):
            await self.holds.let_go(name)

    async def _remove(self, name: str) -> None:
        folder = self._layout.environments / name
        async with exclusive(lock_of(folder)):
            if self.holds.is_held(name):
                return
            aside = set_aside(folder)
        if aside is not None:
            await asyncio.to_thread(remove_folder, aside)

    def sweep(self) -> list[str]:
        """Remove what a killed host left half-built."""
        return sweep(self._layout.environments)
