"""Which third-party modules a model made Python import: the list that a warm process imports in advance."""

import os
import sys
import sysconfig


def third_party_modules() -> list[str]:
    """Names of imported modules that lie in the environment's site-packages and can be imported again by that name."""
    paths = sysconfig.get_paths()
    roots = tuple(os.path.realpath(paths[name]) + os.sep for name in ("purelib", "platlib"))
    names = []
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        if (
            spec is None or spec.name != name or not name.isascii()
        ):  # an alias, or made at run time: not importable by name
            continue
        places = [spec.origin] if spec.has_location else list(spec.submodule_search_locations or [])
        if any(os.path.realpath(place).startswith(roots) for place in places if place):
            names.append(name)
    return sorted(names)
