"""Prevention of pandas' import in short-lived processes that use pyarrow."""

import sys
from importlib.abc import MetaPathFinder
from typing import Any


def without_pandas() -> None:
    """Make pandas impossible to import in this process. Where it is installed, pyarrow imports it with the first list it gets, only to ask
    whether that is a Series: a quarter of a second, for nothing."""
    sys.meta_path.insert(0, _NoPandas())


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:  # noqa: ARG002 - the import system's signature
        if fullname == "pandas":
            raise ModuleNotFoundError("not wanted here", name=fullname)
