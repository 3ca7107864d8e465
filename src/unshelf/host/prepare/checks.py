"""The check of a bundle: a fresh process of its own environment loads it and tries it, before anyone may call it."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from secrets import token_hex

import msgspec

from unshelf.contracts.bundle import MAX_CHECK_OUTPUT, Checks, Manifest
from unshelf.contracts.network.reasons import NOT_GRANTED
from unshelf.contracts.protocols.worker import (
    CheckPassed,
    CheckStep,
    WorkerConfig,
    WorkerFailed,
    WorkerOutOfMemory,
    WorkerRefused,
)
from unshelf.host.egress.plan import EgressPlan
from unshelf.host.errors import HostFailure
from unshelf.host.launch.logs import tail
from unshelf.host.launch.network.networks import network_of
from unshelf.host.launch.network.relays import Relays
from unshelf.host.launch.process import WORKER_MAIN, Worker, WorkerSpec
from unshelf.host.launch.tiers import ResourceLimits
from unshelf.host.prepare.verdict import log_with, seen_from_outside
from unshelf.host.program_output import BoundedOutput
from unshelf.host.sandbox.sandbox import Sandbox
from unshelf.host.sandbox.walls import Network
from unshelf.host.subprocesses import describe_exit

CHECK_LOG = "check-"
"""How the name of the file with a check's output begins."""

_LOG_CHARACTERS = 8000
_LEAVE_SECONDS = 5.0
_LARGER_TIER = (
    "Deploy it with a larger tier: `[resources] tier`, or make the example, or `[batching] max_rows`, smaller."
)
_DOING = {
    "load": "loading the model",
    "predict": "predicting the example",
    "batch": "comparing a batch with single predictions",
    "fork": "predicting in a forked process",
    "signature": "comparing the model with its signature",
}


class Checker:
    """Runs checks; each in its own process, of which nothing is left afterwards."""

    def __init__(
        self,
        run: Path,
        *,
        seconds: float,
        sandbox: Sandbox,
        relays: Relays,
        network_default: Network,
        worker_main: Path = WORKER_MAIN,
    ) -> None:
        """`seconds`: how long a check may take beside one prediction, which has the time that the version's timeout gives it.
        `network_default`: the network of manifests that say nothing of it."""
        self._run = run
        self._sandbox = sandbox
        self._seconds = seconds
        self._relays = relays
        self._network_default = network_default
        self._worker_main = worker_main

    async def check(
        self,
        manifest: Manifest,
        *,
        model: str,
        files: Path,
        python: Path,
        version: str,
        resource_limits: ResourceLimits,
        secrets: Mapping[str, str],
        say: Callable[[str], Awaitable[None]],
    ) -> Checks:
        """Check the bundle laid out in `files` with the environment of `python`, which has this full `version`, under the limits
        under which it will be served, which are released at the end; `say` hears each part as it begins.

        Raises `check_failed`: which part, why, what to do, and the traceback for the owner."""
        began = asyncio.get_running_loop().time()
        log_file = self._run / f"{CHECK_LOG}{token_hex(4)}.log"
        network, egress = self._network(manifest)
        config = WorkerConfig(
            bundle=str(files), model=model, version=0, manifest=manifest, signature=manifest.signature,
            limits=resource_limits.for_worker(), variables=manifest.env | dict(secrets), replica="check",
            secrets=sorted(secrets), granted=list(manifest.network.allow) if network == "none" else None,
        )  # fmt: skip
        launch = WorkerSpec(
            mode="check", python=python, config=config, log_file=log_file, run=self._run, threads=resource_limits.threads,
            gpus=resource_limits.gpus, main=self._worker_main, sandbox=self._sandbox,
            temporary_bytes=resource_limits.temporary_bytes, processes=resource_limits.processes,
            network=network, egress=egress,
        )  # fmt: skip
        refused = partial(self._relays.refusals.note, model, 0, reason=NOT_GRANTED)
        try:
            async with self._started(launch, model) as worker:
                conversation = _Conversation(worker, log_file, say, resource_limits, refused)
                checks = await conversation.wait_for_verdict(self._seconds, manifest.timeout)
            seconds = asyncio.get_running_loop().time() - began
            return await asyncio.to_thread(
                seen_from_outside, checks, manifest, python=python, version=version, seconds=seconds
            )
        finally:
            resource_limits.release()
            log_file.unlink(missing_ok=True)

    def _network(self, manifest: Manifest) -> tuple[Network, EgressPlan | None]:
        """The network of a check, which is that of the version's workers."""
        wanted = manifest.network
        return network_of(wanted.kind(self._network_default), wanted.allow, self._sandbox)

    @asynccontextmanager
    async def _started(self, launch: WorkerSpec, model: str) -> AsyncIterator[Worker]:
        """Start the check's process, with its way out if it has one; nothing of it is left at the end."""
        async with AsyncExitStack() as stack:
            if launch.egress is not None:
                channel = await stack.enter_async_context(self._relays.way_out_of_check(launch.egress, model))
                launch = replace(launch, channel=channel)
            worker = await Worker.start(launch)
            try:
                yield worker
            finally:
                worker.kill()
                await asyncio.shield(worker.ended)


