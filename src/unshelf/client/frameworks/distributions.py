"""Which installed distributions provide the modules that a model needs."""

import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib import metadata

_USUAL = {
    "sklearn": "scikit-learn", "skops": "skops", "joblib": "joblib", "cloudpickle": "cloudpickle", "numpy": "numpy",
    "scipy": "scipy", "pandas": "pandas", "polars": "polars", "xgboost": "xgboost", "lightgbm": "lightgbm",
    "catboost": "catboost", "onnxruntime": "onnxruntime", "torch": "torch", "mlflow": "mlflow", "imblearn": "imbalanced-learn",
}  # fmt: skip
"""What to ask an index for when the module is not installed here (a model file that was made elsewhere)."""


def distribution_of(module: str) -> str | None:
    """The distribution whose package a module belongs to (`xgboost.sklearn` → `xgboost-cpu`, where that is installed).

    None for the standard library, for code of the user's own, and for what is unknown."""
    package = module.partition(".")[0]
    if package in sys.stdlib_module_names or package == "unshelf":
        return None
    names = _providers().get(package, [])
    if not names:
        return _USUAL.get(package)
    # Several distributions may share a package (mlflow and mlflow-skinny): the one of its name is the whole.
    whole = [name for name in names if _normal(name) == _normal(_USUAL.get(package, package))]
    return whole[0] if whole else names[0]


def distributions_of(modules: Iterable[str]) -> list[str]:
    """The distributions of all `modules`, sorted, each once."""
    return sorted({name for module in modules if (name := distribution_of(module)) is not None})


@cache
def _providers() -> dict[str, list[str]]:
    return {package: sorted(set(names)) for package, names in metadata.packages_distributions().items()}


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
