"""The demo's model, trained when scikit-learn is there to do it."""

import importlib.util
from dataclasses import dataclass
from typing import Any

from unshelf.cli.lazy import load
from unshelf.client.errors import UnshelfError

NAME = "breast-cancer"
_PACKAGES = {"sklearn": "scikit-learn", "skops": "skops"}
_FULL_PACKAGES = _PACKAGES | {"pandas": "pandas"}


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A model and what it says itself about rows that it has never seen."""

    model: Any
    baseline: Any
    rows: Any
    expected: list[Any]
    description: str


def require_packages(*, full: bool = False) -> None:
    """Raise UnshelfError where this Python can't train the models; `full`: those of the full demo."""
    wanted = _FULL_PACKAGES if full else _PACKAGES
    missing = [package for module, package in wanted.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise UnshelfError(
            f"The demo trains scikit-learn models, and {' and '.join(missing)} can't be imported here.",
            code="demo_needs_packages",
            hint="Run `pip install 'unshelf[server,demo]'`, then `unshelf demo` again.",
        )


def trained_model() -> Trained:
    """Return the model. Raises UnshelfError where this Python can't train one."""
    require_packages()
    trained: Trained = load("unshelf.cli.demo.training:train")()
    return trained
