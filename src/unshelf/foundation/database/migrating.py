"""Migrating: brings a database to this release's tables before anything uses it."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, insert, inspect, select

from unshelf import __version__
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database, DatabaseUnavailable
from unshelf.foundation.database.programs import ProgramRow

_SCRIPTS = Path(__file__).with_name("migrations")


class DatabaseTooNew(DatabaseUnavailable):
    """A newer release has changed the database's tables, so that this one would misread them."""


def migrate(database: Database) -> None:
    """Apply what is missing, all of it or nothing. Raises DatabaseTooNew for a database of a newer release.

    The whole way is one transaction of a writer: of two controls that start at once, the second waits, and finds it done.
    One that is cut off, by a kill or a power cut, leaves the database as it was, on SQLite and on PostgreSQL."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells how it works; we tell when it is done
    with database.restructure() as connection:
        before = MigrationContext.configure(connection).get_current_revision()
        if before is not None and not knows(before):
            raise DatabaseTooNew(too_new(before, _program_of(connection, before)))
        command.upgrade(alembic_config(connection), "head")
        head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
        if before != head:
            connection.execute(insert(ProgramRow).values(revision=head, program=__version__, at=now()))


def knows(revision: str) -> bool:
    """Whether this release knows the tables of a revision."""
    return revision in {script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions()}


def upgrade_to(connection: Connection, revision: str) -> None:
    """Bring an empty database to an earlier release's tables, in the transaction of the connection."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    command.upgrade(alembic_config(connection), revision)


def too_new(revision: str, program: str) -> str:
    """Say in plain words that a newer program's database was met, and what to do."""
    whose = f"Unshelf {program}" if program else "a newer release of Unshelf"
    return (
        f"The database was last used by {whose}, whose tables (revision {revision}) this one, Unshelf {__version__}, does not know; "
        f"nothing was changed. Start it with {whose} or a newer one, or restore a backup that an older one made: "
        "each upgrade leaves one in the folder `backups` of the home folder."
    )


def alembic_config(connection: object) -> Config:
    """Return Alembic's settings: our scripts, and the connection they run on."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config


def _program_of(connection: Connection, revision: str) -> str:
    """Return the version of the program that brought the database to a revision; empty: it did not say."""
    if not inspect(connection).has_table(ProgramRow.__tablename__):
        return ""
    query = select(ProgramRow.program).where(ProgramRow.revision == revision)
    return str(connection.execute(query).scalars().first() or "")
