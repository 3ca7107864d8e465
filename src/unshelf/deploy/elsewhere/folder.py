"""Folders and buckets that are watched for files of records, as values."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from unshelf.deploy.elsewhere.messages import RecordColumns

EVERY_SECONDS = range(60, 86_400 * 7 + 1)
FileState = Literal["taken", "damaged"]


@dataclass(frozen=True, kw_only=True)
class FolderOrder:
    """A folder to watch."""

    model: str
    data: str
    every_seconds: int
    columns: RecordColumns


@dataclass(frozen=True, kw_only=True)
class RecordFolder:
    """A folder that is watched."""

    id: str
    model: str
    project: str
    data: str
    every_seconds: int
    next_at: datetime
    looked_at: datetime | None
    problem: str
    """Why the last look failed; empty: it did not."""
    files: int
    damaged: int
    accepted: int
    created_at: datetime
    created_by: str


@dataclass(frozen=True, kw_only=True)
class RecordFile:
    """A file of such a folder."""

    path: str
    state: FileState
    accepted: int
    duplicates: int
    refused: int
    reason: str
    taken_at: datetime
