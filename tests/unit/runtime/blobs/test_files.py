"""Blobs as files: whole or not there, under their digests, and swept where a writer was killed."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from unshelf.contracts.errors import BodyTooLarge, MalformedRequest, NotFound
from unshelf.runtime.blobs.files import FileBlobs
from unshelf.runtime.blobs.port import CHUNK_BYTES, BlobSettings

CONTENT = b"the content"
DIGEST = hashlib.sha256(CONTENT).hexdigest()
OTHER = hashlib.sha256(b"other").hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "blobs"


@pytest.fixture
def blobs(folder: Path) -> FileBlobs:
    return FileBlobs.from_settings(BlobSettings(setting="files", folder=folder))


def files_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_blob_lies_under_its_digest(blobs: FileBlobs, folder: Path) -> None:
    assert blobs.put(DIGEST, [CONTENT[:3], CONTENT[3:]], limit=100) == len(CONTENT)
    assert blobs.read(DIGEST) == CONTENT
    assert files_in(folder) == [f"{DIGEST[:2]}/{DIGEST}"]


def test_a_large_blob_is_read_in_chunks(blobs: FileBlobs) -> None:
    content = bytes(CHUNK_BYTES) + b"x"
    digest = hashlib.sha256(content).hexdigest()
    blobs.put(digest, [content], limit=len(content))
    assert [len(chunk) for chunk in blobs.chunks(digest)] == [CHUNK_BYTES, 1]


def test_what_is_missing_is_named_once_in_its_order(blobs: FileBlobs) -> None:
    assert blobs.missing([OTHER, DIGEST, OTHER]) == [OTHER, DIGEST]
    blobs.put(DIGEST, [CONTENT], limit=100)
    assert blobs.missing([OTHER, DIGEST, OTHER]) == [OTHER]


def test_a_put_that_fails_leaves_nothing(blobs: FileBlobs, folder: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield CONTENT
        raise ConnectionResetError

    with pytest.raises(MalformedRequest):
        blobs.put(OTHER, [CONTENT], limit=100)
    with pytest.raises(BodyTooLarge):
        blobs.put(DIGEST, [CONTENT], limit=3)
    with pytest.raises(ConnectionResetError):
        blobs.put(DIGEST, broken(), limit=100)
    assert files_in(folder) == []


def test_a_failed_put_leaves_the_blob_that_was_there(blobs: FileBlobs) -> None:
    blobs.put(DIGEST, [CONTENT], limit=100)
    with pytest.raises(MalformedRequest):
        blobs.put(DIGEST, [b"changed"], limit=100)
    assert blobs.read(DIGEST) == CONTENT


def test_a_blob_that_is_not_there_is_not_found_and_can_be_deleted(blobs: FileBlobs) -> None:
    with pytest.raises(NotFound, match=DIGEST):
        blobs.read(DIGEST)
    blobs.delete([DIGEST])
    blobs.put(DIGEST, [CONTENT], limit=100)
    blobs.delete([DIGEST, OTHER])
    assert list(blobs.stored()) == []


@pytest.mark.parametrize("wrong", ["", "abc", "../../etc/passwd", DIGEST.upper(), DIGEST + "0"])
def test_what_is_no_digest_never_becomes_a_path(blobs: FileBlobs, wrong: str) -> None:
    with pytest.raises(MalformedRequest, match="no SHA-256 digest"):
        blobs.put(wrong, [CONTENT], limit=100)
    for look in (blobs.read, lambda digest: blobs.missing([digest]), lambda digest: blobs.delete([digest])):
        with pytest.raises(MalformedRequest):
            look(wrong)


def test_every_stored_blob_has_the_time_of_its_last_put(blobs: FileBlobs, folder: Path) -> None:
    assert list(blobs.stored()) == [], "no folder yet"
    blobs.put(DIGEST, [CONTENT], limit=100)
    os.utime(folder / DIGEST[:2] / DIGEST, (100, 100))
    assert list(blobs.stored()) == [(DIGEST, 100.0)]
    blobs.put(DIGEST, [CONTENT], limit=100)
    ((_, moment),) = blobs.stored()
    assert moment > 100


def test_what_killed_writers_left_goes_when_it_is_old(blobs: FileBlobs, folder: Path) -> None:
    blobs.discard_unfinished()
    blobs.check()
    for name, age in (("old", 1), ("new", 4_000_000_000)):
        path = folder / ".incoming" / name
        path.write_bytes(b"half")
        os.utime(path, (age, age))
    assert list(blobs.stored()) == []
    blobs.discard_unfinished()
    assert files_in(folder) == [".incoming/new"]
