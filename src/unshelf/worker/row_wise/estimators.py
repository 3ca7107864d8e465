"""Finds what of an estimator is not known to answer each row alone: a class that looks at its batch, or its maker's own code.

Every object that the estimator is made of is looked at: a pipeline's steps, a vote's members, a search's best estimator, and the
functions they call. A class counts as a library's only if that library holds it under its name."""

import functools
import sys
import types
from collections import deque
from collections.abc import Iterable
from typing import Any

from . import names

_PLAIN = frozenset({str, bytes, int, float, complex, bool, type(None), slice, range})
_CONTAINERS = (dict, list, tuple, set, frozenset, deque)
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, types.MethodDescriptorType, types.WrapperDescriptorType)
_SKLEARN = "sklearn"


def mixing_step(estimator: Any, method: str) -> str:
    """Name what is not known to answer each row alone, as a phrase; empty when all of it is."""
    if method not in names.METHODS:
        return f"the method {method!r}"
    if not _is_known_step(type(estimator)):
        return own_code(estimator) if isinstance(estimator, _FUNCTIONS) else _described(type(estimator))
    waiting: list[Any] = [estimator]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if type(found) in _PLAIN or id(found) in seen:
            continue
        seen.add(id(found))
        if phrase := _fault(found):
            return phrase
        waiting += _parts(found)
    return ""


def own_code(what: Any) -> str:
    """The phrase for a function or class of the maker's own."""
    name = getattr(what, "__qualname__", "") or type(what).__qualname__
    module = getattr(what, "__module__", None) or type(what).__module__
    return f"{name} of {module}, its maker's own code"


def _fault(found: Any) -> str:
    """Describe what is wrong with this object, whatever it holds; empty when nothing is."""
    kind = type(found)
    if isinstance(found, (*_CONTAINERS, types.MethodType, functools.partial)):
        return ""
    if isinstance(found, _FUNCTIONS):
        return "" if _is_library_function(found) else own_code(found)
    if isinstance(found, type):
        return "" if _is_library_class(found) else own_code(found)
    if not _is_library_class(kind):
        return own_code(kind)
    if not _is_estimator(found):
        return ""
    if not (_is_known_step(kind) or kind.__name__ in names.SKLEARN_PARTS):
        return _described(kind)
    if kind.__name__ == "FunctionTransformer":
        return _function_fault(found)
    if kind.__name__ == "DummyClassifier" and found.strategy in ("stratified", "uniform"):
        return "DummyClassifier of sklearn, which draws its answers"
    return ""


def _parts(found: Any) -> Iterable[Any]:
    """The objects in this one that predictions may ask; nothing of those that are data."""
    if isinstance(found, dict):
        return _unplain(found.values())
    if isinstance(found, _CONTAINERS):
        return _unplain(found)
    if isinstance(found, types.MethodType):
        return [found.__self__, found.__func__]
    if isinstance(found, functools.partial):
        return [found.func, *found.args, *found.keywords.values()]
    if _top(type(found)) == "numpy" and getattr(getattr(found, "dtype", None), "hasobject", False):
        return _unplain(found.ravel().tolist()) if hasattr(found, "ravel") else []
    if _top(type(found)) != _SKLEARN or isinstance(found, (type, *_FUNCTIONS)):
        return []
    if type(found).__name__ in names.SKLEARN_SEARCHES:
        return [found.best_estimator_]
    skipped = names.FIT_ONLY
    if (
        type(found).__name__ == "ColumnTransformer"
    ):  # `transformers_` has the fitted ones, and columns instead of choosers
        skipped = skipped | {"transformers"}
    return [value for name, value in getattr(found, "__dict__", {}).items() if name not in skipped]


def _unplain(values: Iterable[Any]) -> list[Any]:
    return [value for value in values if type(value) not in _PLAIN]


def _is_known_step(kind: type) -> bool:
    top = _top(kind)
    known = names.SKLEARN_STEPS if top == _SKLEARN else names.BOOSTERS.get(top, frozenset())
    return kind.__name__ in known and _is_its_modules(kind)


def _is_estimator(found: Any) -> bool:
    base = sys.modules.get("sklearn.base")
    return base is not None and isinstance(found, base.BaseEstimator)


def _is_library_class(kind: type) -> bool:
    top = _top(kind)
    if top == "builtins" or top in sys.stdlib_module_names:
        return kind.__module__ != "__main__"
    if top in names.BOOSTERS:
        return _is_known_step(kind)
    return top == _SKLEARN or top in names.DATA_LIBRARIES


def _is_library_function(function: Any) -> bool:
    owner = getattr(function, "__objclass__", None)
    if owner is not None:  # str.split, say
        return owner is str or owner is bytes
    top = (getattr(function, "__module__", None) or "").partition(".")[0]
    if top == "builtins" or isinstance(function, types.BuiltinFunctionType):
        return True
    return (top == _SKLEARN or top in names.DATA_LIBRARIES) and _is_its_modules(function)


def _is_its_modules(what: Any) -> bool:
    """Whether its module has it under its name: a name alone is easily taken."""
    place: Any = sys.modules.get(what.__module__)
    for name in what.__qualname__.split("."):
        place = getattr(place, name, None)
    return place is what


def _function_fault(transformer: Any) -> str:
    """Describe what FunctionTransformer calls, unless it looks at each value alone: a ufunc of NumPy or SciPy, or one of ELEMENTWISE."""
    for role in ("func", "inverse_func"):
        function = getattr(transformer, role)
        if function is not None and not _is_elementwise(function):
            return f"FunctionTransformer with {getattr(function, '__qualname__', None) or type(function).__qualname__}"
    for options in (transformer.kw_args, transformer.inv_kw_args):
        if any(not isinstance(value, (int, float, str, type(None))) for value in (options or {}).values()):
            return "FunctionTransformer with arguments that are no single values"
    return ""


def _is_elementwise(function: Any) -> bool:
    numpy = sys.modules["numpy"]
    name = getattr(function, "__name__", "")
    if type(function).__name__ == "ufunc":  # those that people make are no attribute of a library
        homes = (numpy, sys.modules.get("scipy.special"))
        known = any(getattr(home, name, None) is function for home in homes)
        return known and function.nin == 1 and function.signature is None
    return name in names.ELEMENTWISE and getattr(numpy, name, None) is function


def _described(kind: type) -> str:
    top = _top(kind)
    return f"{kind.__name__} of {top}" if top == _SKLEARN or top in names.BOOSTERS else own_code(kind)


def _top(kind: type) -> str:
    return (kind.__module__ or "").partition(".")[0]
