"""The files that a step gets: its module with those of the folder that it imports, and whatever is no Python.

A step's key is made of exactly these files, and its job has no other: to change a module that a step does not import leaves its cached
values as they are, and nothing that could change a value is left out of the key."""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from unshelf.client.bundling.files import BundleSource
from unshelf.client.jobs.call import PROGRAM
from unshelf.client.packages.imports import imports_of


def files_of_step(contents: Iterable[BundleSource], entry: str) -> list[str]:
    """Return the paths of a step's files among those of the folder, the program that calls it first.

    Where code imports modules whose names are only known when it runs, all files are its own."""
    sources = {each.path: each for each in contents}
    modules = {path for path in sources if path.endswith(".py")}
    reached = _reached(sources, modules, entry)
    python = modules if reached is None else reached
    return [PROGRAM, *sorted(path for path in sources if path != PROGRAM and (path in python or path not in modules))]


def _reached(sources: Mapping[str, BundleSource], modules: set[str], entry: str) -> set[str] | None:
    """Return the modules that a module imports, and so on; None: nobody can tell."""
    root = _root_of(modules, entry)
    found: set[str] = set()
    left = [entry]
    while left:
        path = left.pop()
        if path in found:
            continue
        found.add(path)
        left += [each for each in _packages_of(modules, path) if each not in found]
        source = sources[path].source
        try:
            tree = ast.parse(source.read_bytes() if isinstance(source, Path) else source)
        except (OSError, SyntaxError, ValueError):
            return None
        imports = imports_of(tree, _package_of(path, root))
        if imports.computed_lines:
            return None
        for name in imports.modules:
            left += [each for each in _paths_of(name, modules, {root, ""}) if each not in found]
    return found


def _root_of(modules: set[str], path: str) -> str:
    """Return the folder that a module is imported from: the one above its packages."""
    folder = PurePosixPath(path).parent
    while (folder / "__init__.py").as_posix() in modules and folder.name:
        folder = folder.parent
    return "" if folder.as_posix() == "." else folder.as_posix()


def _package_of(path: str, root: str) -> str:
    inside = PurePosixPath(path).relative_to(root) if root and path.startswith(f"{root}/") else PurePosixPath(path)
    return ".".join(inside.parent.parts)


def _packages_of(modules: set[str], path: str) -> list[str]:
    """Return the `__init__.py` of the packages that a module lies in."""
    return [
        found for parent in PurePosixPath(path).parents if (found := (parent / "__init__.py").as_posix()) in modules
    ]


def _paths_of(name: str, modules: set[str], roots: set[str]) -> list[str]:
    place = name.replace(".", "/")
    for root in roots:
        base = f"{root}/{place}" if root else place
        found = [path for path in (f"{base}.py", f"{base}/__init__.py") if path in modules]
        if found:
            return found
    return []
