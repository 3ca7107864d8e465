"""Results of scorings brought where they are wanted: the next version of a dataset, a table or a place in a bucket, each row once."""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import msgspec

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.references import DataReference, parse_data_reference
from unshelf.deploy.scorings.tables import ScoringRow
from unshelf.develop.connections.service import RowsWrite
from unshelf.develop.data.service import ConnectionTarget, DataService
from unshelf.develop.datasets.processes import DataProblemError
from unshelf.develop.datasets.service import DatasetService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.runtime.blobs.port import Blobs, LocalFiles
from unshelf.runtime.file_lock import held_folder


class ResultDelivery:
    """Brings results to datasets and connections. Repeating it changes nothing: the scoring is the key of its write."""

    def __init__(
        self, data: DataService, datasets: DatasetService, blobs: Blobs, uploads: BlobUploads, *, run: Path
    ) -> None:  # fmt: skip
        """`run`: the folder for scratch folders."""
        self._data = data
        self._datasets = datasets
        self._blobs = blobs
        self._uploads = uploads
        self._run = run

    def check(self, actor: Actor, row: ScoringRow, watch: Callable[[], None]) -> None:
        """Raise InvalidInput, Conflict or Unavailable where the results could not be written now: before a row is predicted."""
        reference = parse_data_reference(row.out)
        if isinstance(self._data.target(actor, reference, row.project), ConnectionTarget):
            self._data.write(actor, reference, row.project, _step(row, "check"), watch=watch)

    def deliver(self, actor: Actor, row: ScoringRow, watch: Callable[[], None]) -> str:
        """Write the results, and return where they are. Raises Unavailable while a server is away, and what `watch` raises."""
        reference = parse_data_reference(row.out)
        if isinstance(self._data.target(actor, reference, row.project), ConnectionTarget):
            return self._to_connection(actor, row, reference, watch)
        return self._to_dataset(actor, row, reference.name)

    def discard(self, actor: Actor, row: ScoringRow) -> None:
        """Remove what a write that is given up has left in a connection. Raises UnshelfError where that can't be done."""
        reference = parse_data_reference(row.out)
        if isinstance(self._data.target(actor, reference, row.project), ConnectionTarget):
            self._data.write(actor, reference, row.project, _step(row, "discard"))

    def _to_dataset(self, actor: Actor, row: ScoringRow, name: str) -> str:
        """Add the results to a dataset as its next version; the same results are the same version."""
        files = _files(row)[:1]
        self._uploads.note(actor, files[0].sha256)
        described = f"Predictions of {row.model}:{row.version}."
        version, _ = self._datasets.add(actor, name, files, project=row.project, description=described)
        return f"data://{version.name}@{version.number}"

    def _to_connection(
        self, actor: Actor, row: ScoringRow, reference: DataReference, watch: Callable[[], None]
    ) -> str:  # fmt: skip
        with held_folder(self._run, "results") as folder:
            places = [self._placed(file, folder) for file in _files(row)]
            file, failed = places[0], places[1] if len(places) > 1 else None
            try:
                step = _step(row, "write", file=file, failed=failed)
                self._data.write(actor, reference, row.project, step, watch=watch)
            except DataProblemError as error:
                if error.code == Unavailable.code:
                    raise Unavailable(error.detail, hint=error.hint) from None
                raise
        return row.out

    def _placed(self, file: BundleFile, folder: Path) -> Path:
        """Return the place at which a file of results lies under its own name."""
        place = folder / file.path
        if isinstance(self._blobs, LocalFiles):
            place.symlink_to(self._blobs.path_of(file.sha256).absolute())
            return place
        with place.open("wb") as copy:
            for chunk in self._blobs.chunks(file.sha256):
                copy.write(chunk)
        return place


def _step(
    row: ScoringRow, act: Literal["check", "write", "discard"], *, file: Path | None = None, failed: Path | None = None
) -> RowsWrite:  # fmt: skip
    return RowsWrite(act=act, key=row.id, if_exists=row.options.get("if_exists", "fail"), file=file, failed=failed)


def _files(row: ScoringRow) -> list[BundleFile]:
    assert row.results is not None  # noqa: S101 - they were made
    return msgspec.convert(row.results["files"], list[BundleFile])
