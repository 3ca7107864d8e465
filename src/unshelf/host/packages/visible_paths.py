"""The files and folders that the operator's settings for packages name, for uv to find them in a sandbox too."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

_NOT_SHOWN = frozenset({"PATH", "HOME", "TMPDIR", "UV_CACHE_DIR", "PYTHONPATH"})
_CONFIGURATION = "XDG_CONFIG_HOME"
_OF_PACKAGES = (
    "UV_DEFAULT_INDEX", "UV_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_CONSTRAINT", "UV_BUILD_CONSTRAINT",
    "UV_OVERRIDE", "SSL_CERT_FILE", "SSL_CERT_DIR",
)  # fmt: skip
"""Variables that name packages, rules for them and authorities: nothing that a build may not know. uv's own files of settings may
have passwords."""


def visible_paths(environment: Mapping[str, str], home: Path) -> list[Path]:
    """List what exists of it, without folders that hold this home folder or the operator's own."""
    private = (home, Path.home())
    found: dict[Path, None] = {}
    for name, value in environment.items():
        if name in _NOT_SHOWN:
            continue
        for path in [Path(value, "uv")] if name == _CONFIGURATION else _paths_in(value):
            if path.exists() and not any(folder.is_relative_to(path) for folder in private):
                found[path] = None
    return list(found)


def package_paths(environment: Mapping[str, str]) -> set[Path]:
    """List the paths of packages, and of what says which, that settings name: a build may read them, even if only the operator may."""
    return {path for name in _OF_PACKAGES for path in _paths_in(environment.get(name, ""))}


def _paths_in(value: str) -> Iterator[Path]:
    for word in re.split(r"[\s,]+", value):
        address = word.rpartition("=")[2]  # uv takes NAME=ADDRESS too
        if address.startswith("file://"):
            yield Path(os.path.normpath(unquote(urlsplit(address).path)))
        else:
            yield from (Path(os.path.normpath(part)) for part in address.split(":") if part.startswith("/"))
