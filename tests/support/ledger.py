"""A ledger of records over a folder of predictions, and files in it as compaction and merging leave them."""

from pathlib import Path

from tests.support.segments import write
from unshelf.contracts.records import PredictionRecord
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.store import EventStore
from unshelf.records.archive import compaction
from unshelf.records.archive.files import Archive
from unshelf.records.ledger.closing import RecordsLedger
from unshelf.records.ledger.verification import FilesReport, FilesVerifier


def compact_here(folder: Path, name: str, *records: PredictionRecord) -> None:
    """Have these records in the archive as compaction leaves them, in this process."""
    write(folder / f"{name}.seg", *records)
    compaction._compact(Archive(folder), folder / f"{name}.seg", {}, {each.model for each in records})


def ledger_of(database: Database, folder: Path) -> RecordsLedger:
    return RecordsLedger(database, EventStore(database), Archive(folder))


def verified(database: Database, folder: Path) -> FilesReport:
    close_chain(database)
    return FilesVerifier(database, Archive(folder)).verify()


def actions(database: Database) -> list[str]:
    """The actions logged about files of records, oldest first."""
    events = EventStore(database).newest(limit=1000).items
    return [event.action for event in reversed(events) if event.subject.kind == "records"]
