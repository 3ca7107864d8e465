"""Programs that are killed before a certain step on the disk: what they leave then is what a power cut or kill -9 would leave."""

import multiprocessing
import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

KILLED = 9
_STEPS = ("fsync", "link", "mkdir", "replace", "rename", "unlink", "rmdir")
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["unshelf.records.archive.compaction", "unshelf.records.archive.merging"])


def run_until_step(
    module: str, arguments: list[str], step: int, *, environment: dict[str, str] | None = None, **patches: Any
) -> int:
    """Run `main(arguments)` of a module in a process of its own that dies before its disk operation number `step`.

    Returns KILLED, or the status of `main` when it ended before. `patches` are set in the module; what a file system class of S3
    does with an object (put, remove) counts as an operation too."""
    process = _context.Process(target=_run, args=(module, arguments, step, environment or {}, patches))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _run(name: str, arguments: list[str], step: int, environment: dict[str, str], patches: dict[str, Any]) -> None:
    os.environ.update(environment)
    left = step

    def counted(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                os._exit(KILLED)
            return function(*given, **named)

        return call

    module = import_module(name)
    for attribute, value in patches.items():
        setattr(module, attribute, value)
    if hasattr(module, "_exchange"):
        module._exchange = counted(module._exchange)
    if environment:
        remote = import_module("unshelf.records.archive.s3").S3Files
        remote.upload, remote.remove = counted(remote.upload), counted(remote.remove)
    for operation in _STEPS:
        setattr(os, operation, counted(getattr(os, operation)))
    os._exit(module.main(arguments))
