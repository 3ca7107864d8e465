"""The check of a bundle: a fresh process of its own environment loads it and tries it, before anyone may call it."""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.bundle import Checks, Manifest
from unshelf.host.failures import HostFailure
from unshelf.host.subprocesses import ending
from unshelf.host.tiers import Confinement
from unshelf.host.worker_logs import tail
from unshelf.host.workers import WORKER_MAIN, Launch, Worker

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

    def __init__(self, run: Path, *, seconds: float, worker_main: Path = WORKER_MAIN) -> None:
        self._run = run
        self._seconds = seconds
        self._worker_main = worker_main

    async def check(
        self,
        manifest: Manifest,
        *,
        model: str,
        files: Path,
        python: Path,
        confinement: Confinement,
        say: Callable[[str], Awaitable[None]],
    ) -> Checks:
        """Check the bundle laid out in `files` with the environment of `python`, under the limits under which it will be served,
        which are released at the end; `say` hears each part as it begins.

        Raises `check_failed`: which part, why, what to do, and the traceback for the owner."""
        log_file = self._run / f"{CHECK_LOG}{secrets.token_hex(4)}.log"
        spec = _spec(manifest, model, files) | {"limits": confinement.specification()}
        launch = Launch(
            mode="check", python=python, spec=spec, log_file=log_file, run=self._run, threads=confinement.threads,
            gpus=confinement.gpus, main=self._worker_main,
        )  # fmt: skip
        try:
            worker = await Worker.start(launch)
            try:
                return await _Conversation(worker, log_file, say, confinement).hear_out(self._seconds)
            finally:
                worker.kill()
                await asyncio.shield(worker.ended)
        finally:
            confinement.release()
            log_file.unlink(missing_ok=True)


class _Conversation:
    """What one check says from its start to its verdict."""

    def __init__(
        self, worker: Worker, log_file: Path, say: Callable[[str], Awaitable[None]], confinement: Confinement
    ) -> None:
        self._worker = worker
        self._confinement = confinement
        self._log_file = log_file
        self._say = say
        self._part = "load"

    async def hear_out(self, seconds: float) -> Checks:
        try:
            async with asyncio.timeout(seconds):
                verdict = await self._verdict()
        except TimeoutError as error:
            raise self._failure(
                f"it was not done after {seconds:g} s",
                hint="Make the example or the model smaller, or give checks more time on the server.",
            ) from error
        if verdict is None:
            await asyncio.wait([self._worker.ended], timeout=_LEAVE_SECONDS)
            self._worker.kill()
            status = await self._worker.ended
            self._confinement.release()
            if limit := self._confinement.out_of_memory():
                raise self._failure(f"it ran out of its memory ({limit})", hint=_LARGER_TIER)
            raise self._failure(ending(status), hint="The log has what the process said last.")
        if verdict["event"] == "failed":
            self._part = str(verdict.get("step") or self._part)
            raise self._failure(
                str(verdict.get("reason", "")),
                hint=str(verdict.get("hint", "")),
                log=str(verdict.get("traceback", "")),
            )
        await asyncio.wait([self._worker.ended], timeout=_LEAVE_SECONDS)
        try:
            return msgspec.convert(verdict, Checks)
        except msgspec.ValidationError as error:
            raise self._failure(f"the worker's verdict is not understood: {error}") from error

    async def _verdict(self) -> dict[str, Any] | None:
        async for report in self._worker.reports():
            match report.get("event"):
                case "step":
                    self._part = str(report.get("step", ""))
                    await self._say(_DOING.get(self._part, self._part))
                case "out_of_memory":
                    self._confinement.told_out_of_memory()
                case "checked" | "failed":
                    return report
        return None

    def _failure(self, reason: str, *, hint: str = "", log: str = "") -> HostFailure:
        said = tail(self._log_file)
        text = f"{said}\n{log}" if said and log else said or log
        return HostFailure(
            "check_failed",
            f"{_DOING.get(self._part, self._part)} failed: {reason}",
            hint=hint or _hint_for(reason),
            step="check",
            log=text[-_LOG_CHARACTERS:],
        )


def _hint_for(reason: str) -> str:
    if missing := re.search(r"No module named '([^']+)'", reason):
        return f"Add the package that provides {missing[1]!r} to the requirements, or its file to the bundle."
    return "Try the model in a fresh process with only the deployed files and packages; the log has the traceback."


def _spec(manifest: Manifest, model: str, files: Path) -> dict[str, Any]:
    return {
        "bundle": str(files),
        "model": model,
        "version": 0,
        "manifest": msgspec.to_builtins(manifest),
        "signature": msgspec.to_builtins(manifest.signature),
        "batchable": False,
        "max_batch_rows": 1024,
        "max_batch_bytes": 16 << 20,
    }
