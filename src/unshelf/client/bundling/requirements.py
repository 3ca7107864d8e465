"""Requirements of a model's environment: what people wrote, and what is seen to be needed, pinned to the installed versions."""

import ast
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from itertools import combinations
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from unshelf.client.bundling.files import BundleSource
from unshelf.client.bundling.own_packages import (
    OwnPackage,
    installed_package,
    refuse_other_python,
    written_package,
)
from unshelf.client.bundling.requirements_file import WrittenRequirement, WrittenRequirements
from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.distributions import distributions_of, is_installed
from unshelf.client.packages.imports import Imports, imports_of
from unshelf.contracts.signature import Columns, Signature

_CONTAINER_LIBRARIES = {
    "numpy": "numpy", "vector": "numpy", "arrays": "numpy", "pandas": "pandas", "series": "pandas", "polars": "polars",
    "polars_series": "polars",
}  # fmt: skip
_LEFT_TO_THE_LOCK = "{} is needed and not named there, so its version is left to the lock."
_MADE_FOR_OTHERS = frozenset({"numpy", "scipy"})
"""Packages that a framework of another version may want in another version than the installed one."""


@dataclass(kw_only=True)
class Requirements:
    """Requirements and bounds that the environment of a bundle is locked from."""

    lines: list[str] = field(default_factory=list)
    """As the manifest has them."""
    constraints: list[str] = field(default_factory=list)
    wheels: list[BundleSource] = field(default_factory=list)
    """Packages that no index has."""
    python: str | None = None
    """The Python version that a project file asks for."""
    notes: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class SeenPackages:
    """Distributions that a model was seen to need."""

    names: list[str] = field(default_factory=list)
    made_with: Mapping[str, str] = field(default_factory=dict)
    """Versions that the model's file says it was made with."""
    pinned: bool = True
    """Whether they are pinned to the installed versions; not beside a file that tells the versions of what it names."""
    notes: list[str] = field(default_factory=list)


def container_libraries(signature: Signature | None) -> list[str]:
    """Return the libraries that hold the rows a model is given."""
    if signature is None:
        return []
    if isinstance(signature.inputs, Columns):
        libraries = {_CONTAINER_LIBRARIES.get(signature.inputs.container)}
        for column in signature.inputs.columns:
            libraries |= {"pyarrow"} if column.dtype and "arrow" in column.dtype else set()
            libraries |= {"numpy"} if column.items and column.items.startswith("ndarray") else set()
            libraries |= {"pillow"} if column.items and column.items.startswith("image") else set()
            libraries |= {"pandas"} if column.missing in ("na", "nat") else set()
            zoned = column.type == "datetime" and "/" in f"{column.dtype} {column.items}"
            # Where the machine has no time zones of its own, Python and pandas take this package's.
            libraries |= {"tzdata"} if zoned and is_installed("tzdata") else set()
        return sorted(library for library in libraries if library)
    return ["numpy"]


def imported_distributions(sources: Iterable[tuple[str, Path]]) -> tuple[list[str], list[str]]:
    """Return the installed distributions that Python files (bundle path, file) import, standard library and each other aside.

    With it notes: on modules that nothing installed here provides, and on imports whose names only running code knows."""
    files = [(path, source) for path, source in sources if path.endswith(".py")]
    own = {path.removeprefix("src/").split("/")[0].removesuffix(".py") for path, _ in files} | {"src"}
    wanted: set[str] = set()
    notes: list[str] = []
    for path, source in files:
        found = _imports_of_file(path, source)
        needed = {name for name in found.modules if name.partition(".")[0] not in own}
        wanted |= needed
        missing = {name.partition(".")[0] for name in needed - found.optional if not is_installed(name)}
        notes += [f"{path} imports {name}, which nothing installed here provides." for name in sorted(missing)]
        notes += [
            f"{path}, line {line}: what is imported here is only known when it runs; name its package in the requirements."
            for line in found.computed_lines
        ]
    return distributions_of(wanted), notes


def choose_requirements(seen: SeenPackages, given: WrittenRequirements, *, python: str | None) -> Requirements:
    """Return the `given` requirements, and those seen at their installed versions where none is given in their place.

    A name that is not installed stays unpinned, with a note: the lock then takes the newest. Raises InvalidModel where two
    given ones contradict each other."""
    environment = marker_environment(python)
    refuse_contradictions(given.requirements, environment)
    chosen = Requirements(notes=[*seen.notes, *given.notes], constraints=[each.line for each in given.constraints])
    made_with = _versions_of_makers(seen.made_with)
    lines: dict[str, str] = {}
    applying: set[str] = set()
    for each in given.requirements:
        own = written_package(each) if each.source is not None else None
        name = own.name if own is not None else each.name
        applies = _applies(each, environment)
        if own is not None and applies:
            refuse_other_python(own, environment["python_version"])
        lines[_taken(own, chosen) if own is not None else each.line] = name
        if applies:
            applying.add(name)
    for name in sorted({canonicalize_name(name) for name in seen.names} - applying):
        own = installed_package(name)
        if own is not None:
            refuse_other_python(own, environment["python_version"])
            lines[_taken(own, chosen)] = name
            continue
        line, notes = (
            _pinned(name, made_with) if seen.pinned or name in made_with else (name, [_LEFT_TO_THE_LOCK.format(name)])
        )
        lines[line] = name
        chosen.notes += notes
    chosen.notes += _differing_makers(made_with, given.requirements, environment)
    chosen.lines = sorted(lines, key=lambda line: lines[line])
    return chosen


