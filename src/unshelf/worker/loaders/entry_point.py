"""Entries: a function or class of the bundle's own code, named `file.py:name`."""

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from ..errors import CannotLoad


def import_entry(bundle: Path, entry: str) -> Any:
    """Import what `entry` names. The file is imported as the module it is (`pricing/model.py` → `pricing.model`)."""
    path, _, name = entry.partition(":")
    file = bundle / path
    if not path.endswith(".py") or not file.is_file():
        raise CannotLoad(
            f"the entry {entry!r} names no Python file of the bundle", hint='Write it as "predict.py:predict".'
        )
    module = _import_file(bundle, path, file)
    if not hasattr(module, name):
        raise CannotLoad(f"{path} has no {name!r}", hint=f"Define {name} in {path}, or name what is there.")
    return getattr(module, name)


def make_importable(bundle: Path) -> None:
    """Have modules of the bundle found: those at its root, and those in `src/` where that is no package itself.

    They come last, so that a file of the bundle never hides an installed package."""
    folders = [bundle]
    if (source := bundle / "src").is_dir() and not (source / "__init__.py").exists():
        folders.append(source)
    sys.path += [str(folder) for folder in folders if str(folder) not in sys.path]


def _import_file(bundle: Path, path: str, file: Path) -> ModuleType:
    make_importable(bundle)
    inside = path[len("src/") :] if path.startswith("src/") and str(bundle / "src") in sys.path else path
    dotted = inside[: -len(".py")].replace("/", ".")
    try:
        spec = importlib.util.find_spec(dotted)
    except ModuleNotFoundError:  # a parent that is no package
        spec = None
    if spec is not None and spec.origin is not None and Path(spec.origin).resolve() == file.resolve():
        return importlib.import_module(dotted)
    # An installed module has the same name (`code.py`, `model.py` …): this one is imported beside it, by its place.
    beside = "bundle_" + dotted.replace(".", "_")
    spec = importlib.util.spec_from_file_location(beside, file)
    if spec is None or spec.loader is None:
        raise CannotLoad(f"{path} can't be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[beside] = module
    spec.loader.exec_module(module)
    return module
