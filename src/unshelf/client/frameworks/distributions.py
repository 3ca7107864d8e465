"""Which installed distributions provide the modules that a model needs."""

import json
import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

_USUAL = {
    "sklearn": "scikit-learn", "skops": "skops", "joblib": "joblib", "cloudpickle": "cloudpickle", "numpy": "numpy",
    "scipy": "scipy", "pandas": "pandas", "polars": "polars", "xgboost": "xgboost", "lightgbm": "lightgbm",
    "catboost": "catboost", "onnxruntime": "onnxruntime", "torch": "torch", "mlflow": "mlflow", "imblearn": "imbalanced-learn",
    "PIL": "pillow", "keras": "keras", "tensorflow": "tensorflow", "jax": "jax",
}  # fmt: skip
"""Distributions by module, for modules that are not installed here (a model file that was made elsewhere)."""


def distribution_of(module: str) -> str | None:
    """Return the distribution that provides a module (`xgboost.sklearn` → `xgboost-cpu`, where that is installed).

    None for the standard library, for code of the user's own, for what is unknown, and for a namespace that several share."""
    found = _providers_of(module)
    return found[0] if len(found) == 1 else None


def distributions_of(modules: Iterable[str]) -> list[str]:
    """Return the distributions of all `modules`, sorted, each once.

    A bare namespace (`import google.cloud`) brings every distribution with a part in it, unless a module below it is named too."""
    wanted = set(modules)
    found: set[str] = set()
    for module in wanted:
        names = _providers_of(module)
        below = len(names) > 1 and any(
            other.startswith(f"{module}.") and len(_providers_of(other)) == 1 for other in wanted
        )
        found.update([] if below else names)
    return sorted(found)


def is_installed(module: str) -> bool:
    """Return whether an installed distribution, or the standard library, has the module's top-level package."""
    package = module.partition(".")[0]
    return package in sys.stdlib_module_names or package in _providers() or bool(_editable_provider(package))


def providers_of_package(package: str) -> list[str]:
    """Return the installed distributions with a top-level module or package of this name."""
    return list(_providers().get(package, []))


def _providers_of(module: str) -> list[str]:
    """Return the distribution that has a module; several for a namespace package that they share; none if nothing has it."""
    package = module.partition(".")[0]
    if package in sys.stdlib_module_names or package == "unshelf":
        return []
    names = _providers().get(package) or _editable_provider(package)
    if not names:
        return [_USUAL[package]] if package in _USUAL else []
    # Several distributions may hold the same package (mlflow and mlflow-skinny): the one of its name is the whole.
    whole = [name for name in names if _normal(name) == _normal(_USUAL.get(package, package))]
    if whole:
        return whole[:1]
    if len(names) == 1 and not _is_namespace(package, names):
        return names
    # A namespace: each distribution has its own part of it, which its list of files tells.
    parts = module.split(".")
    for depth in range(len(parts), 0, -1):
        name = ".".join(parts[:depth])
        if owners := [each for each in names if name in _modules(each).files]:
            return owners[:1]
        if sharers := [each for each in names if name in _modules(each).folders]:
            return sharers if depth == len(parts) else []
    return [] if any(_modules(each).files for each in names) else names[:1]


def _is_namespace(package: str, names: Iterable[str]) -> bool:
    return any(package in _modules(name).folders and package not in _modules(name).files for name in names)


class _Modules:
    """Modules that a distribution's list of files tells of."""

    def __init__(self, name: str) -> None:
        self.files: set[str] = set()
        """Modules and regular packages."""
        self.folders: set[str] = set()
        """All packages, with and without an `__init__.py`."""
        for path in metadata.distribution(name).files or []:
            self._add(PurePosixPath(str(path)))

    def _add(self, path: PurePosixPath) -> None:
        stem = path.name.partition(".")[0]
        if path.suffix not in (".py", ".so", ".pyd") or not all(
            part.isidentifier() for part in (*path.parts[:-1], stem)
        ):
            return
        package = ".".join(path.parts[:-1])
        self.files.add(package if stem == "__init__" else f"{package}.{stem}" if package else stem)
        self.folders.update(".".join(path.parts[:depth]) for depth in range(1, len(path.parts)))


@cache
def _modules(name: str) -> _Modules:
    return _Modules(name)


@cache
def _providers() -> dict[str, list[str]]:
    return {package: sorted(set(names)) for package, names in metadata.packages_distributions().items()}


@cache
def _editable_provider(package: str) -> list[str]:
    """Return the distribution in whose source folder a package lies that is installed from there, editable."""
    try:
        spec = find_spec(package)
    except (ImportError, ValueError):
        return []
    places = [spec.origin, *(spec.submodule_search_locations or [])] if spec is not None else []
    return [
        name
        for name, folder in _editable_folders().items()
        if any(place and Path(place).resolve().is_relative_to(folder) for place in places)
    ][:1]


@cache
def _editable_folders() -> dict[str, Path]:
    found: dict[str, Path] = {}
    for distribution in metadata.distributions():
        text = distribution.read_text("direct_url.json") or ""
        facts = json.loads(text) if '"editable"' in text else {}
        if (facts.get("dir_info") or {}).get("editable"):
            found[distribution.metadata["Name"]] = Path(unquote(urlsplit(facts["url"]).path)).resolve()
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