def _taken(package: OwnPackage, chosen: Requirements) -> str:
    """Take a package into the bundle; its line."""
    chosen.wheels.append(package.wheel)
    chosen.notes.append(package.note)
    return package.line


def pin_ranges(written: WrittenRequirements, shown: str) -> bool:
    """Pin, in place, ranges of versions to the installed ones where they allow these, with a note that names the file.

    Returns whether the file tells of what is installed here: no exact version in it is another one."""
    pinned, same = [], True
    for place, each in enumerate(written.requirements):
        here = _installed(each.name) if each.parsed is not None and each.source is None else None
        if here is None or each.parsed is None or each.hashes:
            continue
        if any(mark.operator in ("==", "===") and not mark.version.endswith(".*") for mark in each.parsed.specifier):
            same = same and each.parsed.specifier.contains(here, prereleases=True)
        elif each.parsed.specifier.contains(here, prereleases=True):
            extras = f"[{','.join(sorted(each.parsed.extras))}]" if each.parsed.extras else ""
            marker = f" ; {each.parsed.marker}" if each.parsed.marker else ""
            written.requirements[place] = replace(each, text=f"{each.name}{extras}=={here}{marker}")
            pinned.append(f"{each.name}=={here}")
    if pinned:
        written.notes.append(f"What {shown} leaves open is as installed here: {', '.join(pinned)}.")
    return same


def refuse_contradictions(given: Sequence[WrittenRequirement], environment: Mapping[str, str]) -> None:
    """Raise InvalidModel, naming both lines, where two requirements on one package can't both hold in the environment."""
    applying = [each for each in given if each.parsed is not None and _applies(each, environment)]
    for one, other in combinations(applying, 2):
        if one.name == other.name and _contradict(one, other):
            raise InvalidModel(
                f"{one.origin} ({one.text}) and {other.origin} ({other.text}) contradict each other.",
                hint='Keep one of the two, or give each a marker: `; python_version < "3.12"`.',
            )


def marker_environment(python: str | None) -> dict[str, str]:
    """Return the values of markers for an environment of this Python version, on a machine like this one."""
    version = python or python_version()
    minor = ".".join(version.split(".")[:2])
    full = (
        version if version.count(".") == 2 else platform.python_version() if minor == python_version() else f"{minor}.0"
    )
    return {"python_version": minor, "python_full_version": full, "implementation_version": full, "extra": ""}


def python_version() -> str:
    """Return the running interpreter's minor version, `3.11`, which the environment shares."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _applies(each: WrittenRequirement, environment: Mapping[str, str]) -> bool:
    marker = each.parsed.marker if each.parsed is not None else None
    return marker is None or marker.evaluate(dict(environment))


def _contradict(one: WrittenRequirement, other: WrittenRequirement) -> bool:
    if one.source or other.source:
        return one.source is not None and other.source is not None and one.source != other.source
    return _excludes(one.parsed, other.parsed) or _excludes(other.parsed, one.parsed)


def _excludes(pinned: Requirement | None, other: Requirement | None) -> bool:
    """Return whether `pinned` names a version that `other` does not take."""
    if pinned is None or other is None:
        return False
    versions = [each.version for each in pinned.specifier if each.operator == "==" and not each.version.endswith(".*")]
    return any(not other.specifier.contains(version, prereleases=True) for version in versions)


def _versions_of_makers(made_with: Mapping[str, str]) -> dict[str, str]:
    """Return those of the versions that differ from what is installed here."""
    return {
        name: version for name, version in made_with.items() if _is_version(version) and _installed(name) != version
    }


def _pinned(name: str, made_with: Mapping[str, str]) -> tuple[str, list[str]]:
    if version := made_with.get(name):
        here = f"{_installed(name)} is installed" if _installed(name) else "it is not installed"
        return f"{name}=={version}", [
            f"The model was made with {name} {version}, which is taken; {here} here. If that does not work, make the model again "
            f"with the installed version, or give the versions it was made with: --requirement."
        ]
    if made_with and name in _MADE_FOR_OTHERS:
        maker, version = next(iter(made_with.items()))
        return name, [f"{name} is not pinned to the installed version, as the model was made with {maker} {version}."]
    version = _installed(name)
    if version is None:
        return name, [f"{name} is not installed here, so its version is not pinned: the newest that fits is taken."]
    return f"{name}=={version}", []


def _differing_makers(
    made_with: Mapping[str, str], given: Sequence[WrittenRequirement], environment: Mapping[str, str]
) -> list[str]:
    """Return a note for each version of a maker that the given requirements do not take."""
    notes = []
    for each in given:
        version = made_with.get(each.name) if each.parsed is not None else None
        if (
            version
            and each.parsed
            and _applies(each, environment)
            and not each.parsed.specifier.contains(version, prereleases=True)
        ):
            notes.append(
                f"The model was made with {each.name} {version}, and {each.origin} asks for {each.text}: models are not sure to work with "
                f"another version. Ask for {each.name}=={version}, or make the model again with the other."
            )
    return notes


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _is_version(text: str) -> bool:
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def _imports_of_file(path: str, source: Path) -> Imports:
    try:
        tree = ast.parse(source.read_bytes(), filename=str(source))
    except (SyntaxError, ValueError):
        # Whether the file is ever imported is for the check to see, which then tells the error with its line.
        return Imports()
    package = ".".join(path.split("/")[:-1])
    return imports_of(tree, package)
