"""The service of datasets over a real database and real files; the process's work is done in this one."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from tests.support.quotas import quotas_over
from tests.unit.develop.datasets.conftest import OWNER, READER
from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import DataAnswer, DataOrder
from unshelf.develop.datasets.data_process import carry_out
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.processes import DataProcesses, Program
from unshelf.develop.datasets.service import DatasetService
from unshelf.foundation.blob_holds import held_among
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.runtime.blobs.files import FileBlobs
from unshelf.runtime.blobs.port import BlobSettings


class HereProcesses(DataProcesses):
    """Carries orders out in this process."""

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        yield self._folder

    def ask(self, program: Program, order: object, *, seconds: float, watch: object = None) -> DataAnswer:
        assert isinstance(order, DataOrder)
        return carry_out(order)


@pytest.fixture
def blobs(tmp_path: Path) -> FileBlobs:
    return FileBlobs(tmp_path / "blobs")


@pytest.fixture
def datasets(database: Database, names: DataNames, blobs: FileBlobs, tmp_path: Path) -> DatasetService:
    uploads = BlobUploads(database)
    uploads.register(lambda _session, who, digests: set(digests) if who == OWNER else set())
    settings = BlobSettings(setting="files", folder=tmp_path / "blobs", s3_endpoint="")
    return DatasetService(
        database, names, blobs, settings, HereProcesses(tmp_path), uploads=uploads, quotas=quotas_over(database)
    )


def stored(blobs: FileBlobs, content: bytes, path: str = "data.csv") -> BundleFile:
    digest = sha256(content).hexdigest()
    blobs.put(digest, [content], limit=1 << 20)
    return BundleFile(path=path, sha256=digest, size=len(content))


def test_a_version_is_its_content_and_holds_its_blobs(
    datasets: DatasetService, blobs: FileBlobs, database: Database, events: EventStore
) -> None:
    file = stored(blobs, b"a\n1\n")
    added = [datasets.add(OWNER, "orders", [file], project="risk", description="Orders") for _ in range(2)]
    assert [(version.number, is_new, version.rows) for version, is_new in added] == [(1, True, 1), (1, False, 1)]
    with database.read() as session:
        assert held_among(session, [file.sha256]) == {file.sha256}
    assert [event.action for event in events.newest(limit=10).items] == ["data.added"]


def test_readers_add_nothing_and_a_version_that_is_not_there_is_not_found(
    datasets: DatasetService, names: DataNames, blobs: FileBlobs, database: Database
) -> None:
    file = stored(blobs, b"a\n1\n")
    with pytest.raises(Forbidden):
        datasets.add(READER, "orders", [file], project="risk", description=None)
    datasets.add(OWNER, "orders", [file], project="risk", description=None)
    with database.read() as session:
        name = names.require(session, READER, "orders", Permission.DATA_READ)
        assert datasets.version(session, name, None).number == 1
        with pytest.raises(NotFound, match="version 2"):
            datasets.version(session, name, 2)


def test_files_that_differ_from_what_is_said_are_refused(datasets: DatasetService, blobs: FileBlobs) -> None:
    file = stored(blobs, b"a\n1\n")
    wrong = BundleFile(path="b.csv", sha256=file.sha256, size=9)
    with pytest.raises(InvalidInput, match="two different sizes"):
        datasets.add(OWNER, "orders", [file, wrong], project="risk", description=None)
    with pytest.raises(InvalidInput, match="4 bytes, not 9"):
        datasets.add(OWNER, "orders", [wrong], project="risk", description=None)
    with pytest.raises(Conflict, match="not here"):
        absent = BundleFile(path="b.csv", sha256="0" * 64, size=9)
        datasets.add(OWNER, "orders", [absent], project="risk", description=None)


def test_a_deleted_version_lets_its_blobs_go(
    datasets: DatasetService, names: DataNames, blobs: FileBlobs, database: Database
) -> None:
    first, second = stored(blobs, b"a\n1\n"), stored(blobs, b"a\n2\n")
    for file in (first, second):
        datasets.add(OWNER, "orders", [file], project="risk", description=None)
    with database.transaction() as session:
        name = names.require(session, OWNER, "orders", Permission.DATA_MANAGE)
        datasets.delete(session, OWNER, name, 1)
        assert held_among(session, [first.sha256, second.sha256]) == {second.sha256}
        assert [version.number for version in datasets.versions(session, name)] == [2]
        datasets.delete(session, OWNER, name, None)
        assert held_among(session, [second.sha256]) == set()
    with database.read() as session, pytest.raises(NotFound):
        names.require(session, OWNER, "orders", Permission.DATA_READ)


def test_rows_and_files_are_read(datasets: DatasetService, blobs: FileBlobs) -> None:
    version, _ = datasets.add(OWNER, "orders", [stored(blobs, b"a\n1\n2\n")], project="risk", description=None)
    found = datasets.rows(version, rows=1)
    assert (found.rows, len(b"".join(found.chunks()))) == (1, found.size)
    assert b"".join(datasets.file(version, "data.csv")[1]) == b"a\n1\n2\n"
    with pytest.raises(NotFound):
        datasets.file(version, "other.csv")
