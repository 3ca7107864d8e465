"""Files of datasets as quotas count them: those that its versions hold."""

from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from tests.support.actors import actor
from tests.support.quotas import quotas_over
from tests.unit.develop.datasets.conftest import OWNER
from tests.unit.develop.datasets.test_service import HereProcesses, stored
from unshelf.contracts.errors import Forbidden
from unshelf.develop.datasets.names import DataNames
from unshelf.develop.datasets.service import DatasetService
from unshelf.develop.datasets.usage import DatasetFiles
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.database.engine import Database
from unshelf.manage.quotas.accounts import Account, project_account
from unshelf.manage.quotas.resources import QuotaLimits
from unshelf.runtime.blobs.files import FileBlobs
from unshelf.runtime.blobs.port import BlobSettings


def counted(session: Session, account: Account) -> list[int]:
    (files,) = DatasetFiles().files(account)
    return sorted(size for _, size in session.execute(files))


def test_datasets_count_to_their_project_and_their_maker_and_are_held_to_quotas(
    database: Database, names: DataNames, tmp_path: Path
) -> None:
    blobs, quotas = FileBlobs(tmp_path / "blobs"), quotas_over(database)
    quotas.add_disk(DatasetFiles())
    quotas.set(actor("admin"), "installation", "*", QuotaLimits(disk_bytes=10))
    settings = BlobSettings(setting="files", folder=tmp_path / "blobs", s3_endpoint="")
    uploads = BlobUploads(database)
    uploads.register(lambda _session, _who, digests: set(digests))
    datasets = DatasetService(database, names, blobs, settings, HereProcesses(tmp_path), uploads=uploads, quotas=quotas)
    for content in (b"a\n1\n", b"a\n22\n"):
        datasets.add(OWNER, "orders", [stored(blobs, content)], project="risk", description=None)
    with pytest.raises(Forbidden, match="5 B of disk more"):
        datasets.add(OWNER, "clients", [stored(blobs, b"a\n33\n")], project="risk", description=None)
    people = [Account(kind="user", name="x", title="x", labels=(label,)) for label in (OWNER.label, "nobody")]
    with database.read() as session:
        assert counted(session, project_account("risk")) == [4, 5]
        assert counted(session, project_account("default")) == []
        assert [counted(session, person) for person in people] == [[4, 5], []]
