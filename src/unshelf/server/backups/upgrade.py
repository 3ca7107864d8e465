"""The start of `unshelf up` on a database of another release: a newer one is refused, an older one backed up before it is migrated."""

import contextlib
import re
import sqlite3
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from unshelf import __version__
from unshelf.contracts.home import Home
from unshelf.server.settings import Settings

_MIGRATIONS = Path(__file__).parents[2] / "foundation" / "database" / "migrations" / "versions"
_REVISION = re.compile(r'^(revision|down_revision)\b.*= "(\w+)"', re.MULTILINE)
_VERSION_QUERY = "SELECT version_num FROM alembic_version"
_PROGRAM_QUERY = "SELECT program FROM programs WHERE revision = "
_WAIT_SECONDS = 10.0


class CannotUpgrade(Exception):
    """The database is of a newer release, or can't be backed up before it is migrated."""


def prepare_upgrade(settings: Settings) -> str | None:
    """Back the database up if this release is going to migrate it; return what was done, for people, None: nothing.

    Raises CannotUpgrade. A database that does not answer is left to control, which says so."""
    pending = pending_upgrade(settings)
    if pending is None:
        return None
    revision, newest = pending
    if not settings.upgrade_backups:
        return f"upgrading the database from revision {revision} to {newest}, without a backup"
    return f"upgrading the database from revision {revision} to {newest}; backup {_backed_up(settings)}"


def pending_upgrade(settings: Settings) -> tuple[str, str] | None:
    """Return the revision of the database and the one that this release brings it to; None: it is there, or there is none yet.

    Raises CannotUpgrade where it is of a newer release."""
    found = _revision(settings)
    known, newest = known_revisions()
    if found is None or found[0] == newest:
        return None
    revision, program = found
    if revision not in known:
        raise CannotUpgrade(_too_new(settings, revision, program))
    return revision, newest


def known_revisions() -> tuple[set[str], str]:
    """Return the revisions of tables that this release knows, and the newest, as the files say that lead to them.

    Alembic would load them all, at every start."""
    facts = [dict(_REVISION.findall(path.read_text("utf-8"))) for path in _MIGRATIONS.glob("v*.py")]
    known = {each["revision"] for each in facts}
    (newest,) = known - {each["down_revision"] for each in facts if "down_revision" in each}
    return known, newest


def _backed_up(settings: Settings) -> str:
    """Make a backup of the database alone and return where it is. By name: most starts need none of it."""
    order_of = import_module("unshelf.manage.backups.order").order_of
    in_process = import_module("unshelf.manage.backups.service").in_process
    place = Home(settings.home).backups
    order = order_of(
        settings,
        to=str(place),
        reason="upgrade",
        scope="database",
        key="plain",
        passphrase="",
        keep=settings.upgrade_backups,
    )
    outcome = in_process(order)
    if outcome.manifest is None:
        raise CannotUpgrade(
            f"the database is of an earlier release, and can't be backed up before it is upgraded: {outcome.problem} Nothing was changed. "
            "Make room, or set UNSHELF_UPGRADE_BACKUPS=0 to upgrade without a backup."
        )
    return f"{outcome.manifest.id} in {place}"


def _revision(settings: Settings) -> tuple[str, str] | None:
    """Return the revision of the database and the program that led it there; None: it has none, or does not answer."""
    if settings.database.startswith("sqlite"):
        path = settings.home / (make_url(settings.database).database or "")
        if not path.is_file():
            return None
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(path, timeout=_WAIT_SECONDS)) as opened,
        ):
            return _asked(opened, sqlite3.Error)
        return None
    psycopg = import_module("psycopg")
    with (
        contextlib.suppress(psycopg.Error),
        psycopg.connect(settings.database, connect_timeout=int(_WAIT_SECONDS), autocommit=True) as opened,
    ):
        return _asked(opened, psycopg.Error)
    return None


def _asked(connection: Any, error: type[Exception]) -> tuple[str, str] | None:
    row = connection.execute(_VERSION_QUERY).fetchone()
    if row is None:
        return None
    revision, program = str(row[0]), ""
    with contextlib.suppress(error):  # earlier releases kept no such table
        quoted = revision.replace("'", "''")
        named = connection.execute(f"{_PROGRAM_QUERY}'{quoted}'").fetchone()
        program = "" if named is None else str(named[0])
    return revision, program


def _too_new(settings: Settings, revision: str, program: str) -> str:
    whose = f"Unshelf {program}" if program else "a newer release of Unshelf"
    backups = Home(settings.home).backups
    return (
        f"{settings.home} was last used by {whose}, whose tables (revision {revision}) this one, Unshelf {__version__}, does not know; "
        f"nothing was changed. Start it with {whose} or a newer one. Or go back to the state before its upgrade: "
        f"unshelf restore {backups} --home NEW_FOLDER --as original"
    )
