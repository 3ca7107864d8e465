"""Preparing a bundle: lock, build, check; a failure or a sender who hangs up leaves nothing behind."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from unshelf.contracts.bundle import Checks, Manifest
from unshelf.contracts.hosting import Prepare, Prepared, Progress, Step
from unshelf.host.bundles import Bundles
from unshelf.host.checks import Checker
from unshelf.host.environments import Environments
from unshelf.host.interpreters import Interpreter, Interpreters
from unshelf.host.locks import MAX_LOCK_BYTES, Lock
from unshelf.host.tiers import Tiers

Say = Callable[[Progress], Awaitable[None]]


class Preparer:
    """Prepares bundles, several at once but no more than the machine has cores for."""

    def __init__(
        self,
        *,
        interpreters: Interpreters,
        environments: Environments,
        bundles: Bundles,
        checker: Checker,
        tiers: Tiers,
    ) -> None:
        self._interpreters = interpreters
        self._environments = environments
        self._bundles = bundles
        self._checker = checker
        self._tiers = tiers
        self._turns = asyncio.Semaphore(max(2, os.cpu_count() or 2))

    async def prepare(self, request: Prepare, say: Say) -> Prepared:
        """Do all three steps, telling of each; raises HostFailure."""
        voice = _Voice(request.id, say)
        manifest = request.manifest
        self._tiers.find(manifest.resources.tier)
        await voice.begin(
            "lock", f"{len(manifest.requirements)} requirements" if manifest.lock is None else manifest.lock
        )
        interpreter = await self._interpreters.choose(manifest.python)
        lock = await self._lock(manifest, interpreter)
        await voice.done(f"{len(lock.packages)} packages for Python {interpreter.version}")

        name = lock.environment_hash(interpreter.version)
        async with self._environments.holds.hold(name), self._bundles.holds.hold(manifest.digest), self._turns:
            await voice.begin("build", name[:12])
            _, built = await self._environments.build(lock, interpreter)
            await voice.done("built" if built else "already there")
            await voice.begin("check", "")
            checks = await self._check(request, self._environments.python(name), voice)
            await voice.done(f"loads in {checks.load_seconds:.2f} s")
            self._environments.holds.keep(name)
            self._bundles.holds.keep(manifest.digest)
        return Prepared(id=request.id, lock=lock.text, environment=name, built=built, checks=checks)

    async def _lock(self, manifest: Manifest, interpreter: Interpreter) -> Lock:
        if manifest.lock is None:
            return await self._environments.lock(manifest.requirements, interpreter)
        file = next(file for file in manifest.files if file.path == manifest.lock)
        content = await asyncio.to_thread(self._bundles.read, file, limit=MAX_LOCK_BYTES)
        return self._environments.given_lock(content.decode(errors="replace"))

    async def _check(self, request: Prepare, python: Path, voice: "_Voice") -> Checks:
        await self._bundles.lay_out(request.manifest)
        return await self._checker.check(
            request.manifest,
            model=request.model,
            files=self._bundles.files(request.manifest.digest),
            python=python,
            confinement=await self._tiers.confine(request.manifest.resources.tier),
            say=voice.info,
        )


class _Voice:
    """Tells the sender about the step at hand."""

    def __init__(self, id: int, say: Say) -> None:
        self._id = id
        self._say = say
        self._step: Step = "lock"
        self._began = 0.0

    async def begin(self, step: Step, detail: str) -> None:
        self._step, self._began = step, time.monotonic()
        await self._say(Progress(id=self._id, step=step, state="started", detail=detail))

    async def info(self, detail: str) -> None:
        await self._say(Progress(id=self._id, step=self._step, state="info", detail=detail))

    async def done(self, detail: str) -> None:
        seconds = time.monotonic() - self._began
        await self._say(Progress(id=self._id, step=self._step, state="done", detail=detail, seconds=seconds))
