"""Packages of a lock: a pylock.toml (PEP 751)."""

import tomllib
from typing import NamedTuple


class LockedPackage(NamedTuple):
    """A package as the lock pins it."""

    name: str
    version: str
    """Empty for a package that is pinned by its archive's or commit's hash alone."""


def packages_of(lock: str) -> list[LockedPackage]:
    """The packages of a lock, by name. Raises tomllib.TOMLDecodeError for a text that is no TOML."""
    entries = tomllib.loads(lock).get("packages", [])
    return sorted(LockedPackage(entry["name"], entry.get("version", "")) for entry in entries)
