"""Unit tests mirror the source: `src/unshelf/host/fleet/scaling.py` is tested in `tests/unit/host/fleet/test_scaling.py`."""

import ast
from pathlib import Path, PurePosixPath

from checks.source import Module

FLOOR_PERCENT = 84
"""The least share of modules with a unit test of their own; it may only rise (the goal is 70)."""


def modules_to_mirror(modules: list[Module]) -> list[str]:
    """Return the paths of the modules that can have a unit test: not packages, entry points, migrations or mere declarations."""
    return [
        module.path
        for module in modules
        if PurePosixPath(module.path).name not in ("__init__.py", "__main__.py")
        and "/migrations/" not in module.path
        and any(not isinstance(node, ast.ClassDef) for _, node in module.definitions)
    ]


def without_mirror(modules: list[Module], tests: Path) -> list[str]:
    """Return the paths of the modules that have no unit test of their own below `tests`."""
    found = []
    for path in modules_to_mirror(modules):
        module = PurePosixPath(path)
        if not (tests / module.parent / f"test_{module.name}").is_file():
            found.append(path)
    return found
