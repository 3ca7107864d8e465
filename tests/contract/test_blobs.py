"""What every blob store promises (runtime/blobs/port.py), on every backend: a new one adds one line to BACKENDS."""

import hashlib
import multiprocessing
import os
import signal
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.object_store import ObjectStore
from tests.support.waiting import wait_until
from unshelf.contracts.errors import BodyTooLarge, MalformedRequest, NotFound, Unavailable
from unshelf.runtime.blobs.files import FileBlobs
from unshelf.runtime.blobs.port import CHUNK_BYTES, Blobs
from unshelf.runtime.blobs.s3 import S3Blobs
from unshelf.runtime.s3 import BadLocation, Location

LIMIT = 100_000_000
_spawn = multiprocessing.get_context("spawn")  # a fork server would keep the environment that it began with


@dataclass(frozen=True)
class Backend:
    """A backend under test."""

    make: Callable[[], Blobs]
    """Open it, in this process or another."""
    stored: Callable[[], list[str]]
    """The names of all that takes space in it, finished or not."""

    @property
    def blobs(self) -> Blobs:
        return self.make()


class _Files:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self) -> Blobs:
        return FileBlobs(self.folder)


class _S3:
    def __init__(self, url: str, endpoint: str) -> None:
        self.url, self.endpoint = url, endpoint

    def __call__(self) -> Blobs:
        return S3Blobs(Location(self.url, self.endpoint))


def _files(request: pytest.FixtureRequest) -> Backend:
    folder: Path = request.getfixturevalue("tmp_path") / "blobs"
    return Backend(_Files(folder), lambda: [path.name for path in folder.rglob("*") if path.is_file()])


def _s3(request: pytest.FixtureRequest) -> Backend:
    store: ObjectStore = request.getfixturevalue("object_store")
    bucket, files = store.bucket(), store.filesystem()

    def stored() -> list[str]:
        uploads = [upload["Key"] for upload in files.list_multipart_uploads(bucket)]
        return [key.rpartition("/")[2] for key in [*files.find(bucket), *uploads]]

    return Backend(_S3(f"s3://{bucket}/some/prefix", store.endpoint), stored)


BACKENDS: dict[str, Callable[[pytest.FixtureRequest], Backend]] = {"files": _files, "s3": _s3}


@pytest.fixture(params=sorted(BACKENDS))
def backend(request: pytest.FixtureRequest) -> Backend:
    return BACKENDS[request.param](request)


@pytest.fixture
def blobs(backend: Backend) -> Blobs:
    return backend.blobs


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_usable_backend_passes_its_check(blobs: Blobs) -> None:
    blobs.check()
    assert blobs.missing([digest_of(b"x")]) == [digest_of(b"x")]
    assert list(blobs.stored()) == []


def test_what_is_put_is_read_back_whole(blobs: Blobs) -> None:
    content = bytes(range(256)) * 1000
    assert blobs.put(digest_of(content), [content[:7], content[7:]], limit=LIMIT) == len(content)
    assert blobs.read(digest_of(content)) == content


def test_an_empty_blob_is_a_blob(blobs: Blobs) -> None:
    assert blobs.put(digest_of(b""), [], limit=LIMIT) == 0
    assert blobs.missing([digest_of(b"")]) == []
    assert blobs.read(digest_of(b"")) == b""
    assert list(blobs.chunks(digest_of(b""))) == []


@pytest.mark.long
def test_a_large_blob_goes_in_and_out_in_chunks(blobs: Blobs) -> None:
    def parts() -> Iterator[bytes]:
        return (bytes([number]) * CHUNK_BYTES for number in range(48))

    found, whole = hashlib.sha256(), hashlib.sha256()
    for part in parts():
        whole.update(part)
    digest = whole.hexdigest()
    tracemalloc.start()
    try:
        blobs.put(digest, parts(), limit=LIMIT)
        for chunk in blobs.chunks(digest):
            assert 0 < len(chunk) <= CHUNK_BYTES
            found.update(chunk)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found.hexdigest() == digest
    assert peak < 40 * CHUNK_BYTES  # less than the blob


