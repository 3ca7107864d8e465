"""What every blob store promises (foundation/blobs.py), on every backend: a new one adds one line to BACKENDS."""

import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from unshelf.foundation.blob_files import FileBlobs
from unshelf.foundation.blobs import Blobs
from unshelf.foundation.errors import BodyTooLarge, MalformedRequest, NotFound

BACKENDS: dict[str, Callable[[Path], Blobs]] = {"files": FileBlobs}
LIMIT = 10_000_000


@pytest.fixture(params=sorted(BACKENDS))
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Blobs:
    return BACKENDS[request.param](tmp_path / "blobs")


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_is_put_is_read_back_whole(blobs: Blobs) -> None:
    content = bytes(range(256)) * 1000
    assert blobs.put(digest_of(content), [content[:7], content[7:]], limit=LIMIT) == len(content)
    assert blobs.read(digest_of(content)) == content


def test_an_empty_blob_is_a_blob(blobs: Blobs) -> None:
    assert blobs.put(digest_of(b""), [], limit=LIMIT) == 0
    assert blobs.read(digest_of(b"")) == b""


def test_missing_names_each_absent_digest_once_in_order(blobs: Blobs) -> None:
    here, absent, other = digest_of(b"here"), digest_of(b"absent"), digest_of(b"other")
    blobs.put(here, [b"here"], limit=LIMIT)
    assert blobs.missing([other, here, absent, other]) == [other, absent]


def test_putting_twice_changes_nothing(blobs: Blobs) -> None:
    for _ in range(2):
        assert blobs.put(digest_of(b"same"), [b"same"], limit=LIMIT) == 4
    assert [digest for digest, _ in blobs.stored()] == [digest_of(b"same")]


def test_other_bytes_than_the_digest_says_are_refused_and_leave_nothing(blobs: Blobs, tmp_path: Path) -> None:
    with pytest.raises(MalformedRequest, match=digest_of(b"other")):
        blobs.put(digest_of(b"wanted"), [b"other"], limit=LIMIT)
    assert blobs.missing([digest_of(b"wanted")]) == [digest_of(b"wanted")]
    assert everything(tmp_path) == []


def test_more_than_the_limit_is_refused_before_it_is_all_read(blobs: Blobs, tmp_path: Path) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * 1000

    with pytest.raises(BodyTooLarge):
        blobs.put(digest_of(b"x"), endless(), limit=5_000)
    assert read == 6
    assert everything(tmp_path) == []


def test_a_sender_that_breaks_off_leaves_nothing(blobs: Blobs, tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield b"the beginning"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        blobs.put(digest_of(b"whole"), broken(), limit=LIMIT)
    assert everything(tmp_path) == []


@pytest.mark.parametrize(
    "digest", ["", "abc", "../../etc/passwd", "A" * 64, "g" * 64, "a" * 63, "a" * 65, "a" * 63 + "\n"]
)
def test_only_a_digest_addresses_a_blob(blobs: Blobs, digest: str, tmp_path: Path) -> None:
    with pytest.raises(MalformedRequest, match="no SHA-256 digest"):
        blobs.put(digest, [b"x"], limit=LIMIT)
    with pytest.raises(MalformedRequest):
        blobs.read(digest)
    with pytest.raises(MalformedRequest):
        blobs.missing([digest])
    assert everything(tmp_path) == []


def test_reading_what_is_not_there(blobs: Blobs) -> None:
    with pytest.raises(NotFound):
        blobs.read(digest_of(b"never stored"))


def test_deleted_is_gone_and_deleting_again_is_a_no_op(blobs: Blobs) -> None:
    kept, dropped = digest_of(b"kept"), digest_of(b"dropped")
    blobs.put(kept, [b"kept"], limit=LIMIT)
    blobs.put(dropped, [b"dropped"], limit=LIMIT)
    for _ in range(2):
        blobs.delete([dropped])
    assert blobs.missing([kept, dropped]) == [dropped]


def test_many_put_the_same_at_once(blobs: Blobs) -> None:
    content = b"popular" * 10_000
    sizes: list[int] = []
    threads = [
        threading.Thread(target=lambda: sizes.append(blobs.put(digest_of(content), [content], limit=LIMIT)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == [len(content)] * 8
    assert blobs.read(digest_of(content)) == content


def test_what_a_killed_process_left_half_written_is_swept_out(tmp_path: Path) -> None:
    blobs = FileBlobs(tmp_path)
    blobs.put(digest_of(b"whole"), [b"whole"], limit=LIMIT)
    (tmp_path / ".incoming" / "half").write_bytes(b"ha")
    blobs.discard_unfinished()
    assert [path.name for path in everything(tmp_path)] == [digest_of(b"whole")]
