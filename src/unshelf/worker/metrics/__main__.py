"""Starts the evaluation of a metric from the worker's folder alone, as the program of a job: `python FOLDER/metrics/__main__.py`."""

import importlib.util
import sys
from pathlib import Path

_FOLDER = Path(__file__).resolve().parent.parent


def _run() -> int:
    spec = importlib.util.spec_from_file_location(
        "unshelf_worker", _FOLDER / "__init__.py", submodule_search_locations=[str(_FOLDER)]
    )
    assert spec is not None and spec.loader is not None  # noqa: S101 - both follow from the file's existence
    package = importlib.util.module_from_spec(spec)
    sys.modules["unshelf_worker"] = package
    spec.loader.exec_module(package)
    main = importlib.import_module("unshelf_worker.metrics.main")
    return int(main.main())


if __name__ == "__main__":
    sys.path.pop(0)  # this folder: its names would stand before those of the environment
    sys.exit(_run())
