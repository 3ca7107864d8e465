"""Hashes in requirements (`--hash=sha256:…`): only files that have one of them stay in the lock."""

import datetime
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from unshelf.host.artifacts.pylock import LockRefused

_HASH = re.compile(r"\s--hash=(sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128})(?=\s|$)")
_NAME = re.compile(r"\s*([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)")


def split_hashes(requirements: Sequence[str]) -> tuple[list[str], dict[str, set[str]]]:
    """Return the requirements without their hashes, and the hashes (`sha256:…`) by normalised name."""
    plain: list[str] = []
    hashes: dict[str, set[str]] = {}
    for requirement in requirements:
        plain.append(_HASH.sub("", requirement))
        found = {match[1] for match in _HASH.finditer(requirement)}
        if found and (name := _NAME.match(requirement)):
            hashes.setdefault(_normal(name[1]), set()).update(found)
    return plain, hashes


def keep_hashed_files(lock: str, hashes: Mapping[str, set[str]]) -> str:
    """Return a lock whose packages named in `hashes` have only files with one of these hashes.

    Raises LockRefused for a package of which no such file is left."""
    content = tomllib.loads(lock) if hashes else {}
    changed = False
    for package in content.get("packages", []):
        wanted = hashes.get(_normal(package["name"]))
        if wanted:
            changed = _keep(package, wanted) or changed
    return _written(content) if changed else lock


def _keep(package: dict[str, Any], wanted: set[str]) -> bool:
    """Take out the package's other files; whether there were any."""
    wheels, single = package.get("wheels", []), [kind for kind in ("sdist", "archive") if kind in package]
    kept = [wheel for wheel in wheels if _has(wheel, wanted)]
    others = [kind for kind in single if not _has(package[kind], wanted)]
    if not kept and len(others) == len(single):
        raise LockRefused(
            f"No file of {package['name']} {package.get('version', '')} in the package index has a hash that the requirements give.",
            hint="Compare the --hash lines with the files of that version: the index has others, or the hashes are of another version.",
        )
    for kind in others:
        del package[kind]
    if wheels:
        package["wheels"] = kept
    if not kept:
        package.pop("wheels", None)
    return bool(others) or len(kept) < len(wheels)


def _has(file: Mapping[str, Any], wanted: set[str]) -> bool:
    return any(f"{algorithm}:{value}" in wanted for algorithm, value in file.get("hashes", {}).items())


def _written(lock: Mapping[str, Any]) -> str:
    """Write a lock as TOML, its packages as tables of their own."""
    lines = [f"{_key(key)} = {_value(value)}" for key, value in lock.items() if key != "packages"]
    for package in lock["packages"]:
        lines += ["", "[[packages]]", *(f"{_key(key)} = {_value(value)}" for key, value in package.items())]
    return "\n".join(lines) + "\n"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(inner) for inner in value) + "]"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w-]+", key, re.ASCII) else json.dumps(key, ensure_ascii=False)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
