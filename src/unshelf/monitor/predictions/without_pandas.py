"""What keeps a short-lived process that uses pyarrow from importing pandas too."""

import sys
from importlib.abc import MetaPathFinder
from typing import Any


def without_pandas() -> None:
    """From now on nothing in this process can import pandas. Where it is installed, pyarrow does with the first list that it is
    given, only to ask whether that is a Series: a quarter of a second, for nothing."""
    sys.meta_path.insert(0, _NoPandas())


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:  # noqa: ARG002 - the import system's signature
        if fullname == "pandas":
            raise ModuleNotFoundError("not wanted here", name=fullname)
