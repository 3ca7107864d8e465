"""Staging of data for jobs: what lies in connections is read once, before the job is queued, and the job gets files without credentials."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.develop.data.service import ConnectionPlace, DataService
from unshelf.develop.jobs.tables import JobRow
from unshelf.develop.jobs.trees import remember_tree, sizes_of
from unshelf.foundation.blob_holds import BlobHolds
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.loops.claims import Claim
from unshelf.manage.quotas.service import QuotaService
from unshelf.runtime.blobs.port import CHUNK_BYTES, Blobs

FILE = "data.parquet"
"""The name of the file with the rows of a connection."""
_REPORT = 300


class DataStaging:
    """Reads data of connections for jobs, each in a process of its own that alone has the credentials."""

    def __init__(
        self, database: Database, data: DataService, blobs: Blobs, holds: BlobHolds, *, quotas: QuotaService
    ) -> None:
        self._database = database
        self._data = data
        self._blobs = blobs
        self._holds = holds
        self._quotas = quotas

    def stage(self, claim: Claim, job: str, watch: Callable[[], None]) -> bool:
        """Read what a job still lacks, and record it with its digest. Returns whether there was anything to do.

        Raises NotFound, InvalidInput, Unavailable, Forbidden for a full quota, and what `watch` raises between two reads."""
        count = 0
        while (found := self._next(claim, job)) is not None:
            watch()
            number, place = found
            with self._data.parquet(place) as (path, rows):
                file = self._keep(path)
            with self._holds.claim(None, sizes_of([file])) as session:
                claim.require(session)
                self._record(session, job, number, file, rows)
            count += 1
        return count > 0

    def _next(self, claim: Claim, job: str) -> tuple[int, ConnectionPlace] | None:
        with self._database.transaction() as session:
            claim.require(session)
            row = session.get_one(JobRow, job)
            for number, each in enumerate(row.inputs):
                if is_unread(each):
                    row.reason = f"Its data: reading {each['reference']}."[:_REPORT]
                    return number, ConnectionPlace(connection=each["connection"], path=each["path"])
        return None

    def _record(self, session: Session, job: str, number: int, file: BundleFile, rows: int) -> None:
        row = session.get_one(JobRow, job)
        with self._quotas.within(session, project=row.project, makers=[row.created_by]):
            facts = {
                "tree": remember_tree(session, [file]),
                "sha256": file.sha256,
                "rows": rows,
                "read_at": now().isoformat(),
            }
            row.inputs = [each | facts if place == number else each for place, each in enumerate(row.inputs)]
            session.flush()

    def _keep(self, path: Path) -> BundleFile:
        """Put a file into the blob store."""
        digest, size = hashlib.sha256(), path.stat().st_size
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                digest.update(chunk)
            file.seek(0)
            self._blobs.put(digest.hexdigest(), iter(lambda: file.read(CHUNK_BYTES), b""), limit=size)
        return BundleFile(path=FILE, sha256=digest.hexdigest(), size=size)


def is_unread(facts: dict[str, Any]) -> bool:
    """Whether an input of a job, as it is stored, is still to be read from its connection."""
    return facts.get("connection") is not None and not facts.get("sha256")


def lacks_data(row: JobRow) -> bool:
    """Whether data of a job are still to be read."""
    return any(map(is_unread, row.inputs))
