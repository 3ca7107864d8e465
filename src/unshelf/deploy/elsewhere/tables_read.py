"""Records out of tables: a process of its own makes lines of them, which are taken in batches like those that are sent."""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Literal

import msgspec

from unshelf.contracts.errors import InvalidInput
from unshelf.deploy.elsewhere.messages import RECORDS_FILE, ReadRecords, RecordAnswer, RecordColumns, RecordsRead
from unshelf.deploy.elsewhere.record import RecordSent
from unshelf.deploy.elsewhere.taking import RecordIntake, RecordsTaken
from unshelf.deploy.registry.version_facts import VersionFacts
from unshelf.develop.datasets.processes import LIMITS, DataProcesses, Program
from unshelf.foundation.access.actors import Actor

_PROGRAM = Program(module="unshelf.deploy.elsewhere.read_process")
_BATCH = 2000
"""Records that are taken together: a batch this large keeps others from this process for some hundredths of a second."""
_line = msgspec.json.Decoder(RecordSent)


class TableReader:
    """Takes the records of whole tables."""

    def __init__(
        self, intake: RecordIntake, processes: DataProcesses, facts_of: Callable[[str, int], VersionFacts]
    ) -> None:
        self._intake = intake
        self._processes = processes
        self._facts_of = facts_of

    def take_stream(self, actor: Actor, reference: str, stream: bytes) -> RecordsTaken:
        """Take all rows of an Arrow stream. Raises as `take_file`."""
        with self._processes.scratch() as scratch:
            file = scratch / "sent.arrow"
            file.write_bytes(stream)
            return self._take(
                actor, reference, self._order(actor, reference, file, "arrow", RecordColumns(), "", scratch)
            )

    def take_file(self, actor: Actor, reference: str, file: Path, columns: RecordColumns, *, salt: str) -> RecordsTaken:
        """Take all rows of a Parquet file; taking them once more changes nothing, as ids or the salt tell them from others.

        Raises NotFound, Forbidden, Conflict for a model that runs here, and DataProblemError for a table that can't be read; then nothing
        of it was taken."""
        with self._processes.scratch() as scratch:
            return self._take(actor, reference, self._order(actor, reference, file, "parquet", columns, salt, scratch))

    def _order(  # noqa: PLR0917
        self,
        actor: Actor,
        reference: str,
        file: Path,
        form: Literal["parquet", "arrow"],
        columns: RecordColumns,
        salt: str,
        scratch: Path,
    ) -> ReadRecords:
        signature = self._facts_of(*self._intake.find(actor, reference)).signature
        assert signature is not None  # noqa: S101 - models that run elsewhere are registered with one
        return ReadRecords(
            file=str(file.absolute()),
            format=form,
            signature=signature,
            columns=columns,
            salt=salt,
            scratch=str(scratch),
            limits=LIMITS,
        )

    def _take(self, actor: Actor, reference: str, order: ReadRecords) -> RecordsTaken:
        read: RecordsRead = self._processes.ask_for(_PROGRAM, order, RecordAnswer, seconds=LIMITS.seconds)
        if not read.rows:
            raise InvalidInput("The table has no rows.")
        taken, row = RecordsTaken(), 0
        for batch in _batches(Path(order.scratch) / RECORDS_FILE):
            taken = taken.plus(self._intake.take(actor, reference, batch, first_row=row))
            row += len(batch)
        return taken


def _batches(path: Path) -> Iterator[list[RecordSent]]:
    with path.open("rb") as file:
        while lines := list(islice(file, _BATCH)):
            yield [_line.decode(line) for line in lines]
