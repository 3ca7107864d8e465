"""Requirements as people write them: lists, and files in pip's format with what they include, each with its place for messages."""

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from unshelf.client.bundling.text_files import read_ascii_text
from unshelf.client.errors import InvalidModel

_OPTION = re.compile(r"(--[a-z][a-z-]*|-[a-zA-Z])(?:\s*=\s*|\s+|)(.*)")
_HASH = re.compile(r"\s--hash(?:\s*=\s*|\s+)(\S+)")
_STRONG_HASH = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_ADDRESS = re.compile(r"(?:git|hg|svn|bzr)\+|[A-Za-z][A-Za-z0-9+.-]*://|file:")
_ARCHIVE = re.compile(r"\.(?:whl|zip|tar\.gz|tgz|tar\.bz2|tar\.xz)(?:#.*)?$", re.IGNORECASE)
_CONDA_LIST = re.compile(r"[\w.-]+=[\w.!+-]+=[\w.-]+")
_CONDA_BUILD = re.compile(
    r"@\s*file://.*(?:/croot/|/feedstock_root/|/conda-bld/|/ci_\d+/|/perseverance-python-buildout/)"
)
_PUBLIC_INDEXES = frozenset({"https://pypi.org/simple", "https://pypi.python.org/simple"})
_MOST_FILES = 50

_IGNORED = {
    "--prefer-binary": "has no effect: wheels are taken wherever there are any",
    "--use-feature": "has no effect: it is about pip",
    "--no-cache-dir": "has no effect: it is about pip",
    "--disable-pip-version-check": "has no effect: it is about pip",
}
_REFUSED = {
    "--pre": "Name the version that is wanted, as in `name==2.0rc1`.",
    "--no-binary": "The server takes wheels where there are any. Give your own wheel of the package: `./name-1.0-py3-none-any.whl`.",
    "--only-binary": "The server takes wheels where there are any; take the line out.",
}
_INDEX_OPTIONS = frozenset({"--extra-index-url", "--find-links", "-f", "--no-index", "--trusted-host"})


@dataclass(frozen=True, kw_only=True)
class WrittenRequirement:
    """One requirement, and where it stands."""

    text: str
    """As it was written, without pip's options, variables replaced."""
    origin: str
    """`requirements.txt, line 3`."""
    parsed: Requirement | None = None
    """None for a path or address without a name."""
    source: str | None = None
    """The path or address that the package comes from; None: an index."""
    editable: bool = False
    folder: Path = Path()
    """The folder that a relative path counts from."""
    hashes: tuple[str, ...] = ()
    """`sha256:…`: the package's file has one of them."""

    @property
    def name(self) -> str:
        """The normalised name; empty for a path or address without one."""
        return canonicalize_name(self.parsed.name) if self.parsed is not None else ""

    @property
    def line(self) -> str:
        """The requirement as a manifest has it."""
        return " ".join([self.text, *(f"--hash={each}" for each in self.hashes)])


@dataclass(kw_only=True)
class WrittenRequirements:
    """Requirements that somebody wrote, with what only bounds others."""

    requirements: list[WrittenRequirement] = field(default_factory=list)
    constraints: list[WrittenRequirement] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def parse_requirements(lines: Iterable[str], *, folder: Path, origin: str) -> WrittenRequirements:
    """Return the requirements of a list that is no file: of `unshelf.toml`, of a command line. Raises InvalidModel."""
    reader = _Reader()
    for line in lines:
        reader.take(line, origin, folder)
    return reader.found


def read_requirements(path: Path) -> WrittenRequirements:
    """Return the requirements of a file in pip's format, and of those that it includes. Raises InvalidModel, which names the line."""
    reader = _Reader()
    reader.read(path, path.name)
    reader.finish(path.name)
    return reader.found