def test_sizes_are_those_of_what_is_stored(blobs: Blobs) -> None:
    contents = (b"", b"five!", b"x" * 100_000)
    for content in contents:
        blobs.put(digest_of(content), [content], limit=LIMIT)
    wanted = [*map(digest_of, contents), digest_of(b"absent")]
    assert blobs.sizes(wanted) == {digest_of(content): len(content) for content in contents}
    assert blobs.sizes([]) == {}


def test_missing_names_each_absent_digest_once_in_order(blobs: Blobs) -> None:
    here, absent, other = digest_of(b"here"), digest_of(b"absent"), digest_of(b"other")
    blobs.put(here, [b"here"], limit=LIMIT)
    assert blobs.missing([other, here, absent, other]) == [other, absent]
    assert blobs.missing([]) == []


def test_putting_twice_changes_nothing(blobs: Blobs) -> None:
    for _ in range(2):
        assert blobs.put(digest_of(b"same"), [b"same"], limit=LIMIT) == 4
    assert [digest for digest, _ in blobs.stored()] == [digest_of(b"same")]


def test_another_process_sees_what_one_has_put(backend: Backend) -> None:
    backend.blobs.put(digest_of(b"shared"), [b"shared"], limit=LIMIT)
    with _spawn.Pool(1) as pool:
        assert pool.apply(_read_elsewhere, (backend.make, digest_of(b"shared"))) == b"shared"


def test_other_bytes_than_the_digest_says_are_refused_and_leave_nothing(backend: Backend, blobs: Blobs) -> None:
    with pytest.raises(MalformedRequest, match=digest_of(b"other")):
        blobs.put(digest_of(b"wanted"), [b"other"], limit=LIMIT)
    assert blobs.missing([digest_of(b"wanted")]) == [digest_of(b"wanted")]
    assert backend.stored() == []


def test_other_bytes_leave_a_stored_blob_as_it_is(blobs: Blobs) -> None:
    digest = digest_of(b"wanted")
    blobs.put(digest, [b"wanted"], limit=LIMIT)
    with pytest.raises(MalformedRequest):
        blobs.put(digest, [b"other!"], limit=LIMIT)
    assert blobs.read(digest) == b"wanted"


@pytest.mark.parametrize("chunk", [1000, CHUNK_BYTES])
def test_more_than_the_limit_is_refused_before_it_is_all_read(backend: Backend, blobs: Blobs, chunk: int) -> None:
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"x" * chunk

    with pytest.raises(BodyTooLarge):
        blobs.put(digest_of(b"x"), endless(), limit=20 * chunk)
    assert read == 21
    assert backend.stored() == []


@pytest.mark.parametrize("begin", [b"the beginning", b"x" * 20 * CHUNK_BYTES])
def test_a_sender_that_breaks_off_leaves_nothing(backend: Backend, blobs: Blobs, begin: bytes) -> None:
    def broken() -> Iterator[bytes]:
        yield begin
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        blobs.put(digest_of(b"whole"), broken(), limit=LIMIT)
    assert backend.stored() == []


@pytest.mark.parametrize(
    "digest", ["", "abc", "../../etc/passwd", "A" * 64, "g" * 64, "a" * 63, "a" * 65, "a" * 63 + "\n"]
)
def test_only_a_digest_addresses_a_blob(backend: Backend, blobs: Blobs, digest: str) -> None:
    with pytest.raises(MalformedRequest, match="no SHA-256 digest"):
        blobs.put(digest, [b"x"], limit=LIMIT)
    for act in (blobs.read, lambda bad: next(blobs.chunks(bad)), lambda bad: blobs.missing([bad])):
        with pytest.raises(MalformedRequest):
            act(digest)
    with pytest.raises(MalformedRequest):
        blobs.delete([digest])
    assert backend.stored() == []


