"""The code of a job: the files of a script's folder, and the packages that the folder asks for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from unshelf.client.bundling.files import BundleSource, collect, content_of_file
from unshelf.client.errors import UnshelfError
from unshelf.client.jobs.folder import read_settings


@dataclass(frozen=True, kw_only=True)
class JobCode:
    """Files to send, and what the server is to make of them."""

    contents: list[BundleSource]
    script: str
    """The path of the script among them."""
    environment: Mapping[str, Any] = field(default_factory=dict)
    """`environment`, or `requirements`, `constraints` and `python`, where the folder states some."""
    tier: str | None = None
    """The tier that the folder's `unshelf.toml` names."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that its `unshelf.toml` names."""
    notes: list[str] = field(default_factory=list)
    """Decisions for people to see."""


def read_code(script: Path, folder: Path | None, *, alone: bool = False) -> JobCode:
    """Read a script with the folder that it belongs to: `folder`, else the one it lies in; `alone`: the script and nothing else.

    What git ignores, and what looks like a secret, is left out. Raises UnshelfError."""
    if not script.is_file():
        raise UnshelfError(f"There is no file {script}.", code="invalid_input", hint="Name the Python file to run.")
    root = (folder or script.parent).resolve()
    if not script.resolve().is_relative_to(root):
        raise UnshelfError(
            f"{script} does not lie in {root}.", code="invalid_input", hint="Name its folder with --folder."
        )
    path = script.resolve().relative_to(root).as_posix()
    if alone:
        return JobCode(contents=[content_of_file(path, script)], script=path)
    contents, notes = collect(root, keep=(path,))
    said = read_settings(root)
    environment: dict[str, Any] = {}
    if said.environment is not None:
        environment = {"environment": said.environment}
    elif said.packages is not None:
        environment = msgspec.to_builtins(said.packages)
    return JobCode(
        contents=contents, script=path, environment=environment, tier=said.tier, variables=said.variables,
        notes=[*notes, *said.notes],
    )  # fmt: skip
