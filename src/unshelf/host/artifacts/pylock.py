"""Locks: exact packages with hashes (pylock.toml, PEP 751), read, verified and completed. `locks` runs this in a process of its own."""

import hashlib
import json
import platform
import re
import sysconfig
import tomllib
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from unshelf.host.packages.addresses import PYPI_FILES, PYPI_PLACE, location

MAX_LOCK_BYTES = 8 << 20
_MOST_DOTS = 16
_QUOTED = re.compile(r"""\"(?:[^"\\\n]|\\[^\n])*+"?|'[^'\n]*+'?|#[^\n]*+""")
"""A string or a comment, ended or not: each is gone over once."""
_BETWEEN_KEYS = re.compile(r"[=,{}\[\]\n]")
_IGNORED_FIELDS = frozenset({"created-by", "index", "size", "tool", "upload-time", "url"})
_STRONG = frozenset({"sha256", "sha384", "sha512"})
_PACKAGE = re.compile(r"^[ \t]*\[\[[ \t]*packages[ \t]*\]\][ \t\r]*$", re.MULTILINE)
_OF_A_PATCH = re.compile(r"""^([ \t]*requires-python[ \t]*=[ \t]*["']>=[ \t]*3\.\d+)\.\d+(["'])""", re.MULTILINE)
_INDEX = re.compile(r"^[ \t]*index[ \t]*=[^\n]*\n?", re.MULTILINE)


class LockRefused(Exception):
    """The lock can't be used; the message says why. With a hint, it is a sentence of its own; without, it is about the file."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


def read_lock(text: str, *, trusted: Sequence[str] | None = None) -> dict[str, Any]:
    """Read and verify a lock; raises LockRefused.

    `trusted`: for a lock that came with a bundle, the addresses that the server itself is set up with (indexes, folders of
    wheels, hosts): only files from there are fetched. None: the lock was made here."""
    content = _parse(text)
    packages = content.get("packages")
    if content.get("lock-version") != "1.0" or not isinstance(packages, list):
        raise LockRefused('it has no `lock-version = "1.0"` or no `packages`')
    for package in packages:
        if not isinstance(package, dict) or not isinstance(package.get("name"), str):
            raise LockRefused("a package has no name")
        if not isinstance(package.get("version", ""), str):
            raise LockRefused(f"the version of {package['name']!r} is no text")
        _check_package(package, trusted)
    return content


def _parse(text: str) -> dict[str, Any]:
    if len(text) > MAX_LOCK_BYTES:
        raise LockRefused("it is larger than 8 MiB")
    # Keys of many parts take the parser a time that grows with their square, here and wherever the lock is read again.
    if '"""' in text or "'''" in text:
        raise LockRefused("it has a string of several lines")
    if any(piece.count(".") > _MOST_DOTS for piece in _BETWEEN_KEYS.split(_QUOTED.sub("", text))):
        raise LockRefused(f"a key has more than {_MOST_DOTS} parts")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of too many digits is a ValueError of its own
        raise LockRefused(f"it is no TOML: {error}") from error


def environment_hash(content: dict[str, Any], python: str) -> str:
    """The name of the environment that this lock makes with this full Python version, on a platform like this one.

    It follows from what is installed: two locks of the same files share an environment, although an index may tell a
    file's size one day and not the next, and a mirror has addresses of its own."""
    parts = (json.dumps(_without_hearsay(content), sort_keys=True, default=str), python, platform_tag())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def naming_index(text: str, content: dict[str, Any], index: str) -> str:
    """A verified lock's text with `index` (an address) for each package that names none; nothing else changes.

    uv finds a file that it fetched before by its package's index, and leaves that index out of the locks it makes where it is
    the default. Then it asks for every file again, and where a mirror says nothing of caching, fetches and unpacks all of them."""
    packages = content["packages"]
    headings = list(_PACKAGE.finditer(text))
    if len(headings) != len(packages):  # inline tables, or a heading inside a string: it installs as it is
        return text
    parts, end = [], 0
    for heading, package in zip(headings, packages, strict=True):
        parts.append(text[end : heading.end()])
        end = heading.end()
        if "index" not in package and _is_of_an_index(package):
            parts.append(f"\nindex = {json.dumps(index)}")
    return "".join([*parts, text[end:]])


