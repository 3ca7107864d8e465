"""Folders of this machine that the operator registered: nothing outside of them is read, whatever links say."""

from pathlib import Path

from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.data import ConnectionOrder
from unshelf.develop.connections.sources.found import joined, nothing_at, tables_among


def fetch(order: ConnectionOrder) -> dict[str, Path]:
    """Return the files at the order's path: the path that people know → where it lies. Raises NotFound, Unavailable."""
    root = Path(order.settings["folder"]).resolve()
    if not root.is_dir():
        raise Unavailable("The connection's folder is not there at the moment.")
    target = (root / joined(order)).resolve()
    if not target.is_relative_to(root):
        raise nothing_at(order)
    if target.is_file():
        return dict.fromkeys(tables_among(order, [target.relative_to(root).as_posix()]), target)
    if not target.is_dir():
        raise nothing_at(order)
    inside = {path.relative_to(root).as_posix(): path.resolve() for path in target.rglob("*") if path.is_file()}
    safe = {path: place for path, place in inside.items() if place.is_relative_to(root)}
    return {path: safe[path] for path in tables_among(order, safe)}
