"""Starts the program that enters a sandbox from its folder alone: with no site-packages, no environment variables and no code of ours
but this folder's. `python -I -S FOLDER WALLS_JSON PROGRAM ARGUMENT…`"""

import importlib.util
import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def _run() -> int:
    spec = importlib.util.spec_from_file_location(
        "unshelf_sandbox", _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)]
    )
    assert spec is not None and spec.loader is not None  # noqa: S101 - both follow from the file's existence
    package = importlib.util.module_from_spec(spec)
    sys.modules["unshelf_sandbox"] = package
    spec.loader.exec_module(package)
    enter = importlib.import_module("unshelf_sandbox.enter")
    return int(enter.main(sys.argv[1], sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(_run())
