"""Errors as a person should meet them: what happened, why, and what to do next; with --json, as JSON on standard error."""

import os
import re
import sys
from typing import Any

import msgspec
from rich.panel import Panel
from rich.text import Text

from unshelf.cli.output import console
from unshelf.client.errors import DeployFailed, UnshelfError, describe_fault
from unshelf.client.printable import printable_json

_LOG_LINES = 30
_FOREIGN_FRAME = re.compile(r'  File "(<frozen |[^"]*/unshelf/worker/|[^"]*/importlib/__init__\.py")')
_BUNDLE_FOLDER = re.compile(r'(?<=File ")(?:[^"]*/bundles/[0-9a-f]{64}/files|/run/unshelf/bundle)/')


def show(error: UnshelfError) -> None:
    """Print the error on standard error."""
    if "--json" in sys.argv[1:]:
        sys.stderr.write(printable_json(msgspec.json.encode(as_fields(error)).decode()) + "\n")
        return
    said = Text(error.detail)
    for fault in error.errors:
        said.append(f"\n  {describe_fault(fault)}")
    if isinstance(error, DeployFailed) and error.log:
        said.append("\n\n" + "\n".join(own_lines(error.log)[-_LOG_LINES:]), style="dim")
    if error.hint:
        said.append("\n\nWhat to do: ", style="bold")
        said.append(error.hint)
    if error.id:
        said.append(f"\nId: {error.id}", style="dim")
    at = f" at step {error.step}" if isinstance(error, DeployFailed) and error.step else ""
    title = Text(f"Failed{at} ({error.code})")
    console(stderr=True).print(Panel(said, title=title, title_align="left", border_style="red", expand=False))


def show_unexpected(error: Exception) -> None:
    """Print a fault of this program in one sentence; a file or folder that can't be used is none."""
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        detail = f"{os.fsdecode(error.filename)} can't be used: {error.strerror}."
        show(
            UnshelfError(detail, code="invalid_input", hint="Is the path right, and may this user read or write there?")
        )
        return
    show(
        UnshelfError(
            f"{type(error).__name__}: {error}",
            code="client_fault",
            hint="This is a fault of unshelf itself. UNSHELF_TRACEBACK=1 shows where; please report it.",
        )
    )


def own_lines(log: str) -> list[str]:
    """Return the lines of a log that are about the user's own files: frames of a traceback that are ours or Python's are left out."""
    found: list[str] = []
    is_foreign = False
    for line in log.rstrip().splitlines():
        if line.startswith("Traceback (most recent call last)"):
            continue
        if line.startswith('  File "'):
            is_foreign = _FOREIGN_FRAME.match(line) is not None
        elif not line.startswith("    "):
            is_foreign = False
        if not is_foreign:
            found.append(_BUNDLE_FOLDER.sub("", line))
    half = len(found) // 2
    # A model that printed its own traceback says the same twice.
    return found[:half] if half and found[:half] == found[half:] else found


def as_fields(error: UnshelfError) -> dict[str, Any]:
    """Return the error as plain values, without what is empty."""
    fields: dict[str, Any] = {"code": error.code, "detail": error.detail, "hint": error.hint, "errors": error.errors}
    if isinstance(error, DeployFailed):
        fields |= {"step": error.step, "log": error.log}
    fields["id"] = error.id
    return {name: value for name, value in fields.items() if value}