def without_index(text: str, content: dict[str, Any]) -> str:
    """A verified lock's text without the indexes that its packages name: what is kept under an index's name is found by everyone
    who installs from that index, so a lock that came with a bundle may not say which one that is. Raises LockRefused."""
    if not any("index" in package for package in content["packages"]):
        return text
    bare = _INDEX.sub("", text)
    if any("index" in package for package in _parse(bare).get("packages", [])):
        raise LockRefused("a package names its index in the midst of a line; leave `index` out")
    return bare


def for_any_patch(text: str) -> str:
    """Return a lock as every patch release of its minor version of Python installs it.

    uv notes the very release that it resolved for. An environment is made again on machines that have another, and wheels fit them all."""
    head, *packages = _PACKAGE.split(text, maxsplit=1)
    return text.replace(head, _OF_A_PATCH.sub(r"\1\2", head), 1) if packages else _OF_A_PATCH.sub(r"\1\2", text)


def _is_of_an_index(package: dict[str, Any]) -> bool:
    files = [*_tables(package.get("wheels")), *_tables([package.get("sdist")])]
    return bool(files) and all(urlsplit(str(file.get("url"))).scheme in {"http", "https"} for file in files)


def _without_hearsay(value: Any) -> Any:
    """A lock's content without what an index says about a file beside its hashes."""
    if isinstance(value, dict):
        return {key: _without_hearsay(inner) for key, inner in value.items() if key not in _IGNORED_FIELDS}
    return [_without_hearsay(inner) for inner in value] if isinstance(value, list) else value


def platform_tag() -> str:
    """Name the platform that wheels must fit: operating system, processor and C library."""
    library, version = platform.libc_ver()
    return f"{sysconfig.get_platform()}-{library}{version}"


def _check_package(package: dict[str, Any], trusted: Sequence[str] | None) -> None:
    name = package["name"]
    for kind in ("vcs", "directory"):
        if kind in package:
            raise LockRefused(f"{name!r} comes from a {kind}, which has no hash")
    files = [*_tables(package.get("wheels")), *_tables([package.get("sdist")]), *_tables([package.get("archive")])]
    if not files:
        raise LockRefused(f"{name!r} has no wheel, sdist or archive")
    for file in files:
        hashes = file.get("hashes")
        if not isinstance(hashes, dict) or not _STRONG & hashes.keys():
            raise LockRefused(f"a file of {name!r} has no sha256")
        if trusted is not None and not _may_fetch(file, trusted):
            raise LockRefused(f"{_place_of(file)}, where a file of {name!r} is said to lie, is no index of this server")


def _place_of(file: dict[str, Any]) -> str:
    url = file.get("url")
    if not isinstance(url, str):
        return f"the path {str(file.get('path'))[:200]!a}"
    found = location(url)
    return found[1] if found else url[:200]


def _tables(values: Any) -> list[dict[str, Any]]:
    return [value for value in values or [] if isinstance(value, dict)] if isinstance(values, list) else []


def _may_fetch(file: dict[str, Any], trusted: Sequence[str]) -> bool:
    url = file.get("url")
    if "path" in file or not isinstance(url, str):
        return False
    place = location(url)
    for address in trusted:
        if place is not None:
            index = location(address)
            if place == index or (index == PYPI_PLACE and place == PYPI_FILES):
                return True
        elif _is_below(url, address):
            return True
    return False


def _is_below(url: str, address: str) -> bool:
    """Whether a file's URL leads into this folder."""
    folder = address.removeprefix("file://").rstrip("/")
    path = unquote(url.removeprefix("file://"))
    return url.startswith("file:///") and folder.startswith("/") and path.startswith(f"{folder}/") and "/.." not in path
