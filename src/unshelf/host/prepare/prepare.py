"""Preparing a bundle: lock, build, check; a failure or a sender who hangs up leaves nothing behind."""

import asyncio
from pathlib import Path

import msgspec

from unshelf.contracts.bundle import Checks, Manifest
from unshelf.contracts.protocols.host import NOTE, Prepare, Prepared
from unshelf.host.artifacts.bundled_wheels import BundledWheels
from unshelf.host.artifacts.bundles import BundleStore
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.artifacts.interpreters import Interpreter, Interpreters
from unshelf.host.artifacts.locks import Lock
from unshelf.host.artifacts.pylock import MAX_LOCK_BYTES
from unshelf.host.artifacts.requirement_texts import check_lengths
from unshelf.host.launch.tiers import Tiers
from unshelf.host.metering.consumers import current, metered_as
from unshelf.host.prepare.checks import Checker
from unshelf.host.prepare.findings import notes_of, summary_of
from unshelf.host.prepare.progress import ProgressReporter, Say, described
from unshelf.host.prepare.turns import BuildTurns


class Preparer:
    """Prepares bundles, several at once, shared out among those who deploy."""

    def __init__(
        self,
        *,
        interpreters: Interpreters,
        environments: EnvironmentStore,
        bundles: BundleStore,
        checker: Checker,
        tiers: Tiers,
        turns: BuildTurns,
    ) -> None:
        self._interpreters = interpreters
        self._environments = environments
        self._bundles = bundles
        self._checker = checker
        self._tiers = tiers
        self._turns = turns

    async def prepare(self, request: Prepare, say: Say) -> Prepared:
        """Do all three steps, telling of each; raises HostFailure."""
        voice = ProgressReporter(request.id, say)
        manifest = request.manifest
        self._tiers.find(manifest.resources.tier)
        await voice.begin(
            "lock", f"{len(manifest.requirements)} requirements" if manifest.lock is None else manifest.lock
        )
        check_lengths([*manifest.requirements, *manifest.constraints])
        interpreter = await self._interpreters.choose(manifest.python)
        async with self._environments.wheels(manifest, self._bundles) as wheels:
            async with voice.turn(self._turns.locks, request.actor):
                lock = await self._lock(manifest, interpreter, wheels)
            await voice.done(described(lock, interpreter))
            return await self._build_and_check(request, lock, interpreter, wheels, voice)

    async def _build_and_check(
        self, request: Prepare, lock: Lock, interpreter: Interpreter, wheels: BundledWheels, voice: ProgressReporter
    ) -> Prepared:
        manifest = request.manifest
        name = lock.name
        async with self._environments.holds.hold(name), self._bundles.holds.hold(manifest.digest):
            await voice.begin("build", name[:12])
            built = False
            if not self._environments.is_complete(name):
                async with voice.turn(self._turns.builds, request.actor):
                    _, built = await self._environments.build(lock, interpreter, wheels=wheels)
            await voice.done("built" if built else "already there")
            await voice.begin("check", "")
            async with voice.turn(self._turns.checks, request.actor):
                checks = await self._check(request, self._environments.python(name), interpreter.version, voice)
            for note in notes_of(checks, manifest):
                await voice.info(NOTE + note)
            await voice.done(summary_of(checks))
            size = await self._environments.size(name)
            self._environments.holds.keep(name)
            self._bundles.holds.keep(manifest.digest)
        return Prepared(id=request.id, lock=lock.text, environment=name, built=built, checks=checks, bytes=size)

    async def _lock(self, manifest: Manifest, interpreter: Interpreter, wheels: BundledWheels) -> Lock:
        if manifest.lock is None:
            return await self._environments.lock(
                manifest.requirements, interpreter, constraints=manifest.constraints, wheels=wheels
            )
        file = next(file for file in manifest.files if file.path == manifest.lock)
        content = await asyncio.to_thread(self._bundles.read, file, limit=MAX_LOCK_BYTES)
        return await self._environments.given_lock(content.decode(errors="replace"), interpreter)

    async def _check(self, request: Prepare, python: Path, version: str, voice: ProgressReporter) -> Checks:
        await self._bundles.lay_out(request.manifest)
        tier = request.manifest.resources.tier
        with metered_as(msgspec.structs.replace(current(), kind="check", tier=tier)):
            return await self._checker.check(
                request.manifest,
                model=request.model,
                files=self._bundles.files(request.manifest.digest),
                python=python,
                version=version,
                resource_limits=await self._tiers.confine(tier),
                secrets=request.secrets,
                say=voice.info,
            )
