"""Datasets and names of data, as services know them."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import msgspec

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.protocols.data import ColumnProfile, DataFormat

NameKind = Literal["dataset", "connection", "binding"]
_SUFFIXES: dict[str, DataFormat] = {".parquet": "parquet", ".csv": "csv", ".csv.gz": "csv"}


@dataclass(frozen=True, kw_only=True)
class DataName:
    """A name that `data://` leads to."""

    name: str
    kind: NameKind
    project: str
    description: str
    last_version: int
    created_at: datetime
    created_by: str


@dataclass(frozen=True, kw_only=True)
class DatasetVersion:
    """One version of a dataset."""

    name: str
    number: int
    digest: str
    format: DataFormat
    files: list[BundleFile]
    bytes: int
    rows: int | None
    """None: the files hold no rows that we read."""
    profile: list[ColumnProfile] | None
    preview: list[list[Any]] | None
    created_at: datetime
    created_by: str
    job: str | None = None
    """The id of the job whose output it was; None: it was uploaded."""


@dataclass(frozen=True, kw_only=True)
class DataUse:
    """Something that uses a version of a dataset."""

    dataset_version: int
    reference: str
    """The model's version: `credit-risk:3`."""
    role: str
    """`baseline` or `example`."""


def digest_of(files: Sequence[BundleFile]) -> str:
    """Return the digest of a dataset's content: the SHA-256 of the list of its files, by path."""
    listed = [[file.path, file.sha256, file.size] for file in sorted(files, key=lambda file: file.path)]
    return hashlib.sha256(msgspec.json.encode(listed)).hexdigest()


def format_of(paths: Sequence[str]) -> DataFormat:
    """Return how files hold rows, by their suffixes: all Parquet, or all CSV; else we read none of them."""
    formats = {_format_of(path.lower()) for path in paths}
    return formats.pop() if len(formats) == 1 else "files"


def _format_of(path: str) -> DataFormat:
    return next((form for suffix, form in _SUFFIXES.items() if path.endswith(suffix)), "files")
