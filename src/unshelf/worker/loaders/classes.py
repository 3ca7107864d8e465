"""Classes given as models: an instance is made in the worker, and asked to load itself."""

import inspect
from pathlib import Path
from typing import Any

from . import event_loop


def make_instance(kind: type, bundle: Path, *, method: str, init: "dict[str, Any]") -> Any:
    """Make an instance with these keyword arguments and call its `load`, where it has one.

    An asynchronous class is made on its event loop, where alone many clients can be made. `load` takes the bundle's folder or nothing."""
    asynchronous = any(_is_asynchronous(getattr(kind, name, None)) for name in (method, "load", "__call__"))
    if asynchronous:
        return event_loop.run(_make_on_loop(kind, bundle, init))
    instance = kind(**init)
    _load(instance, bundle)
    return instance


async def _make_on_loop(kind: type, bundle: Path, init: "dict[str, Any]") -> Any:
    instance = kind(**init)
    loading = _load(instance, bundle)
    if inspect.isawaitable(loading):
        await loading
    return instance


def _load(instance: Any, bundle: Path) -> Any:
    load = getattr(instance, "load", None)
    if not callable(load):
        return None
    return load(bundle) if _takes_folder(load) else load()


def _takes_folder(load: Any) -> bool:
    try:
        inspect.signature(load).bind(None)
    except TypeError:
        return False
    except ValueError:  # of native code, which does not tell
        return True
    return True


def _is_asynchronous(method: Any) -> bool:
    return inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)
