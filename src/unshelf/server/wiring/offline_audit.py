"""Verification of a home folder without its server: one that is stopped, or a copy. Nothing is written there."""

import os
import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Connection, create_engine, event, make_url
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import Home
from unshelf.contracts.protocols.audit import AuditHead
from unshelf.foundation.database.engine import Database, DatabaseUnavailable
from unshelf.foundation.events.store import EventStore
from unshelf.manage.audit.service import AuditService
from unshelf.records.archive.files import open_archive
from unshelf.records.ledger.verification import FilesVerifier
from unshelf.server.backends import load_backend
from unshelf.server.settings import Settings


def verify(settings: Settings, head: AuditHead | None, with_files: bool) -> dict[str, Any]:
    """Verify the event log of a home folder, and its files of records, as `GET /audit/chain` answers.

    Raises UnshelfError where there is none."""
    database = _opened(settings)
    known = None if head is None or not head.sequence else (head.sequence, head.hash)
    archive = open_archive(
        Home(settings.home).predictions, setting=settings.predictions, s3_endpoint=settings.s3_endpoint
    )
    audit = AuditService(database, EventStore(database), files=FilesVerifier(database, archive))
    try:
        return dict(msgspec.to_builtins(audit.verify(known, with_files=with_files).as_plain()))
    except DatabaseError as error:
        raise UnshelfError(
            f"The database of {settings.home} can't be read: {error.orig}.",
            code="no_database",
            hint="Is it the home folder of a server, or a whole copy of one?",
        ) from None
    finally:
        database.dispose()


def _opened(settings: Settings) -> Database:
    if settings.database.startswith("sqlite"):
        path = settings.home / (make_url(settings.database).database or "")
        if not path.is_file():
            raise UnshelfError(
                f"There is no database {path}.",
                code="no_database",
                hint="Name the home folder of a server, or set UNSHELF_DATABASE as the server has it.",
            )
        return _SqliteCopy(path)
    database: Database = load_backend("database", settings.database)(settings.database, settings.home)
    try:
        database.check()
    except DatabaseUnavailable as error:
        raise UnshelfError(str(error), code="no_database", hint="Is UNSHELF_DATABASE as the server has it?") from None
    return database


class _SqliteCopy(Database):
    """A SQLite file that is only read, also where its folder can't be written."""

    def __init__(self, path: Path) -> None:
        # SQLite reads a log beside the file by way of an index that it makes there. Where it can't, and the log is empty, the
        # file is all there is.
        wal = path.with_name(f"{path.name}-wal")
        has_log = wal.exists() and (wal.stat().st_size > 0 or os.access(path.parent, os.W_OK))
        address = f"{path.absolute().as_uri()}?{'mode=ro' if has_log else 'immutable=1'}"
        engine = create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False),
            poolclass=NullPool,
        )
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
        super().__init__(engine, reading=engine)

    def change_mark(self) -> object:
        """Return the same always: nobody writes to a copy."""
        return None

    def restructure(self) -> AbstractContextManager[Connection]:
        """Refuse: the file is evidence."""
        raise DatabaseUnavailable("A copy that is verified is never changed.")
