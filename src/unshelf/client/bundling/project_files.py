"""Requirements that a folder's project files state: read where `unshelf.toml` names none."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from unshelf.client.bundling.lock_files import lines_of_pipfile_lock, lines_of_poetry_lock, lines_of_uv_lock
from unshelf.client.bundling.requirements_file import WrittenRequirements, parse_requirements, read_requirements
from unshelf.client.bundling.text_files import read_text
from unshelf.client.bundling.unshelf_toml import read_toml
from unshelf.client.errors import InvalidModel

FILES = (
    "requirements.txt", "uv.lock", "poetry.lock", "Pipfile.lock", "environment.yml", "environment.yaml", "conda.yaml", "conda.yml",
    "pyproject.toml",
)  # fmt: skip
"""The files, the first that is there counts."""
_CONDA_NAMES = {
    "pytorch": "torch", "pytorch-cpu": "torch", "py-xgboost": "xgboost", "py-xgboost-cpu": "xgboost", "msgpack-python": "msgpack",
    "tensorflow-base": "tensorflow", "matplotlib-base": "matplotlib", "dask-core": "dask", "pyyaml": "pyyaml",
    "python-graphviz": "graphviz", "opencv": "opencv-python-headless", "py-opencv": "opencv-python-headless",
}  # fmt: skip
_NATIVE = re.compile(
    r"_.*|lib.*|cuda.*|cudnn|nccl|mkl|blas|openblas|openssl|ca-certificates|zlib|bzip2|xz|zstd|readline|sqlite|tk|ncurses|"
    r"gcc.*|gxx.*|ld_impl.*|llvm-openmp|intel-openmp|compilers|make|cmake|git|nodejs|r-.*|openjdk|pytorch-cuda|pytorch-mutex|cpuonly"
)
_CONDA_ENTRY = re.compile(r"(?:[\w./:-]+::)?([A-Za-z0-9_][\w.-]*)\s*(.*)")


@dataclass(frozen=True, kw_only=True)
class ProjectFile:
    """A file of the folder that states requirements."""

    name: str
    written: WrittenRequirements
    python: str | None = None
    """The Python version that it asks for."""


def read_project(folder: Path, environment: Mapping[str, str]) -> ProjectFile | None:
    """Return the requirements of the first project file that states some; None without any. Raises InvalidModel."""
    present = [name for name in FILES if (folder / name).is_file()]
    for name in present:
        found = _read(folder / name, environment)
        if found is None:
            continue
        others = [other for other in present if other != name]
        found.written.notes.insert(
            0,
            f"The requirements are those of {name}."
            + (f" Not read: {', '.join(others)}; `requirements` under [environment] chooses." if others else ""),
        )
        return found
    return None


def read_named(path: Path, environment: Mapping[str, str]) -> ProjectFile:
    """Return the requirements of the file that `unshelf.toml` names: one of FILES by its name, else a requirements file."""
    found = _read(path, environment)
    if found is None:
        raise InvalidModel(f"{path.name} states no requirements.", hint="Name another file, or list them.")
    return found


def _read(path: Path, environment: Mapping[str, str]) -> ProjectFile | None:
    if path.name not in FILES or path.suffix == ".txt":
        return ProjectFile(name=path.name, written=read_requirements(path))
    if path.name == "pyproject.toml":
        return _pyproject(path, environment)
    if path.suffix in (".yml", ".yaml"):
        return _conda(path)
    lines = {
        "uv.lock": lambda: lines_of_uv_lock(path, environment),
        "poetry.lock": lambda: lines_of_poetry_lock(path),
        "Pipfile.lock": lambda: lines_of_pipfile_lock(path),
    }[path.name]()
    return ProjectFile(name=path.name, written=parse_requirements(lines, folder=path.parent, origin=path.name))


def _pyproject(path: Path, environment: Mapping[str, str]) -> ProjectFile | None:
    facts = read_toml(path)
    project = facts.get("project") or {}
    if "dependencies" not in project:
        return None
    uv = (facts.get("tool") or {}).get("uv") or {}
    sources: dict[str, Any] = {canonicalize_name(name): source for name, source in (uv.get("sources") or {}).items()}
    plain = parse_requirements(project["dependencies"], folder=path.parent, origin=path.name)
    lines = [
        _with_source(
            each.text, each.name, str(each.parsed.marker or "") if each.parsed else "", sources[each.name], path
        )
        if each.name in sources
        else each.text
        for each in plain.requirements
    ]
    written = parse_requirements(lines, folder=path.parent, origin=path.name)
    left = [*(project.get("optional-dependencies") or {}), *(facts.get("dependency-groups") or {})]
    if left:
        written.notes.append(f"Extras and groups of {path.name} are not taken: {', '.join(left)}.")
    wanted = str(project.get("requires-python") or "")
    if wanted and not _allows(wanted, environment["python_full_version"]):
        written.notes.append(
            f"{path.name} asks for Python {wanted}, and the environment has {environment['python_version']}; `python` sets it."
        )
    return ProjectFile(name=path.name, written=written)


def _with_source(text: str, name: str, marker: str, source: Any, path: Path) -> str:
    """Return a requirement with the place that [tool.uv.sources] says it comes from. Raises InvalidModel for one with no place."""
    if not isinstance(source, dict) or source.keys() & {"index", "workspace"}:
        raise InvalidModel(
            f"{path.name}: [tool.uv.sources] has {name} come from elsewhere than the usual index, which can't be followed.",
            hint="Give `requirements` under [environment]: a wheel of it, or its version and a server that is started with UV_INDEX.",
        )
    extras = match[0] if (match := re.search(r"\[[^\]]*\]", text)) else ""
    if "git" in source:
        revision = next((f"@{source[key]}" for key in ("rev", "tag", "branch") if key in source), "")
        target = f"git+{source['git']}{revision}" + (
            f"#subdirectory={source['subdirectory']}" if "subdirectory" in source else ""
        )
    else:
        target = str(source.get("url") or f"./{source['path']}")
    return f"{name}{extras} @ {target}" + (f" ; {marker}" if marker else "")


def _conda(path: Path) -> ProjectFile | None:
    try:
        facts = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise InvalidModel(f"{path.name} is no YAML: {error}.") from error
    if not isinstance(facts, dict) or not isinstance(facts.get("dependencies"), list):
        return None
    lines: list[str] = []
    left_out: list[str] = []
    python = None
    for entry in facts["dependencies"]:
        if isinstance(entry, dict):
            lines += [str(line) for line in entry.get("pip") or []]
            continue
        match = _CONDA_ENTRY.fullmatch(str(entry).strip())
        name = match[1].lower() if match else str(entry)
        if match is None or _NATIVE.fullmatch(name):
            left_out.append(str(entry))
        elif name == "python":
            python = (re.match(r"\s*=*\s*(3\.\d+(?:\.\d+)?)", match[2]) or [None, None])[1]
        elif name != "pip":
            lines.append(_CONDA_NAMES.get(name, name) + _specifier(match[2], f"{path.name}: {str(entry)!r}"))
    written = parse_requirements(lines, folder=path.parent, origin=path.name)
    written.notes.append(f"conda's packages of {path.name} are taken from the package index, by their names there.")
    if left_out:
        written.notes.append(f"Not taken from {path.name}, as they are no Python packages: {', '.join(left_out)}.")
    return ProjectFile(name=path.name, written=written, python=python)


def _specifier(text: str, entry: str) -> str:
    """Return conda's `=1.26` or `==1.26.4=py311_0` or `>=1,<2` in the form of PEP 440. Raises InvalidModel."""
    text = text.strip()
    if match := re.fullmatch(r"(==?)\s*([\w.!+*-]+?)(?:=([\w.*-]+))?", text):
        exact = match[1] == "==" or match[3] is not None or "*" in match[2]
        text = f"=={match[2]}" if exact else f"=={match[2]}.*"
    try:
        SpecifierSet(text)
    except InvalidSpecifier as error:
        raise InvalidModel(f"{entry} can't be read.", hint="Write name=1.2, name==1.2.3 or name>=1.2.") from error
    return text


def _allows(specifier: str, version: str) -> bool:
    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True