def test_reading_what_is_not_there(blobs: Blobs) -> None:
    with pytest.raises(NotFound):
        blobs.read(digest_of(b"never stored"))
    with pytest.raises(NotFound):
        next(blobs.chunks(digest_of(b"never stored")))


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


@pytest.mark.long
def test_what_a_killed_process_left_half_written_is_invisible_and_swept_out(backend: Backend, blobs: Blobs) -> None:
    blobs.put(digest_of(b"whole"), [b"whole"], limit=LIMIT)
    _leave_half_written(backend)
    assert sorted(backend.stored()) != [digest_of(b"whole")]  # it left something
    assert [digest for digest, _ in blobs.stored()] == [digest_of(b"whole")]
    blobs.discard_unfinished()
    assert len(backend.stored()) == 2  # it may still be under way
    blobs.discard_unfinished(untouched_seconds=-5)
    assert backend.stored() == [digest_of(b"whole")]


@pytest.mark.long
def test_an_upload_that_goes_on_is_not_discarded_however_long_ago_it_began(backend: Backend, blobs: Blobs) -> None:
    """Given a slow sender, when another process sweeps as of before its last piece, then its upload is finished all the same."""
    began = time.monotonic()
    content = b"x" * (12 * CHUNK_BYTES)

    def slowly() -> Iterator[bytes]:
        yield content[: 6 * CHUNK_BYTES]  # more than one part
        wait_until(lambda: time.monotonic() > began + 2.6, what="its time is counted in whole seconds")
        yield content[6 * CHUNK_BYTES :]
        backend.make().discard_unfinished(untouched_seconds=1.5)

    blobs.put(digest_of(content), slowly(), limit=LIMIT)
    assert blobs.missing([digest_of(content)]) == []


@pytest.mark.long
def test_several_processes_may_sweep_at_once(backend: Backend) -> None:
    _leave_half_written(backend)
    assert len(backend.stored()) == 1
    failures: list[Exception] = []
    threads = [threading.Thread(target=_sweep, args=(backend.make, failures)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert backend.stored() == []


@pytest.mark.long
def test_a_server_that_does_not_answer_is_unavailable(object_store: ObjectStore) -> None:
    nobody = S3Blobs(Location("s3://some-bucket", "http://127.0.0.1:9"))
    for act in (nobody.check, lambda: nobody.missing(["a" * 64]), lambda: nobody.read("a" * 64)):
        with pytest.raises(Unavailable):
            act()
    with pytest.raises(Unavailable):
        nobody.put(digest_of(b"x"), [b"x"], limit=LIMIT)


def test_a_bucket_that_is_not_there_fails_the_check(object_store: ObjectStore) -> None:
    with pytest.raises(Unavailable, match="no-such-bucket"):
        S3Blobs(Location("s3://no-such-bucket", object_store.endpoint)).check()


@pytest.mark.parametrize("url", ["s3://", "s3:///", "s3:bucket", "https://bucket/x"])
def test_a_setting_that_names_no_bucket_is_refused(url: str) -> None:
    with pytest.raises(BadLocation, match="s3://BUCKET"):
        Location(url, "")


def _sweep(make: Callable[[], Blobs], failures: list[Exception]) -> None:
    try:
        make().discard_unfinished(untouched_seconds=-5)
    except Exception as error:
        failures.append(error)


def _read_elsewhere(make: Callable[[], Blobs], digest: str) -> bytes:
    return make().read(digest)


def _leave_half_written(backend: Backend) -> None:
    writer = _spawn.Process(target=_die_while_writing, args=(backend.make,))
    writer.start()
    writer.join()
    assert writer.exitcode == -signal.SIGKILL


def _die_while_writing(make: Callable[[], Blobs]) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(24):
            yield b"x" * CHUNK_BYTES
        os.kill(os.getpid(), signal.SIGKILL)

    make().put(digest_of(b"never whole"), endless(), limit=LIMIT)