class _Conversation:
    """Reports of one check, from its start to its verdict."""

    def __init__(
        self,
        worker: Worker,
        log_file: Path,
        say: Callable[[str], Awaitable[None]],
        resource_limits: ResourceLimits,
        refused: Callable[[str], None],
    ) -> None:
        self._worker = worker
        self._resource_limits = resource_limits
        self._log_file = log_file
        self._say = say
        self._refused = refused
        self._part = "load"

    async def wait_for_verdict(self, seconds: float, predict_seconds: float) -> Checks:
        """Hear the check to its end. `predict_seconds`: how much longer it may take once it predicts."""
        began = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(seconds) as patience:
                verdict = await self._verdict(patience, predict_seconds)
        except TimeoutError as error:
            raise self._failure(
                f"it was not done after {(patience.when() or 0.0) - began:.4g} s",
                hint="Make the example or the model smaller, or give checks more time on the server.",
            ) from error
        if verdict is None:
            await asyncio.wait([self._worker.ended], timeout=_LEAVE_SECONDS)
            self._worker.kill()
            status = await self._worker.ended
            self._resource_limits.release()
            if limit := self._resource_limits.out_of_memory():
                raise self._failure(f"it ran out of its memory ({limit})", hint=_LARGER_TIER)
            raise self._failure(describe_exit(status), hint="The log has what the process said last.")
        if isinstance(verdict, WorkerFailed):
            self._part = verdict.step or self._part
            raise self._failure(verdict.reason, hint=verdict.hint, log=verdict.traceback)
        await asyncio.wait([self._worker.ended], timeout=_LEAVE_SECONDS)
        checks = msgspec.convert(verdict, Checks, from_attributes=True)
        return msgspec.structs.replace(checks, output=await asyncio.to_thread(_kept_output, self._log_file))

    async def _verdict(self, limit: asyncio.Timeout, predict_seconds: float) -> CheckPassed | WorkerFailed | None:
        async for report in self._worker.reports():
            match report:
                case CheckStep():
                    self._part = report.step
                    if self._part == "predict" and (end := limit.when()) is not None:
                        limit.reschedule(end + predict_seconds)
                        predict_seconds = 0.0  # once: these are a program's own words
                    await self._say(_DOING.get(self._part, self._part))
                case WorkerRefused():
                    self._refused(report.place)
                case WorkerOutOfMemory():
                    self._resource_limits.note_out_of_memory()
                case CheckPassed() | WorkerFailed():
                    return report
        return None

    def _failure(self, reason: str, *, hint: str = "", log: str = "") -> HostFailure:
        said = tail(self._log_file)
        return HostFailure(
            "check_failed",
            f"{_DOING.get(self._part, self._part)} failed: {reason}",
            hint=hint or _hint_for(reason),
            step="check",
            log=log_with(said, log)[-_LOG_CHARACTERS:],
        )


def _kept_output(log_file: Path) -> str:
    """Return the beginning and the end of what the check wrote, with the stamps of its lines."""
    output = BoundedOutput(MAX_CHECK_OUTPUT)
    with log_file.open("rb") as file:
        while chunk := file.read(1 << 16):
            output.write(chunk)
    return output.text()


def _hint_for(reason: str) -> str:
    if missing := re.search(r"No module named '([^']+)'", reason):
        return f"Add the package that provides {missing[1]!r} to the requirements, or its file to the bundle."
    return "Try the model in a fresh process with only the deployed files and packages; the log has the traceback."
