"""Special functions of SciPy, which is loaded with the first use: it takes a third of a second, and control starts without it."""

import functools
from importlib import import_module
from typing import Any


@functools.cache
def special_functions() -> Any:
    """Return the module `scipy.special`."""
    return import_module("scipy.special")