class _Reader:
    def __init__(self) -> None:
        self.found = WrittenRequirements()
        self._files: list[Path] = []
        self._into = self.found.requirements
        self._needs_hashes = ""

    def read(self, path: Path, shown: str, *, origin: str = "") -> None:
        """Read a file, each once."""
        if not path.is_file():
            raise InvalidModel(f"{origin or shown}: there is no file {path}.", hint="Mend the name or add the file.")
        if (whole := path.resolve()) in self._files:
            return
        self._files.append(whole)
        if len(self._files) > _MOST_FILES:
            raise InvalidModel(f"{shown} includes more than {_MOST_FILES} files.")
        text, assumed = read_ascii_text(path)
        if assumed:
            self.found.notes.append(f"{shown} is no UTF-8; it was read as {assumed}.")
        _refuse_conda(shown, text)
        for number, line in _logical_lines(text):
            self.take(line, f"{shown}, line {number}", path.parent)

    def finish(self, shown: str) -> None:
        """Check what concerns the file as a whole."""
        bare = [each.text for each in self.found.requirements if not each.hashes and each.source is None]
        if bare and self._needs_hashes:
            raise InvalidModel(
                f"{self._needs_hashes}: --require-hashes asks for a hash of every package, and {bare[0]!r} has none.",
                hint="Write the file with `uv pip compile --generate-hashes` or `pip-compile --generate-hashes`.",
            )
        if bare and any(each.hashes for each in self.found.requirements):
            self.found.notes.append(
                f"{shown} gives hashes for some packages and none for {', '.join(bare[:5])}{' …' if len(bare) > 5 else ''}: "
                "of these the lock takes the hashes that the index tells."
            )

    def take(self, line: str, origin: str, folder: Path) -> None:
        """Take one line, an option or a requirement."""
        line = _expanded(line.strip(), origin)
        if line.startswith("-"):
            self._take_option(line, origin, folder)
        elif line:
            self._into.append(_requirement(line, origin, folder))

    def _take_option(self, line: str, origin: str, folder: Path) -> None:
        match = _OPTION.fullmatch(line)
        option, value = (match[1], match[2].strip().strip("\"'")) if match else (line.split(maxsplit=1)[0], "")
        if option in ("-r", "--requirement", "-c", "--constraint"):
            self._include(value, origin, folder, constraint=option in ("-c", "--constraint"))
        elif option in ("-e", "--editable"):
            self._into.append(replace(_requirement(value, origin, folder), editable=True))
        elif option == "--require-hashes":
            self._needs_hashes = self._needs_hashes or origin
        elif option in ("-i", "--index-url", "--pypi-url"):
            if value.rstrip("/") not in _PUBLIC_INDEXES:
                raise _index_refused(option, value, origin)
            self.found.notes.append(f"{origin}: {option} is the public index; the server's own indexes are asked.")
        elif option in _INDEX_OPTIONS:
            raise _index_refused(option, value, origin)
        elif option in _IGNORED:
            self.found.notes.append(f"{origin}: {option} {_IGNORED[option]}.")
        else:
            hint = _REFUSED.get(option, "Write one requirement a line, `name==1.0`; options of pip are not known here.")
            raise InvalidModel(f"{origin}: {option} in requirements can't be followed.", hint=hint)

    def _include(self, value: str, origin: str, folder: Path, *, constraint: bool) -> None:
        if "://" in value:
            raise InvalidModel(f"{origin}: a file at an address can't be included.", hint="Put a copy beside it.")
        if not value:
            raise InvalidModel(f"{origin}: the name of a file is missing.")
        before = self._into
        if constraint:
            self._into = self.found.constraints
        self.read(folder / value, value, origin=origin)
        self._into = before


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line with its number, continued ones joined, comments and what is empty left out."""
    begun, number = "", 0
    for place, line in enumerate(text.split("\n"), start=1):
        number = number if begun else place
        if line.endswith("\\") and not re.match(r"\s*#", line):
            begun += line[:-1] + " "
            continue
        whole = re.sub(r"(^|\s)#.*$", "", begun + line).strip()
        begun = ""
        if whole:
            yield number, whole
    if begun.strip():
        yield number, begun.strip()


def _requirement(line: str, origin: str, folder: Path) -> WrittenRequirement:
    hashes = tuple(match[1].lower() for match in _HASH.finditer(line))
    text = _HASH.sub("", line).strip()
    if weak := [each for each in hashes if not _STRONG_HASH.fullmatch(each)]:
        raise InvalidModel(
            f"{origin}: {weak[0][:80]!r} is no hash.", hint="A hash is sha256:, sha384: or sha512: and its hex digits."
        )
    if option := re.search(r"\s(--?[a-z][\w-]*)", text):
        raise InvalidModel(f"{origin}: {option[1]} of a requirement can't be followed.", hint="Only --hash is known.")
    if _CONDA_LIST.fullmatch(text):
        raise _conda_list(origin, text)
    if _ADDRESS.match(text) or _is_path(text):
        return WrittenRequirement(text=text, origin=origin, source=text, folder=folder, hashes=hashes)
    try:
        parsed = Requirement(text)
    except InvalidRequirement as error:
        raise InvalidModel(
            f"{origin}: {text!r} is no requirement: {str(error).splitlines()[0]}.",
            hint='Write them as in requirements.txt: "scikit-learn==1.9.1".',
        ) from error
    return WrittenRequirement(text=text, origin=origin, parsed=parsed, source=parsed.url, folder=folder, hashes=hashes)


def _is_path(text: str) -> bool:
    where = text.partition(";")[0].strip()
    return (
        where.startswith((".", "/", "~"))
        or (bool(_ARCHIVE.search(where)) and "@" not in where)
        or ("/" in where and "@" not in where)
    )


def _expanded(line: str, origin: str) -> str:
    def value(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise InvalidModel(
                f"{origin}: the environment variable {match[1]} is not set here.", hint="Set it and deploy again."
            )
        return os.environ[match[1]]

    return _VARIABLE.sub(value, line)


def _index_refused(option: str, value: str, origin: str) -> InvalidModel:
    parts = urlsplit(value)
    address = f"{parts.scheme}://{parts.hostname or ''}{parts.path}" if parts.scheme and parts.hostname else value
    return InvalidModel(
        f"{origin}: {option} {address} can't be followed: the server asks the indexes that it is set up with.".replace(
            "  ", " "
        ),
        hint="Take the line out, and have the server started with UV_INDEX (or UV_DEFAULT_INDEX, UV_FIND_LINKS) set to that "
        "address; or give the packages themselves as wheels: `./name-1.0-py3-none-any.whl`.",
    )


def _refuse_conda(shown: str, text: str) -> None:
    found = [number for number, line in _logical_lines(text) if _CONDA_BUILD.search(line)]
    if found:
        more = f" and {len(found) - 1} more" if len(found) > 1 else ""
        raise InvalidModel(
            f"{shown} is the `pip freeze` of a conda environment: on line {found[0]}{more} stands a folder of the machine that built "
            "conda's package.",
            hint="Write the versions instead: `pip list --format=freeze > requirements.txt`.",
        )
    if re.search(r"^@EXPLICIT\s*$", text, re.MULTILINE):
        raise InvalidModel(
            f"{shown} is a list of conda packages (`conda list --explicit`), which pip and uv can't install.",
            hint="Write the Python packages: `pip list --format=freeze > requirements.txt`.",
        )


def _conda_list(origin: str, text: str) -> InvalidModel:
    return InvalidModel(
        f"{origin}: {text!r} is a conda package with its build, as `conda list --export` writes it; pip and uv can't install it.",
        hint="Write the Python packages: `pip list --format=freeze > requirements.txt`.",
    )
