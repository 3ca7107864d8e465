"""The verdict of a check, held against what can be seen from outside: the program that it is about shares a process with the check."""

import math
import os
from pathlib import Path

import msgspec

from unshelf.contracts.bundle import Checks, Manifest
from unshelf.host.errors import HostFailure

_MOST_MODULES = 20_000
_MOST_WARNINGS = 200
_MOST_TEXT = 2000
MIN_SHARED_ROWS = 2
_HINT = "A program must not write to the pipe of its own check; the log has what it printed."


def seen_from_outside(checks: Checks, manifest: Manifest, *, python: Path, version: str, seconds: float) -> Checks:
    """The verdict with what is known here in place of what was said: the interpreter's full `version`, times of at most the
    `seconds` that the check took, modules that the environment of `python` has, texts and numbers within bounds.

    Raises `check_failed` for a verdict that no check would give: batches that requests share although the manifest rules that out."""
    fault = _contradiction(checks, manifest)
    if fault:
        raise HostFailure("check_failed", f"the program wrote a verdict of its own: {fault}", hint=_HINT, step="check")
    folders = site_packages(python)
    return msgspec.structs.replace(
        checks,
        python=version,
        load_seconds=_within(checks.load_seconds, seconds),
        predict_seconds=None if checks.predict_seconds is None else _within(checks.predict_seconds, seconds),
        memory_bytes=max(0, checks.memory_bytes),
        example_rows=max(0, checks.example_rows),
        batch_rows=min(max(0, checks.batch_rows), manifest.batching.max_rows),
        calls=max(0, checks.calls),
        modules=[name for name in checks.modules[:_MOST_MODULES] if is_installed(name, folders)],
        batchable_reason=checks.batchable_reason[:_MOST_TEXT],
        fork_safe_reason=checks.fork_safe_reason[:_MOST_TEXT],
        scores_reason=checks.scores_reason[:_MOST_TEXT],
        warnings=[text[:_MOST_TEXT] for text in checks.warnings[:_MOST_WARNINGS]],
    )


def site_packages(python: Path) -> list[Path]:
    """The folders with the packages of the environment of this interpreter."""
    return [
        folder
        for pattern in ("lib/python*", "lib64/python*")
        for folder in python.parent.parent.glob(f"{pattern}/site-packages")
    ]


def is_installed(module: str, folders: list[Path]) -> bool:
    """Whether a module of this name lies in one of these folders, which hold what the lock names and nothing else."""
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        return False
    return any(_is_module(folder.joinpath(*parts[:-1]), parts[-1]) for folder in folders)


def _is_module(folder: Path, name: str) -> bool:
    if (folder / name).is_dir() or (folder / f"{name}.py").is_file():
        return True
    try:
        return any(entry.startswith(f"{name}.") and entry.endswith((".so", ".pyd")) for entry in os.listdir(folder))  # noqa: PTH208
    except OSError:
        return False


def _contradiction(checks: Checks, manifest: Manifest) -> str:
    """Why no check would say so; empty where one would."""
    batching, loader = manifest.batching, manifest.loader
    if not checks.batchable:
        return ""
    if batching.share is False or batching.max_rows < MIN_SHARED_ROWS:
        return "requests share batches, which [batching] rules out."
    if checks.streams or manifest.output == "table":
        return "requests share batches, and its answer is not one a row."
    if loader.kind == "python" and loader.entry is not None and not batching.share:
        return "requests share batches, which code has to ask for ([batching] share = true)."
    return ""


def log_with(said: str, traceback: str) -> str:
    """Return what a program said with its traceback below, unless it printed that itself: then its log has the same last line."""
    last = traceback.strip().rpartition("\n")[2]
    if not said or not last:
        return said or traceback
    return said if last in said else f"{said}\n{traceback}"


def _within(said: float, seconds: float) -> float:
    return min(max(0.0, said), seconds) if math.isfinite(said) else seconds
