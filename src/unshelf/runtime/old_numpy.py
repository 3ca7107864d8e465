"""NumPy 1 in the platform's own environment: it is there for models, and pyarrow, which needs NumPy 2 or none, goes without."""

import sys
from importlib import metadata
from importlib.abc import MetaPathFinder
from typing import Any

_LEAST = 2


def hide_old_numpy() -> None:
    """Make a NumPy before 2 impossible to import in this process; to be called before pyarrow is imported.

    A package manager sees no conflict between the two, since pyarrow asks for no NumPy; importing it beside an old one fails."""
    if "numpy" in sys.modules:
        return
    try:
        major = int(metadata.version("numpy").partition(".")[0])
    except (metadata.PackageNotFoundError, ValueError):
        return
    if major < _LEAST:
        sys.meta_path.insert(0, _NoNumpy())


class _NoNumpy(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:  # noqa: ARG002 - the import system's signature
        if fullname in ("numpy", "pandas"):
            raise ModuleNotFoundError(f"{fullname} of this environment is too old for the platform", name=fullname)
