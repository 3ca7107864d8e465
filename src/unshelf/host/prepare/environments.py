"""Environments without a bundle: locked and built, with the same turns as those of bundles."""

import contextlib
from pathlib import Path

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.protocols.environments import BuildEnvironment, EnvironmentBuilt
from unshelf.host.artifacts.bundled_wheels import NO_WHEELS, BundledWheels
from unshelf.host.artifacts.bundles import BundleStore
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.artifacts.interpreters import Interpreter, Interpreters
from unshelf.host.artifacts.locks import Lock
from unshelf.host.prepare.progress import ProgressReporter, Say, described
from unshelf.host.prepare.turns import BuildTurns


class EnvironmentBuilder:
    """Builds environments for those who ask for no more than that."""

    def __init__(self, *, interpreters: Interpreters, environments: EnvironmentStore, turns: BuildTurns) -> None:
        self._interpreters = interpreters
        self.environments = environments
        self.turns = turns

    async def build(self, request: BuildEnvironment, say: Say) -> EnvironmentBuilt:
        """Lock and build, telling of both; raises HostFailure. The environment is promised to control, as one of a bundle is."""
        voice = ProgressReporter(request.id, say)
        await voice.begin("lock", _asked(request))
        interpreter = await self._interpreters.choose(request.python or self._interpreters.own.version)
        async with voice.turn(self.turns.locks, request.actor):
            lock = await self._lock(request, interpreter)
        await voice.done(described(lock, interpreter))
        async with self.environments.holds.hold(lock.name):
            built = await self._build(lock, interpreter, request.actor, voice)
            size = await self.environments.size(lock.name)
            self.environments.holds.keep(lock.name)
        return EnvironmentBuilt(
            id=request.id, lock=lock.text, environment=lock.name, python=interpreter.version, built=built, bytes=size
        )

    async def ensure(self, *, environment: str, lock: str, python: str, actor: str, voice: ProgressReporter) -> Path:
        """Return the interpreter of an environment that control knows, which is built again if its folder is gone.

        `lock` and `python` are what control keeps of it. Raises HostFailure. The caller holds the environment meanwhile
        (`EnvironmentStore.holds`), so that it stays."""
        if not self.environments.is_complete(environment):
            interpreter = await self._interpreters.choose(python)
            stored = await self.environments.stored_lock(lock, interpreter, environment, python=python)
            await self._build(stored, interpreter, actor, voice)
            self.environments.holds.keep(environment)
        return self.environments.python(environment)

    async def remake(
        self,
        name: str,
        lock: str,
        python: str,
        *,
        manifest: Manifest | None,
        bundles: BundleStore,
        voice: ProgressReporter,
    ) -> None:
        """Make an environment again that versions have. `manifest`: that of one of them, for packages that came as its wheels.

        Raises HostFailure."""
        interpreter = await self._interpreters.choose(python)
        stored = await self.environments.own_lock(lock, interpreter, name)
        async with contextlib.AsyncExitStack() as stack:
            wheels = NO_WHEELS
            if manifest is not None:
                wheels = await stack.enter_async_context(self.environments.wheels(manifest, bundles))
            await self._build(stored, interpreter, "", voice, wheels)
        self.environments.holds.keep(name)

    async def _build(
        self,
        lock: Lock,
        interpreter: Interpreter,
        actor: str,
        voice: ProgressReporter,
        wheels: BundledWheels = NO_WHEELS,
    ) -> bool:
        await voice.begin("build", lock.name[:12])
        built = False
        if not self.environments.is_complete(lock.name):
            async with voice.turn(self.turns.builds, actor):
                _, built = await self.environments.build(lock, interpreter, wheels=wheels)
        await voice.done("built" if built else "already there")
        return built

    async def _lock(self, request: BuildEnvironment, interpreter: Interpreter) -> Lock:
        if request.environment:
            return await self.environments.stored_lock(
                request.lock, interpreter, request.environment, python=request.python
            )
        if request.lock:
            return await self.environments.given_lock(request.lock, interpreter)
        return await self.environments.lock(request.requirements, interpreter, constraints=request.constraints)


def _asked(request: BuildEnvironment) -> str:
    if request.lock:
        return "the lock of an environment" if request.environment else "a lock"
    count = len(request.requirements)
    return f"{count} {'requirement' if count == 1 else 'requirements'}"
