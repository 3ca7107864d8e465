"""What a model's environment needs, pinned to what is installed here: frameworks, data libraries, imports of bundled code."""

import ast
import re
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.distributions import distributions_of
from unshelf.contracts.signature import Columns, Signature

_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?=$|[\[<>=!~;@(\s])")
_CONTAINER_LIBRARIES = {"numpy": "numpy", "pandas": "pandas", "polars": "polars"}


def normalise(name: str) -> str:
    """A distribution's name as registries compare it: `Scikit_Learn` → `scikit-learn`."""
    return re.sub(r"[-_.]+", "-", name).lower()


def name_of(requirement: str) -> str:
    """The normalised name a PEP 508 requirement begins with. Raises InvalidModel."""
    found = _NAME.match(requirement)
    if found is None:
        raise InvalidModel(
            f"{requirement!r} is no requirement.", hint='Write them as in requirements.txt: "scikit-learn==1.9.1".'
        )
    return normalise(found[1])


def parse_requirements(text: str) -> list[str]:
    """The requirements of a requirements.txt. Raises InvalidModel for pip's options, which a lock has no place for."""
    lines = (re.sub(r"(^|\s)#.*$", "", line).strip() for line in text.replace("\\\n", " ").splitlines())
    found = []
    for line in filter(None, lines):
        if line.startswith("-"):
            raise InvalidModel(
                f"{line.split()[0]} in a requirements file can't be followed.",
                hint="Name the packages themselves; indexes are set by the server's UV_* or PIP_* environment.",
            )
        name_of(line)
        found.append(re.sub(r"\s+--hash=\S+", "", line))
    return found


def container_libraries(signature: Signature | None) -> list[str]:
    """The library that holds the rows a model is given."""
    if signature is None:
        return []
    if isinstance(signature.inputs, Columns):
        library = _CONTAINER_LIBRARIES.get(signature.inputs.container)
        return [library] if library else []
    return ["numpy"]


def imported_distributions(sources: Iterable[tuple[str, Path]]) -> list[str]:
    """The installed distributions that Python files (bundle path, file) import, standard library and each other aside."""
    files = [(path, source) for path, source in sources if path.endswith(".py")]
    own = {path.split("/")[0].removesuffix(".py") for path, _ in files}
    modules = {module for _, source in files for module in _imported_modules(source)}
    return distributions_of(modules - own)


def pin(names: Iterable[str], given: Iterable[str] = ()) -> tuple[list[str], list[str]]:
    """The `names` at their installed versions, with `given` requirements added and put in place of theirs; and notes.

    A name that is not installed stays unpinned, with a note: the lock then takes the newest."""
    by_name = {name_of(requirement): requirement for requirement in given}
    notes: list[str] = []
    for name in sorted({normalise(name) for name in names} - set(by_name)):
        by_name[name], note = _pinned(name)
        notes += note
    return [by_name[name] for name in sorted(by_name)], notes


def python_version() -> str:
    """The running interpreter's minor version, `3.11`, which the environment shares."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _pinned(name: str) -> tuple[str, list[str]]:
    try:
        distribution = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return name, [f"{name} is not installed here, so its version is not pinned: the newest that fits is taken."]
    # A local label (torch 2.13.0+cpu) names a build that other machines may not find; the version itself matches it.
    version = distribution.version.partition("+")[0]
    if '"dir_info"' in (distribution.read_text("direct_url.json") or ""):
        return f"{name}=={version}", [
            f"{name} is installed here from a folder; an index may not have version {version}. `code` bundles your own files."
        ]
    return f"{name}=={version}", []


def _imported_modules(source: Path) -> set[str]:
    try:
        tree = ast.parse(source.read_bytes(), filename=str(source))
    except (SyntaxError, ValueError):
        # Whether the file is ever imported is for the check to see, which then tells the error with its line.
        return set()
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.partition(".")[0])
    return found
