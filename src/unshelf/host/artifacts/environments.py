"""Environments: built once from a lock, named by its hash, shared by all versions that have it."""

import asyncio
import json
import logging
import time
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import msgspec

from unshelf.contracts.bundle import Manifest, is_digest
from unshelf.contracts.home import Home
from unshelf.host.artifacts.bundled_wheels import FOLDER as WHEELS
from unshelf.host.artifacts.bundled_wheels import NO_WHEELS, BundledWheels, bundled_wheels, of_an_index
from unshelf.host.artifacts.bundles import BundleStore
from unshelf.host.artifacts.folders import lock_of, put_in_place, remove_folder, set_aside, sweep, temporary_for
from unshelf.host.artifacts.interpreters import Interpreter, interpreter_fits
from unshelf.host.artifacts.locks import Lock, LockReader
from unshelf.host.artifacts.pylock import for_any_patch
from unshelf.host.artifacts.required_hashes import split_hashes
from unshelf.host.artifacts.requirement_texts import check_lengths, check_requirements
from unshelf.host.artifacts.usage import UsageCounts
from unshelf.host.errors import HostFailure
from unshelf.host.packages.disk_bound import size_of
from unshelf.host.packages.uv import Uv
from unshelf.runtime.durable import write_new
from unshelf.runtime.file_lock import TransientLock

LOCK_FILE = "pylock.toml"
COMPLETE = "complete"

logger = logging.getLogger(__name__)


