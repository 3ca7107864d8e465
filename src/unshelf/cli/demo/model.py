"""The demo's model, trained when scikit-learn is there to do it."""

import importlib.util
from dataclasses import dataclass
from typing import Any

from unshelf.cli.lazy import load
from unshelf.client.errors import UnshelfError

NAME = "breast-cancer"
_PACKAGES = {"sklearn": "scikit-learn", "skops": "skops"}


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A model and what it says itself about rows that it has never seen."""

    model: Any
    baseline: Any
    rows: Any
    expected: list[Any]
    description: str


def trained_model() -> Trained:
    """Return the model. Raises UnshelfError where this Python can't train one."""
    missing = [package for module, package in _PACKAGES.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise UnshelfError(
            f"The demo trains a scikit-learn model, and {' and '.join(missing)} can't be imported here.",
            code="demo_needs_packages",
            hint="Run `pip install 'unshelf[server,demo]'`, then `unshelf demo` again.",
        )
    trained: Trained = load("unshelf.cli.demo.training:train")()
    return trained
