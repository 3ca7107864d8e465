"""Files of a folder that go into a bundle: those that git does not ignore, nothing secret, nothing from outside the folder."""

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from unshelf.client.bundling.git import unignored_files
from unshelf.client.errors import InvalidModel
from unshelf.contracts.bundle import MAX_FILES, BundleFile, is_bundle_path

CHUNK_BYTES = 1 << 20
_SKIPPED_FOLDERS = frozenset({
    ".git", ".hg", ".svn", "__pycache__", ".venv", "venv", ".tox", ".nox", ".mypy_cache", ".pytest_cache", ".ruff_cache",
    ".ipynb_checkpoints", "node_modules", ".idea", ".vscode", ".unshelf",
})  # fmt: skip
_SKIPPED_FILES = ("*.pyc", ".DS_Store", "*.swp", ".gitignore", ".gitattributes")
_SECRETS = (
    ".env", ".env.*", "*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore", "id_rsa*", "id_dsa*", "id_ecdsa*",
    "id_ed25519*", ".netrc", ".pgpass", ".pypirc", ".htpasswd", "credentials", "credentials.json", "secrets.*", "admin-token",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class BundleSource:
    """The bytes of one file of a bundle to be: on disk, or made here and small."""

    path: str
    """Inside the bundle."""
    sha256: str
    size: int
    source: Path | bytes

    @property
    def entry(self) -> BundleFile:
        """The file's line in the manifest."""
        return BundleFile(path=self.path, sha256=self.sha256, size=self.size)

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes, in pieces."""
        if isinstance(self.source, bytes):
            yield self.source
            return
        with self.source.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk


def content_of_file(path: str, source: Path) -> BundleSource:
    """Return a file on disk as content; it is read once, in pieces, for its digest. Raises InvalidModel when it can't be read."""
    if not is_bundle_path(path):
        raise InvalidModel(
            f"{path!r} can't be a path in a bundle.", hint="Rename it: no control characters or backslashes."
        )
    digest = hashlib.sha256()
    size = 0
    try:
        with source.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
                size += len(chunk)
    except OSError as error:
        raise InvalidModel(f"{source} can't be read: {error.strerror}.") from error
    return BundleSource(path=path, sha256=digest.hexdigest(), size=size, source=source)


def content_of_bytes(path: str, data: bytes) -> BundleSource:
    """Return bytes made here as content."""
    return BundleSource(path=path, sha256=hashlib.sha256(data).hexdigest(), size=len(data), source=data)


def collect(
    folder: Path, *, only: list[str] | None = None, keep: tuple[str, ...] = ()
) -> tuple[list[BundleSource], list[str]]:
    """Return the files below `folder` that belong in a bundle, sorted by path, and warnings about those left out.

    `only` are glob patterns of paths to take, whatever git ignores; without it, all that git does not ignore. `keep` are
    paths taken in any case. Raises InvalidModel for a link that leaves the folder, too many files, unreadable ones."""
    warnings: list[str] = []
    ignored: list[str] = []
    wanted: list[str] = []
    # No file at all means that git ignores the folder itself, which says nothing about the files in it.
    unignored = set(unignored_files(folder) or []) if only is None else set()
    for path in _walk(folder):
        name = PurePosixPath(path).name
        selected = only is None or any(_matches(path, pattern) for pattern in only)
        if path in keep:
            wanted.append(path)
        elif not selected or any(fnmatchcase(name, pattern) for pattern in _SKIPPED_FILES):
            continue
        elif unignored and path not in unignored:
            ignored.append(path)
        elif _looks_secret(name):
            warnings.append(f"{path} looks like a secret and was left out.")
        else:
            wanted.append(path)
        if len(wanted) > MAX_FILES:
            raise InvalidModel(
                f"{folder} holds more than {MAX_FILES} files.",
                hint="Name the ones the model needs: `files = [...]` under [model] in unshelf.toml.",
            )
    if ignored:
        shown = ", ".join(ignored[:3]) + (" …" if len(ignored) > 3 else "")
        warnings.append(f"Left out because git ignores it: {shown}. `files` under [model] takes what you name.")
    return [content_of_file(path, folder / path) for path in sorted(wanted)], warnings


def _walk(folder: Path) -> Iterator[str]:
    root = folder.resolve()
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED_FOLDERS)
        for name in [*folders, *files]:
            path = Path(here, name)
            inside = path.relative_to(folder).as_posix()
            if path.is_symlink():
                _check_link(path, inside, root)
            elif name in files and not path.is_file():
                raise InvalidModel(f"{inside} is no regular file.", hint="Sockets, pipes and devices can't be bundled.")
            if name in files:
                yield inside


def _check_link(path: Path, inside: str, root: Path) -> None:
    target = path.resolve()
    if not target.exists():
        raise InvalidModel(f"{inside} is a link to {target}, which is not there.", hint="Remove the link or mend it.")
    if not target.is_relative_to(root):
        raise InvalidModel(
            f"{inside} is a link that leaves the folder, to {target}.",
            hint="Copy the file into the folder: a bundle holds everything it needs.",
        )
    if target.is_dir():
        raise InvalidModel(f"{inside} is a link to a folder.", hint="Put the folder itself there.")


def _matches(path: str, pattern: str) -> bool:
    """Match a path with a pattern: `src/` takes everything below it; others match the whole path, and `*` also crosses folders."""
    return fnmatchcase(path, pattern) or path.startswith(pattern.rstrip("/") + "/")


def _looks_secret(name: str) -> bool:
    lower = name.lower()
    if lower in (".env.example", ".env.sample", ".env.template"):
        return False
    return any(fnmatchcase(lower, pattern) for pattern in _SECRETS) and not lower.endswith((".pub", ".py"))
