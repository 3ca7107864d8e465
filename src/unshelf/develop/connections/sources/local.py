"""Folders of this machine that the operator registered: nothing outside of them is read, whatever links say."""

import time
from pathlib import Path

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.data import ConnectionOrder, FoundFile
from unshelf.develop.connections.sources.found import (
    below_prefix,
    joined,
    listed_among,
    nothing_at,
    tables_among,
)


def fetch(order: ConnectionOrder) -> dict[str, Path]:
    """Return the files at the order's path: the path that people know → where it lies. Raises NotFound, Unavailable."""
    root, target = _opened(order)
    if target.is_file():
        return dict.fromkeys(tables_among(order, [target.relative_to(root).as_posix()]), target)
    if not target.is_dir():
        raise nothing_at(order)
    inside = {path.relative_to(root).as_posix(): path.resolve() for path in target.rglob("*") if path.is_file()}
    safe = {path: place for path, place in inside.items() if place.is_relative_to(root)}
    return {path: safe[path] for path in tables_among(order, safe)}


def found_files(order: ConnectionOrder) -> list[FoundFile]:
    """Return the tables in the order's folder. Raises NotFound, Unavailable, InvalidInput."""
    root, target = _opened(order)
    if not target.is_dir():
        raise nothing_at(order)
    found = []
    for path in target.rglob("*"):
        if not path.is_file() or not path.resolve().is_relative_to(root):
            continue
        facts = path.stat()
        name = below_prefix(order, path.relative_to(root).as_posix())
        age = max(0.0, time.time() - facts.st_mtime)
        found.append(
            FoundFile(path=name, size=facts.st_size, mark=f"{facts.st_size}-{facts.st_mtime_ns}", age_seconds=age)
        )
    return listed_among(order, found)


def _opened(order: ConnectionOrder) -> tuple[Path, Path]:
    """Return the connection's folder and the order's path in it. Raises NotFound, Unavailable."""
    root = Path(order.settings["folder"]).resolve()
    if not root.is_dir():
        raise Unavailable("The connection's folder is not there at the moment.")
    target = (root / joined(order)).resolve()
    if not target.is_relative_to(root):
        raise nothing_at(order)
    return root, target