class EnvironmentStore:
    """The virtual environments of this home folder."""

    def __init__(self, home: Home, uv: Uv, *, lock_hosts: Sequence[str] = (), bundle_wheels: bool = True) -> None:
        """`lock_hosts`: servers, beside the indexes, from which locks that come with bundles may have files. `bundle_wheels`:
        whether a bundle may bring packages itself."""
        self._home = home
        self._uv = uv
        self._bundle_wheels = bundle_wheels
        self._lock_hosts = [f"https://{host}" for host in lock_hosts]
        self._reader = LockReader(folder=home.run)
        self.holds = UsageCounts(self._remove)

    def python(self, name: str) -> Path:
        """The interpreter of the environment with this hash."""
        return self._home.environments / name / "bin" / "python"

    def is_complete(self, name: str) -> bool:
        """Whether the environment is there, whole, may be read, and its interpreter is where it was."""
        try:
            return (self._home.environments / name / COMPLETE).is_file() and interpreter_fits(self.python(name))
        except OSError:  # a folder that may not be read
            return False

    def kept_lock(self, name: str) -> tuple[str, str] | None:
        """The lock and the Python version that an environment on this disk was made from, whether it is usable or not; None where they
        can't be read."""
        folder = self._home.environments / name
        try:
            facts = json.loads((folder / COMPLETE).read_bytes())
            return (folder / LOCK_FILE).read_text(), str(facts["python"])
        except (OSError, ValueError, KeyError):
            return None

    def wheels(self, manifest: Manifest, bundles: BundleStore) -> AbstractAsyncContextManager[BundledWheels]:
        """Lay out the wheels that a bundle brings, for its lock and build; raises `lock_failed`."""
        return bundled_wheels(manifest, bundles, self._home.run, allowed=self._bundle_wheels)

    async def lock(
        self,
        requirements: Sequence[str],
        interpreter: Interpreter,
        *,
        constraints: Sequence[str] = (),
        wheels: BundledWheels = NO_WHEELS,
    ) -> Lock:
        """Resolve requirements into exact packages with hashes; raises `lock_failed`.

        Of a requirement with `--hash`, only files with one of its hashes are locked."""
        check_lengths([*requirements, *constraints])
        asked, hashes = split_hashes(of_an_index(requirements))
        check_requirements([*asked, *constraints])
        text = await self._uv.compile(
            [*asked, *wheels.lines], interpreter.path, constraints=constraints, wheels=wheels.folder
        )
        return await self._reader.read(
            wheels.relative(text), python=interpreter.version, index=self._uv.default_index, hashes=hashes
        )

    async def given_lock(self, text: str, interpreter: Interpreter) -> Lock:
        """Verify a lock that came with a bundle, or is that of an environment that is here; raises `lock_failed`."""
        trusted = [*self._uv.sources, *self._lock_hosts]
        try:
            return await self._reader.read(text, python=interpreter.version, trusted=trusted)
        except HostFailure:
            known = await self._reader.read(text, python=interpreter.version, stored=True)
            if not self.is_complete(known.name):
                raise
            own = self._home.environments / known.name / LOCK_FILE  # whose addresses were looked at
            return await self._reader.read(own.read_text(), python=interpreter.version, stored=True)

    async def stored_lock(self, text: str, interpreter: Interpreter, name: str, *, python: str = "") -> Lock:
        """Read the lock of an environment that was made before with `python`, to make it again under its name with this interpreter.

        Raises `build_failed` when it is another environment's, or the system's C library is not the one of then."""
        lock = await self._reader.read(text, python=interpreter.version, stored=True)
        if lock.name == name:
            return lock
        if python and (await self._reader.read(text, python=python, stored=True)).name == name:
            return _renamed(lock, interpreter, name)
        raise HostFailure(
            "build_failed",
            f"the environment {name[:12]} can't be built again: its Python, or the system's C library, is not here any more",
            hint=f"This machine has Python {interpreter.version}. Make a new version of the environment from its requirements.",
            step="build",
        )

    async def own_lock(self, text: str, interpreter: Interpreter, name: str) -> Lock:
        """Read the lock that lay in the environment's own folder, to make it again under its name.

        The name says which patch release of Python and which C library it was made with. Where the machine has others by now, the same
        files are installed all the same: wheels fit every release of a minor version, and newer C libraries."""
        lock = await self._reader.read(text, python=interpreter.version, stored=True)
        return lock if lock.name == name else _renamed(lock, interpreter, name)

    async def build(
        self, lock: Lock, interpreter: Interpreter, *, wheels: BundledWheels = NO_WHEELS
    ) -> tuple[str, bool]:
        """Build the environment of this lock unless it is there; returns its hash and whether it was built just now.

        Many may ask for the same one at once, in any process: one builds, the others wait. Raises `build_failed`.
        A caller that may fail later holds the environment meanwhile, so that it does not stay for nobody."""
        name = lock.name
        folder = self._home.environments / name
        if self.is_complete(name):
            return name, False
        async with TransientLock.acquire(lock_of(folder)):
            if self.is_complete(name):
                return name, False
            temporary = temporary_for(folder)
            try:
                await self._fill(temporary, lock, interpreter, wheels)
                self.holds.made(name)
                await asyncio.to_thread(put_in_place, temporary, folder)
            finally:
                await asyncio.shield(asyncio.to_thread(remove_folder, temporary))
        return name, True

    async def _fill(self, folder: Path, lock: Lock, interpreter: Interpreter, wheels: BundledWheels) -> None:
        await self._uv.make_environment(folder, interpreter.path)
        (folder / LOCK_FILE).write_text(lock.text)
        to_install = folder / "pylock.install.toml"
        to_install.touch(mode=0o600)  # the index's address may hold a password
        to_install.write_text(lock.to_install)
        await asyncio.to_thread(wheels.put_beside, to_install)
        cache = (
            self._home.cache / "given-locks" if lock.given else None
        )  # a deployer's choice is no package of the platform's
        names = [package.partition("==")[0] for package in lock.packages]
        await self._uv.install(to_install, folder / "bin" / "python", cache=cache, packages=names)
        to_install.unlink()
        remove_folder(folder / WHEELS)
        facts = {
            "python": interpreter.version, "packages": len(lock.packages), "built_at": time.time(),
            "bytes": await asyncio.to_thread(size_of, folder),
        }  # fmt: skip
        write_new(folder / COMPLETE, json.dumps(facts).encode())

    async def size(self, name: str) -> int:
        """Return the bytes that a complete environment takes on disk; files that it shares with the cache count, too."""
        folder = self._home.environments / name
        facts = json.loads(await asyncio.to_thread((folder / COMPLETE).read_bytes))
        known: int | None = facts.get("bytes")  # an earlier release measured none
        return await asyncio.to_thread(size_of, folder) if known is None else known

    async def forget(self, name: str) -> None:
        """Delete an environment that no version needs. One that is not there is no error."""
        if is_digest(name):
            await self.holds.let_go(name)

    async def _remove(self, name: str) -> None:
        folder = self._home.environments / name
        async with TransientLock.acquire(lock_of(folder)):
            if self.holds.is_held(name):
                return
            aside = set_aside(folder)
        if aside is not None:
            await asyncio.to_thread(remove_folder, aside)

    def sweep(self) -> list[str]:
        """Remove what a killed host left half-built."""
        return sweep(self._home.environments)


def _renamed(lock: Lock, interpreter: Interpreter, name: str) -> Lock:
    logger.warning(
        "an environment is made again with another Python or C library",
        extra={"environment": name, "python": interpreter.version},
    )
    return msgspec.structs.replace(lock, name=name, to_install=for_any_patch(lock.to_install))
