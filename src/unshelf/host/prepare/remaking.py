"""Environments that can't be used as they lie there, made again from their locks: the interpreter moved, or a folder is gone."""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.machine import MachineCheck
from unshelf.contracts.protocols.host import Progress
from unshelf.host.artifacts.bundles import BundleStore
from unshelf.host.artifacts.environments import EnvironmentStore
from unshelf.host.errors import HostFailure
from unshelf.host.prepare.environments import EnvironmentBuilder
from unshelf.host.prepare.progress import ProgressReporter

_WAIT_SECONDS = 20.0
"""How long a replica's start waits for its environment; what takes longer is answered 503 with a time to ask again."""
_ASK_AGAIN_SECONDS = 5.0
_RETRY_SECONDS = 60.0
_REMEMBERED_SECONDS = 24 * 3600.0
_LOOK_SECONDS = 30.0
_MOST_SHOWN = 5

logger = logging.getLogger(__name__)

Wanted = Callable[[], dict[str, str]]
"""Environments that versions need now → the digest of a bundle that is served in it."""


@dataclass(frozen=True, kw_only=True)
class _Failure:
    reason: str
    hint: str
    at: float
    """On the monotonic clock."""


class EnvironmentRemaker:
    """Makes such environments again: at once for those who wait for one, and one after the other for the rest."""

    def __init__(self, builder: EnvironmentBuilder, bundles: BundleStore, wanted: Wanted) -> None:
        self._builder = builder
        self._environments: EnvironmentStore = builder.environments
        self._bundles = bundles
        self._wanted = wanted
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._remade: dict[str, float] = {}
        """When (monotonic) each was made again."""
        self._failed: dict[str, _Failure] = {}
        self._lost: set[str] = set()
        """Environments whose locks can't be read."""
        self._given: dict[str, tuple[str, str]] = {}
        """Locks, and Python versions, that control has for those."""
        self._tries: set[asyncio.Task[None]] = set()

    async def ensure(self, name: str, manifest: Manifest | None = None) -> None:
        """Return when the environment can be used; makes it again where it can't. Raises HostFailure.

        `manifest`: that of a bundle which is served in it, for packages that came as its wheels."""
        if self._environments.is_complete(name):
            return
        if (failure := self._failed.get(name)) and time.monotonic() - failure.at < _RETRY_SECONDS:
            raise _unusable(name, failure)
        task = self._begin(name, manifest)
        done, _ = await asyncio.wait([task], timeout=_WAIT_SECONDS)
        if not done:
            raise HostFailure(
                "unavailable", f"the environment {name[:12]} is being made again, as its interpreter or its files are gone",
                hint="Ask again in a moment.", step="start", retry_after=_ASK_AGAIN_SECONDS,
            )  # fmt: skip
        if failure := self._failed.get(name):
            raise _unusable(name, failure)

    async def watch(self) -> None:
        """Look after the environments of all versions for ever, beginning now."""
        while True:
            for name, bundle in self._wanted().items():
                if not await asyncio.to_thread(self._environments.is_complete, name):
                    await self._try_one(name, bundle)
            await asyncio.sleep(_LOOK_SECONDS)

    def lost_locks(self) -> list[str]:
        """Return the environments that can't be made again for want of their locks, and that are still needed."""
        self._lost &= self._wanted().keys()
        return sorted(self._lost - self._given.keys())

    def give_lock(self, name: str, lock: str, python: str) -> None:
        """Make one of these again from the lock that the database has; returns at once."""
        if name in self._lost:
            self._given[name] = lock, python
            self._failed.pop(name, None)
            trying = asyncio.create_task(self._try_one(name, self._wanted().get(name, "")))
            self._tries.add(trying)
            trying.add_done_callback(self._tries.discard)

    def check(self) -> MachineCheck:
        """Tell how the environments are, for `unshelf doctor`."""
        now = time.monotonic()
        self._remade = {name: at for name, at in self._remade.items() if now - at < _REMEMBERED_SECONDS}
        wanted = self._wanted()
        failed = [name for name in self._failed if name in wanted]
        if failed:
            reasons = "; ".join(f"{name[:12]}: {self._failed[name].reason}" for name in failed[:_MOST_SHOWN])
            return MachineCheck(
                name="environments", state="fail", detail=f"{len(failed)} of {len(wanted)} can't be used or made again: {reasons}",
                hint=self._failed[failed[0]].hint,
            )  # fmt: skip
        if self._under_way:
            return MachineCheck(
                name="environments", state="warn", detail=f"being made again: {_shown(list(self._under_way))}",
                hint="Their interpreter or files were gone. Their versions answer as soon as they are made.",
            )  # fmt: skip
        if self._remade:
            return MachineCheck(
                name="environments", state="warn", detail=f"made again from their locks: {_shown(list(self._remade))}",
                hint="Their interpreter had moved or their files were gone. Nothing is to do, unless nobody changed this machine.",
            )  # fmt: skip
        return MachineCheck(name="environments", state="ok", detail=f"{len(wanted)} are whole")

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = [*self._tries, *self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _try_one(self, name: str, bundle: str) -> None:
        failure = self._failed.get(name)
        if failure is not None and time.monotonic() - failure.at < _RETRY_SECONDS:
            return
        manifest = await asyncio.to_thread(self._bundles.manifest, bundle) if bundle else None
        await asyncio.wait([self._begin(name, manifest)])

    def _begin(self, name: str, manifest: Manifest | None) -> asyncio.Task[None]:
        task = self._under_way.get(name)
        if task is None:
            task = self._under_way[name] = asyncio.create_task(self._remake(name, manifest))
            task.add_done_callback(lambda _: self._under_way.pop(name, None))
        return task

    async def _remake(self, name: str, manifest: Manifest | None) -> None:
        """Make one again, and note what came of it."""
        logger.warning("an environment can't be used as it lies there; it is made again", extra={"environment": name})
        try:
            kept = await asyncio.to_thread(self._environments.kept_lock, name) or self._given.get(name)
            if kept is None:
                self._lost.add(name)
                raise HostFailure(
                    "unavailable", "its folder is gone or may not be read, and with it the lock",
                    hint="It is made again once control has looked for the lock in the database, within a minute. Else deploy its "
                    "versions again, or let the platform's user read UNSHELF_HOME/environments.",
                )  # fmt: skip
            await self._builder.remake(name, *kept, manifest=manifest, bundles=self._bundles, voice=_SILENT)
        except HostFailure as failure:
            self._failed[name] = _Failure(reason=failure.detail, hint=failure.hint, at=time.monotonic())
            logger.error("an environment can't be made again", extra={"environment": name, "reason": failure.detail})
        except OSError as error:
            hint = "`unshelf doctor` shows what this machine lacks."
            self._failed[name] = _Failure(reason=str(error), hint=hint, at=time.monotonic())
            logger.exception("an environment can't be made again", extra={"environment": name})
        else:
            self._failed.pop(name, None)
            self._lost.discard(name)
            self._given.pop(name, None)
            self._remade[name] = time.monotonic()


def _unusable(name: str, failure: _Failure) -> HostFailure:
    return HostFailure(
        "unavailable",
        f"the environment {name[:12]} can't be used, and can't be made again: {failure.reason}",
        hint=failure.hint or "`unshelf doctor` shows what this machine lacks.",
        step="start",
        retry_after=_RETRY_SECONDS,
    )


def _shown(names: list[str]) -> str:
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return ", ".join(name[:12] for name in names[:_MOST_SHOWN]) + more


async def _nobody(_: Progress) -> None:
    """Tell nobody: no deploy waits for it."""


_SILENT = ProgressReporter(0, _nobody)
