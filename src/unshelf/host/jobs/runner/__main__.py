"""Starts the runner from its folder alone, with no site-packages: `python -I -S FOLDER < ORDER_JSON`."""

import importlib.util
import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent


def _run() -> int:
    spec = importlib.util.spec_from_file_location(
        "unshelf_runner", _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)]
    )
    assert spec is not None and spec.loader is not None  # noqa: S101 - both follow from the file's existence
    package = importlib.util.module_from_spec(spec)
    sys.modules["unshelf_runner"] = package
    spec.loader.exec_module(package)
    run = importlib.import_module("unshelf_runner.run")
    return int(run.main(sys.stdin.buffer.read()))


if __name__ == "__main__":
    sys.exit(_run())
