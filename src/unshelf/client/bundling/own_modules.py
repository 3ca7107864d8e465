"""Names of the author's own modules that would not be found in a worker, where installed modules come first."""

import ast
import sys
from collections.abc import Iterable
from pathlib import Path

from unshelf.client.bundling.files import BundleSource
from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.distributions import providers_of_package
from unshelf.client.packages.imports import imports_of


def notes_on_names(contents: Iterable[BundleSource]) -> list[str]:
    """Return notes on own modules that bear the name of an installed package's module.

    Here the folder of a script comes first, in a worker last, so that no file of a bundle hides a package. Raises InvalidModel
    where own code imports a module that bears the name of one of Python's own: it would get that one."""
    sources = {content.path: content.source for content in contents if content.path.endswith(".py")}
    own = _top_level_modules(sources)
    if not own:
        return []
    notes = []
    imported = {path: _top_level_imports(source) for path, source in sources.items() if isinstance(source, Path)}
    for name, file in sorted(own.items()):
        importers = sorted(path for path, names in imported.items() if name in names)
        if not importers:
            continue
        if name in sys.stdlib_module_names:
            raise InvalidModel(
                f"{file} has the name of Python's own module {name!r}, and `import {name}` in {importers[0]} gets that one in a worker.",
                hint=f"Rename {file}, or import it from a package of your own.",
            )
        if providers := [each for each in providers_of_package(name) if each.lower() != "unshelf"]:
            notes.append(
                f"{file} has the name of a module of the installed package {providers[0]}: where that is in the environment, "
                f"`import {name}` in {importers[0]} gets the package's. Rename yours to be sure."
            )
    return notes


def _top_level_modules(paths: Iterable[str]) -> dict[str, str]:
    """Return the modules and packages at the bundle's root and in its `src` folder, each with its file."""
    found: dict[str, str] = {}
    for path in paths:
        parts = path.removeprefix("src/").split("/")
        if len(parts) == 1 or parts[1:] == ["__init__.py"]:
            found[parts[0].removesuffix(".py")] = path
    return found


def _top_level_imports(source: Path) -> set[str]:
    try:
        tree = ast.parse(source.read_bytes())
    except (SyntaxError, ValueError):
        return set()
    # Relative imports name the package they stand in, never a module at the root: here a name that no module has.
    return {name.partition(".")[0] for name in imports_of(tree, "-.-.-.-.-.-.-.-").modules}
