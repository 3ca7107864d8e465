"""Lock files of other tools as requirements with exact versions and hashes: uv.lock, poetry.lock, Pipfile.lock."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit, urlunsplit

from packaging.markers import InvalidMarker, Marker

from unshelf.client.bundling.text_files import read_text
from unshelf.client.bundling.unshelf_toml import read_toml
from unshelf.client.errors import InvalidModel


def lines_of_uv_lock(path: Path, environment: Mapping[str, str]) -> list[str]:
    """Return what the project of a `uv.lock` needs in this environment, without its groups for development. Raises InvalidModel."""
    packages = [each for each in read_toml(path).get("package", []) if isinstance(each, dict)]
    roots = [each for each in packages if each.get("source") in ({"virtual": "."}, {"editable": "."})]
    if len(roots) != 1:
        raise InvalidModel(f"{path.name} has no project of this folder.", hint="Write it again: uv lock.")
    waiting = list(_applying(roots[0].get("dependencies"), environment))
    found: dict[str, str] = {}
    taken: dict[str, set[str]] = {}
    while waiting:
        entry = waiting.pop()
        package = _locked(packages, entry, path)
        name = str(package["name"])
        extras = {str(each) for each in entry.get("extra", [])} - taken.get(name, set())
        further = [each for extra in extras for each in (package.get("optional-dependencies") or {}).get(extra, [])]
        if name not in found:
            found[name] = _uv_line(package, path)
            further += package.get("dependencies") or []
        taken.setdefault(name, set()).update(extras)
        waiting += _applying(further, environment)
    return [found[name] for name in sorted(found)]


def lines_of_poetry_lock(path: Path) -> list[str]:
    """Return the packages of the main group of a `poetry.lock`. Raises InvalidModel."""
    lines = []
    for package in read_toml(path).get("package", []):
        groups = package.get("groups") or [package.get("category", "main")]
        if "main" not in groups or package.get("optional"):
            continue
        source = package.get("source") or {}
        where = {"git": "git", "url": "url", "file": "path", "directory": "path"}.get(str(source.get("type")))
        name, version = package["name"], package["version"]
        target: str | None
        if where == "git":
            target = _from_git(
                str(source["url"]), str(source.get("resolved_reference") or source.get("reference") or "")
            )
        else:
            target = str(source["url"]) if where else None
        hashes = [str(file["hash"]) for file in package.get("files", []) if "hash" in file]
        markers = package.get("markers")
        marker = markers.get("main", "") if isinstance(markers, dict) else str(markers or "")
        lines.append(_line(name, version, target, marker=marker, hashes=hashes))
    return lines


def lines_of_pipfile_lock(path: Path) -> list[str]:
    """Return the default packages of a `Pipfile.lock`. Raises InvalidModel."""
    try:
        packages = json.loads(read_text(path)).get("default") or {}
    except ValueError as error:
        raise InvalidModel(f"{path.name} is no JSON: {error}.", hint="Write it again: pipenv lock.") from error
    lines = []
    for name, entry in packages.items():
        target = None
        if "git" in entry:
            target = _from_git(str(entry["git"]), str(entry.get("ref") or ""))
        elif "path" in entry or "file" in entry:
            target = str(entry.get("path") or entry["file"])
        whole = f"{name}[{','.join(entry['extras'])}]" if entry.get("extras") else name
        version = str(entry.get("version", "")).removeprefix("==")
        hashes = [str(each) for each in entry.get("hashes", [])]
        lines.append(_line(whole, version, target, marker=str(entry.get("markers", "")), hashes=hashes))
    return lines


def _applying(entries: Any, environment: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for entry in entries or []:
        try:
            if "marker" not in entry or Marker(entry["marker"]).evaluate(dict(environment)):
                yield entry
        except InvalidMarker:
            yield entry


def _locked(packages: list[dict[str, Any]], entry: Mapping[str, Any], path: Path) -> dict[str, Any]:
    for package in packages:
        if package["name"] == entry["name"] and entry.get("version", package.get("version")) == package.get("version"):
            return package
    raise InvalidModel(
        f"{path.name} asks for {entry['name']}, which is not locked in it.", hint="Write it again: uv lock."
    )


def _uv_line(package: Mapping[str, Any], path: Path) -> str:
    source = package.get("source") or {}
    name, version = str(package["name"]), str(package.get("version", ""))
    if "registry" in source:
        files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
        return _line(name, version, None, hashes=[str(file["hash"]) for file in files if "hash" in file])
    if "git" in source:
        parts = urlsplit(str(source["git"]))
        folder = parse_qs(parts.query).get("subdirectory", [""])[0]
        target = _from_git(urlunsplit(parts._replace(query="", fragment="")), parts.fragment)
        return _line(name, version, target + (f"#subdirectory={folder}" if folder else ""))
    for kind in ("url", "path", "directory", "editable"):
        if kind in source:
            return _line(name, version, str(source[kind]))
    raise InvalidModel(
        f"{path.name}: where {name} comes from can't be followed: {', '.join(source) or 'nothing is said'}.",
        hint="Give requirements: `uv export > requirements.txt`.",
    )


def _from_git(address: str, commit: str) -> str:
    whole = address if address.startswith("git+") else f"git+{address}"
    return f"{whole}@{commit}" if commit else whole


def _line(name: str, version: str, target: str | None, *, marker: str = "", hashes: list[str] | None = None) -> str:
    """Return a line of requirements; the hashes are those of files in an index."""
    condition = f" ; {marker}" if marker else ""
    if target is not None:
        local = target if "://" in target or target.startswith((".", "/")) else f"./{target}"
        return f"{name} @ {local}{condition}"
    strong = [each for each in hashes or [] if each.startswith(("sha256:", "sha384:", "sha512:"))]
    return " ".join(
        [f"{name}=={version}{condition}" if version else name + condition, *(f"--hash={each}" for each in strong)]
    )
