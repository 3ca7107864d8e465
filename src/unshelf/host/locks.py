"""Locks: exact packages with hashes (pylock.toml, PEP 751), made from requirements or given, and verified either way."""

import hashlib
import json
import platform
import re
import sysconfig
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from unshelf.host.failures import HostFailure

MAX_LOCK_BYTES = 8 << 20

# A requirement names a package of an index. Options, paths, URLs and uv's ${VARIABLES} would let a deployer make the server
# read files or call addresses of his choice.
_REQUIREMENT = re.compile(
    r"\s*[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\s*"
    r"(?:\[[A-Za-z0-9._,\s-]*\]\s*)?"
    r"(?:\(?\s*[<>=!~][A-Za-z0-9.,*+!<>=~_\s-]*\)?\s*)?"
    r"(?:;[^\x00-\x1f$\\#@/]*)?"
)
_ARCHIVE_NAME = re.compile(r"\.(whl|zip|tar\.gz|tgz|txt|in|toml)\s*$", re.IGNORECASE)
_HEARSAY = frozenset({"created-by", "index", "size", "tool", "upload-time", "url"})
_STRONG = frozenset({"sha256", "sha384", "sha512"})
_PACKAGE = re.compile(r"^[ \t]*\[\[[ \t]*packages[ \t]*\]\][ \t\r]*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Lock:
    """A pylock.toml that was read and verified."""

    text: str
    packages: list[str]
    """`name==version`, in the lock's order."""
    index: str = ""
    """The address of the index that its packages come from where they name none. Empty for a lock that came with a bundle: it may
    have files of any address, and what is kept under an index's name is found by whoever installs from that index."""

    def environment_hash(self, python: str) -> str:
        """The name of the environment that this lock makes with this full Python version, on a platform like this one.

        It follows from what is installed: two locks of the same files share an environment, although an index may tell a
        file's size one day and not the next, and a mirror has addresses of its own."""
        content = _without_hearsay(tomllib.loads(self.text))
        parts = (json.dumps(content, sort_keys=True, default=str), python, platform_tag())
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def naming_index(text: str, index: str) -> str:
    """A verified lock's text with `index` (an address) for each package that names none; nothing else changes.

    uv finds a file that it fetched before by its package's index, and leaves that index out of the locks it makes where it is
    the default. Then it asks for every file again, and where a mirror says nothing of caching, fetches and unpacks all of them."""
    packages = tomllib.loads(text)["packages"]
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


def _is_of_an_index(package: dict[str, Any]) -> bool:
    files = [*_tables(package.get("wheels")), *_tables([package.get("sdist")])]
    return bool(files) and all(urlsplit(str(file.get("url"))).scheme in {"http", "https"} for file in files)


def _without_hearsay(value: Any) -> Any:
    """A lock's content without what an index says about a file beside its hashes."""
    if isinstance(value, dict):
        return {key: _without_hearsay(inner) for key, inner in value.items() if key not in _HEARSAY}
    return [_without_hearsay(inner) for inner in value] if isinstance(value, list) else value


def platform_tag() -> str:
    """What decides which wheels fit: operating system, processor and C library."""
    library, version = platform.libc_ver()
    return f"{sysconfig.get_platform()}-{library}{version}"


def check_requirements(requirements: Sequence[str]) -> None:
    """Refuse whatever is no plain requirement on a package of the index; raises `lock_failed`."""
    for requirement in requirements:
        plain = _REQUIREMENT.fullmatch(requirement) is not None and re.search(r"\s-", requirement) is None
        if not plain or _ARCHIVE_NAME.search(requirement):
            raise HostFailure(
                "lock_failed",
                f"the requirement {requirement[:200]!a} is not a package of an index with a version",
                hint="Write `name>=1.2,<2`. Put own code into the bundle, and packages of your own into an index.",
                step="lock",
            )


def read_lock(text: str, *, trusted: Sequence[str] | None = None) -> Lock:
    """Read and verify a lock; raises `lock_failed`.

    `trusted`: for a lock that came with a bundle, the addresses the server itself is set up with (indexes, folders of wheels):
    only these may be fetched without TLS or from this machine's files. None: the lock was made here."""
    if len(text) > MAX_LOCK_BYTES:
        raise _refusal("it is larger than 8 MiB")
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refusal(f"it is no TOML: {error}") from error
    packages = content.get("packages")
    if content.get("lock-version") != "1.0" or not isinstance(packages, list):
        raise _refusal('it has no `lock-version = "1.0"` or no `packages`')
    for package in packages:
        if not isinstance(package, dict) or not isinstance(package.get("name"), str):
            raise _refusal("a package has no name")
        _check_package(package, trusted)
    return Lock(text=text, packages=[f"{package['name']}=={package.get('version', '')}" for package in packages])


def _check_package(package: dict[str, Any], trusted: Sequence[str] | None) -> None:
    name = package["name"]
    for kind in ("vcs", "directory"):
        if kind in package:
            raise _refusal(f"{name!r} comes from a {kind}, which has no hash")
    files = [*_tables(package.get("wheels")), *_tables([package.get("sdist")]), *_tables([package.get("archive")])]
    if not files:
        raise _refusal(f"{name!r} has no wheel, sdist or archive")
    for file in files:
        hashes = file.get("hashes")
        if not isinstance(hashes, dict) or not _STRONG & hashes.keys():
            raise _refusal(f"a file of {name!r} has no sha256")
        if trusted is not None and not _may_fetch(file, trusted):
            raise _refusal(f"a file of {name!r} is neither at an https address nor in an index of this server")


def _tables(values: Any) -> list[dict[str, Any]]:
    return [value for value in values or [] if isinstance(value, dict)]


def _may_fetch(file: dict[str, Any], trusted: Sequence[str]) -> bool:
    url = file.get("url")
    if "path" in file or not isinstance(url, str):
        return False
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    if "/.." in url or "%" in parts.netloc:
        return False
    for address in trusted:
        other = urlsplit(address if "://" in address else f"file://{address}")
        if parts.scheme == other.scheme == "file" and parts.path.startswith(other.path.rstrip("/") + "/"):
            return True
        if parts.scheme == other.scheme and parts.netloc and parts.netloc == other.netloc:
            return True
    return False


def _refusal(reason: str) -> HostFailure:
    return HostFailure(
        "lock_failed",
        f"the lock file can't be used: {reason}",
        hint="Make it with `uv pip compile --format pylock.toml --generate-hashes`, or give requirements and let the server lock them.",
        step="lock",
    )
