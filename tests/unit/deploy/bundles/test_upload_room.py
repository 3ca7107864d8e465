"""Room for uploads: as much as the disk has left, shared out by sender."""

import hashlib
from collections.abc import Iterator

import pytest

from tests.support.actors import actor
from tests.support.deploying import Deploying
from unshelf.contracts.errors import TooManyRequests, Unavailable
from unshelf.deploy.bundles import upload_room
from unshelf.deploy.bundles.uploads import UploadService
from unshelf.foundation.access.actors import Actor
from unshelf.runtime.blobs.files import FileBlobs
from unshelf.runtime.blobs.port import DiskSpace

CAT = actor("deploy", id="k8", name="cat")
BEN = actor("deploy", id="k9", name="ben")


class SmallDisk(FileBlobs):
    """Blobs on a disk of 100 bytes for files, beside what is left free."""

    def space(self) -> DiskSpace:
        """What the stored files leave."""
        used = sum(path.stat().st_size for path in self._folder.glob("??/*"))
        return DiskSpace(total=1000, free=200 - used)


@pytest.fixture
def service(deploying: Deploying, monkeypatch: pytest.MonkeyPatch) -> UploadService:
    """Uploads to the small disk; what waits is counted each time."""
    monkeypatch.setattr(upload_room, "_KNOWN_SECONDS", 0.0)
    deploying.blobs = SmallDisk(deploying.blobs.path_of("0" * 64).parents[1])
    return deploying.upload_service_of(1 << 20)


def send(service: UploadService, who: Actor, size: int, letter: bytes, *, announced: bool = True) -> int:
    content = letter * size
    digest = hashlib.sha256(content).hexdigest()
    return service.store(who, digest, [content], project=None, size=size if announced else None)


def test_files_that_nothing_needs_take_as_much_as_they_leave_free(service: UploadService) -> None:
    send(service, CAT, 30, b"a")
    send(service, CAT, 20, b"b")
    with pytest.raises(TooManyRequests, match="nothing needs yet"):
        send(service, CAT, 10, b"c")
    assert send(service, BEN, 25, b"d") == 25
    with pytest.raises(TooManyRequests):
        send(service, BEN, 10, b"e")


def test_what_a_version_needs_counts_to_nobody_s_share(service: UploadService, deploying: Deploying) -> None:
    send(service, CAT, 50, b"a")
    deploying.register("iris", b"a" * 50)
    assert send(service, CAT, 20, b"b") == 20


def test_a_disk_that_has_no_room_takes_nothing(service: UploadService, deploying: Deploying) -> None:
    with pytest.raises(Unavailable, match="no room"):
        send(service, CAT, 101, b"a")
    with pytest.raises(Unavailable, match="no room"):
        send(service, CAT, 101, b"a", announced=False)
    assert deploying.stored() == set()
    assert send(service, CAT, 100, b"a") == 100, "the only file of a sender needs room alone"


def test_what_is_being_received_counts(service: UploadService) -> None:
    def chunks() -> Iterator[bytes]:
        with pytest.raises(Unavailable):
            send(service, BEN, 50, b"b")
        with pytest.raises(TooManyRequests):
            send(service, CAT, 35, b"c")
        yield b"a" * 60

    digest = hashlib.sha256(b"a" * 60).hexdigest()
    assert service.store(CAT, digest, chunks(), project=None, size=60) == 60
    with pytest.raises(TooManyRequests):
        send(service, CAT, 35, b"c")
