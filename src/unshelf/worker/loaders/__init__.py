"""Loaders: one file a framework, imported only when a bundle asks for its kind."""

import importlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

from ..errors import CannotLoad
from ..model import LoadedModel, SignatureFields

LOADERS = {
    "sklearn": ".sklearn",
    "xgboost": ".xgboost",
    "lightgbm": ".lightgbm",
    "catboost": ".catboost",
    "onnx": ".onnx",
    "torch": ".neural.torch",
    "keras": ".neural.keras",
    "transformers": ".neural.transformers",
    "statsmodels": ".statsmodels",
    "python": ".python",
    "mlflow": ".mlflow",
}
"""The manifest's `loader.kind` → the module here whose `load(bundle, loader, signature)` gives a Model."""

Load = Callable[[Path, dict[str, Any], SignatureFields | None], LoadedModel]


def loader_modules(kinds: Iterable[str]) -> list[str]:
    """Return the full names of the modules that load these kinds, to be imported in advance; kinds that are not known are left out."""
    return [f"{__name__}{LOADERS[kind]}" for kind in kinds if kind in LOADERS]


def load_model(bundle: Path, loader: dict[str, Any], signature: SignatureFields | None) -> LoadedModel:
    """Load the bundle's model by its manifest's `loader`; raises what the framework raises, or CannotLoad."""
    kind = loader["kind"]
    if kind not in LOADERS:
        known = ", ".join(LOADERS)
        raise CannotLoad(f"loader kind {kind!r} is not known to this worker", hint=f"Use one of: {known}.")
    module = importlib.import_module(LOADERS[kind], __name__)
    return cast(Load, module.load)(bundle, loader, signature)
