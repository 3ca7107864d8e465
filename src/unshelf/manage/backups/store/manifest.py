"""Manifests: what a backup holds, and how its files are put together from what the place stores."""

import zlib
from collections.abc import Iterable
from typing import Literal

import msgspec

FORMAT = 1
Reason = Literal["asked", "scheduled", "command", "upgrade"]
Scope = Literal["all", "database"]
KeyState = Literal["sealed", "plain", "without"]


class BackupManifest(msgspec.Struct, frozen=True, kw_only=True):
    """One backup."""

    id: str
    """Sorts by the time it was begun."""
    made_at: str
    """When it was begun, as ISO 8601 in UTC: the moment whose state it holds."""
    program: str
    """Version of the program that made it."""
    revision: str
    """Revision of the database's tables."""
    database: str
    """sqlite or postgresql."""
    reason: Reason
    scope: Scope
    """all, or the database alone: blobs and records then lie in the home folder that it was made of."""
    key: KeyState
    """How the keys of the installation are kept: sealed with a passphrase, plain, or not at all."""
    home: str
    """The home folder that it was made of."""
    index: list[str]
    """Digests of the parts of the list of files."""
    files: int
    bytes: int
    """Size of all files."""
    new_bytes: int
    """Bytes that the place did not have yet."""
    installation: str = ""
    """Identity of the installation that it was made of; empty: an earlier release made it."""
    format: int = FORMAT


class BackedUpFile(msgspec.Struct, frozen=True, array_like=True):
    """A file of a backup."""

    path: str
    """`database/…`, `blobs/DIGEST`, `predictions/…`, `deferred/…` or `keys`."""
    size: int
    parts: list[str]
    """Digests of what it is made of, in order."""


_encode_files = msgspec.msgpack.Encoder().encode
_decode_files = msgspec.msgpack.Decoder(list[BackedUpFile]).decode


def encode_index(files: Iterable[BackedUpFile]) -> bytes:
    """Return a list of files as the place stores it."""
    return zlib.compress(_encode_files(list(files)), 1)


def decode_index(content: bytes) -> list[BackedUpFile]:
    """Return the list of files. Raises ValueError."""
    try:
        return _decode_files(zlib.decompress(content))
    except (zlib.error, msgspec.DecodeError) as error:
        raise ValueError(f"the list of files can't be read: {error}") from error
