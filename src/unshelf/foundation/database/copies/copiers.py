"""The copiers by the name of the database. A copier's library is imported only when chosen."""

from importlib import import_module
from pathlib import Path

from unshelf.foundation.database.copies.port import DatabaseCopier

_COPIERS = {
    "sqlite": "unshelf.foundation.database.copies.sqlite_copy:SqliteCopier",
    "postgresql": "unshelf.foundation.database.copies.postgresql_copy:PostgresqlCopier",
}


def open_copier(url: str, folder: Path) -> DatabaseCopier:
    """Return the copier of the database that a setting names, relative to the home folder."""
    module, _, name = _COPIERS[url.partition(":")[0]].partition(":")
    copier: DatabaseCopier = getattr(import_module(module), name)(url, folder)
    return copier
