"""References: how a person or a URL names a model (`NAME`), one version of it (`NAME:3`), an alias (`NAME@champion`), or data
(`data://NAME@3`, `data://CONNECTION/path`)."""

import re

import msgspec

NAME_RULE = (
    "1 to 64 characters: lower-case letters, digits, '-', '_' and '.', first and last a letter or digit, no '..'"
)
ALIAS_RULE = "1 to 64 characters: letters, digits, '-', '_' and '.', first a letter or digit"

DATA_SCHEME = "data://"
JOB_SCHEME = "job://"
"""How a reference to data begins."""
MOST_DATA_PATH = 1024
"""The most characters of a path in a reference to data."""

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,62}(?<![._-])|[a-z0-9]")
_ALIAS = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
MOST_VERSIONS = 999_999_999
"""The highest number that a version may have."""
_VERSION = re.compile(r"[1-9][0-9]{0,8}")


class InvalidReference(ValueError):
    """The text names no model; the message says which rule it breaks."""


class Reference(msgspec.Struct, frozen=True):
    """A parsed reference: at most one of `version` and `alias` is set; neither means "by release"."""

    name: str
    version: int | None = None
    alias: str | None = None

    def __str__(self) -> str:
        if self.version is not None:
            return f"{self.name}:{self.version}"
        return f"{self.name}@{self.alias}" if self.alias is not None else self.name


class DataReference(msgspec.Struct, frozen=True):
    """A parsed reference to data: at most one of `version` and `path` is set."""

    name: str
    """The name of a dataset, a connection or a binding."""
    version: int | None = None
    """The version of a dataset; None: the latest."""
    path: str = ""
    """The place in a connection: a file, a folder, a table."""

    def __str__(self) -> str:
        suffix = f"/{self.path}" if self.path else f"@{self.version}" if self.version is not None else ""
        return f"{DATA_SCHEME}{self.name}{suffix}"


def is_name(text: str) -> bool:
    """Whether `text` may name a model. Such a name is safe in a path, a URL and a metric label."""
    return _NAME.fullmatch(text) is not None


def is_alias(text: str) -> bool:
    """Whether `text` may be an alias."""
    return _ALIAS.fullmatch(text) is not None


def parse_version(text: str) -> int:
    """A version number from its text; raises InvalidReference."""
    if _VERSION.fullmatch(text) is None:
        raise InvalidReference(f"{_shown(text)} is no version number; versions are 1, 2, 3 …")
    return int(text)


def parse_reference(text: str) -> Reference:
    """Read `NAME`, `NAME:3` or `NAME@alias`; raises InvalidReference, which says what is wrong."""
    if "@" in text:
        name, _, alias = text.partition("@")
        if not is_alias(alias):
            raise InvalidReference(f"{_shown(alias)} is no alias: {ALIAS_RULE}")
        reference = Reference(name, alias=alias)
    elif ":" in text:
        name, _, version = text.partition(":")
        reference = Reference(name, version=parse_version(version))
    else:
        reference = Reference(text)
    if not is_name(reference.name):
        raise InvalidReference(f"{_shown(reference.name)} is no model name: {NAME_RULE}")
    return reference


def is_data_path(text: str) -> bool:
    """Whether `text` may name a place in a connection: relative, of plain parts, nothing that leaves where the connection leads."""
    parts = text.removesuffix("/").split("/")
    return len(text) <= MOST_DATA_PATH and all(_is_path_part(part) for part in parts)


def parse_data_reference(text: str) -> DataReference:
    """Read `data://NAME`, `data://NAME@3` or `data://CONNECTION/path`; raises InvalidReference, which says what is wrong."""
    if not text.startswith(DATA_SCHEME):
        raise InvalidReference(f"{_shown(text)} does not begin with {DATA_SCHEME}")
    address, slash, path = text.removeprefix(DATA_SCHEME).partition("/")
    name, at, number = address.partition("@")
    if not is_name(name):
        raise InvalidReference(f"{_shown(name)} is no name of data: {NAME_RULE}")
    if at and slash:
        raise InvalidReference(
            f"{_shown(text)} has a version and a path; datasets have versions, connections have paths"
        )
    if slash and not is_data_path(path):
        raise InvalidReference(
            f"{_shown(path)} is no path in a connection: relative, without '.', '..' and empty parts"
        )
    return DataReference(name, version=parse_version(number) if at else None, path=path)


class JobReference(msgspec.Struct, frozen=True):
    """Files that a job left: `job://ID/PATH`; without a path all of them."""

    job: str
    path: str = ""


def parse_job_reference(text: str) -> JobReference:
    """Read `job://ID` or `job://ID/PATH`, of a file or a folder; raises InvalidReference, which says what is wrong."""
    job, slash, path = text.removeprefix(JOB_SCHEME).partition("/")
    if not text.startswith(JOB_SCHEME) or not job.isalnum() or not job.isascii():
        raise InvalidReference(f"{_shown(text)} is no {JOB_SCHEME}ID/PATH")
    path = path.removesuffix("/")
    if slash and path and not is_data_path(path):
        raise InvalidReference(
            f"{_shown(path)} is no path of a job's files: relative, without '.', '..' and empty parts"
        )
    return JobReference(job, path=path)


def _is_path_part(part: str) -> bool:
    return part not in ("", ".", "..") and part.isprintable() and "\\" not in part


def _shown(text: str) -> str:
    """A foreign text, short and harmless enough to stand in a message."""
    return ascii(text if len(text) <= 80 else text[:77] + "...")
