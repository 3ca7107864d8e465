"""Migrating: brings a database to this release's tables before anything uses it."""

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config

from unshelf.foundation.database.engine import Database

_SCRIPTS = Path(__file__).with_name("migrations")


def migrate(database: Database) -> None:
    """Apply what is missing, all of it or nothing; a database of a newer release raises alembic's CommandError.

    The whole way is one transaction of a writer: of two controls that start at once, the second waits, and finds it done."""
    logging.getLogger("alembic").setLevel(logging.WARNING)  # it tells how it works; we tell when it is done
    with database.restructure() as connection:
        command.upgrade(alembic_config(connection), "head")


def alembic_config(connection: object) -> Config:
    """Return Alembic's settings: our scripts, and the connection they run on."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["connection"] = connection
    return config
