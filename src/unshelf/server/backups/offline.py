"""`unshelf backup` and `unshelf restore` on the server's machine: they open the installation themselves, whether or not it runs."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.errors import UnshelfError
from unshelf.foundation.access.actors import SYSTEM
from unshelf.foundation.database.copies.copiers import open_copier
from unshelf.foundation.database.engine import Database, DatabaseUnavailable
from unshelf.foundation.database.migrating import migrate
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.manage.backups.history import BackupHistory
from unshelf.manage.backups.making import Say
from unshelf.manage.backups.order import carry_out, order_of
from unshelf.manage.backups.restoring import RestoreOptions, restore_backup
from unshelf.manage.backups.store.manifest import BackupManifest, KeyState
from unshelf.manage.backups.store.places import open_place
from unshelf.manage.backups.store.repository import Repository
from unshelf.runtime.machine.refused_files import owner_hint
from unshelf.server.backends import UnknownBackend, load_backend, refuse_unusable_backends
from unshelf.server.backups.chosen import must_agree
from unshelf.server.backups.owner import as_owner
from unshelf.server.extras import ExtraMissing
from unshelf.server.settings import Settings


def make(settings: Settings, where: str, key: KeyState, say: Say, *, take_over: bool = False) -> dict[str, Any]:
    """Back the installation up to a folder or bucket; `take_over`: though another one did so last."""
    must_agree(settings)
    with _plain_errors(), as_owner(settings.home, where), closing(_Opened(settings)) as opened:
        refuse_unusable_backends(settings)
        opened.database.check()
        begun = opened.history.begin()
        order = order_of(
            settings, to=where, reason="command", key=key, passphrase=settings.backup_passphrase, take_over=take_over
        )
        made = carry_out(order, say)
        opened.history.made(begun, made, where)
    return _plain(made)


def listed(settings: Settings, where: str) -> dict[str, Any]:
    """List the backups in a folder or bucket, the oldest first, and the ids of those whose manifests can't be read."""
    with _plain_errors():
        found, damaged = Repository(open_place(where, settings.s3_endpoint)).listed()
    return {"backups": [_plain(each) for each in found], "damaged": damaged}


def verified(settings: Settings, where: str, id: str | None) -> dict[str, Any]:
    """Read a backup whole, and say what is damaged in it."""
    with _plain_errors():
        repository = Repository(open_place(where, settings.s3_endpoint))
        manifest = repository.find(id)
        return {**_plain(manifest), "problems": repository.problems(repository.files(manifest))}


def pruned(settings: Settings, where: str, keep: int) -> dict[str, Any]:
    """Remove all but the newest backups; gives the ids of those that went."""
    with _plain_errors(), as_owner(settings.home, where):
        repository = Repository(open_place(where, settings.s3_endpoint))
        with repository.place.alone():
            gone = repository.backups()[:-keep]
            removed = repository.remove(gone)
    return {"removed": [each.id for each in gone], "contents_removed": removed}


def restore(
    settings: Settings, where: str, id: str | None, say: Say, *,
    with_keys: bool = True, files_from: Path | None = None, as_original: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Restore a backup into the empty home folder of the settings, and bring its database to this release's tables."""
    with _plain_errors():
        repository = Repository(open_place(where, settings.s3_endpoint))
        options = RestoreOptions(
            home=settings.home, database=settings.database, blobs=settings.blobs, s3_endpoint=settings.s3_endpoint,
            passphrase=settings.backup_passphrase, with_keys=with_keys, files_from=files_from,
            as_original=as_original,
        )  # fmt: skip
        refuse_unusable_backends(settings)
        restored = restore_backup(repository, id, options, say)
        with closing(_Opened(settings)) as opened:
            opened.note_restored(restored, repository.place.name, as_original=as_original)
    return {**_plain(restored), "home": str(settings.home)}


class _Opened:
    """The installation's database, opened by this command."""

    def __init__(self, settings: Settings) -> None:
        if settings.database.startswith("sqlite") and open_copier(settings.database, settings.home).is_empty():
            raise DatabaseUnavailable(f"There is no database in {settings.home}.")
        self.database: Database = load_backend("database", settings.database)(settings.database, settings.home)
        self.events = EventStore(self.database)
        self.history = BackupHistory(self.database, self.events)

    def note_restored(self, manifest: BackupManifest, place: str, *, as_original: bool) -> None:
        migrate(self.database)
        with self.database.transaction() as session:
            after = {"backup": manifest.id, "place": place, "made_at": manifest.made_at, "program": manifest.program,
                     "as": "original" if as_original else "copy"}  # fmt: skip
            self.events.record(
                session, SYSTEM, "installation.restored", Subject(kind="backup", name=manifest.id), after=after
            )

    def close(self) -> None:
        self.database.dispose()


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except DatabaseUnavailable as error:
        raise UnshelfError(
            str(error), code="no_database",
            hint="Is this the server's home folder, and are UNSHELF_DATABASE and UNSHELF_BLOBS as the server has them?",
        ) from error  # fmt: skip
    except (ExtraMissing, UnknownBackend) as error:
        raise UnshelfError(f"{error}.", code="invalid_settings") from error
    except OSError as error:
        raise UnshelfError(
            f"{error.filename or 'The place'} can't be used: {error.strerror or error}.", code="unavailable",
            hint=owner_hint(error) or "Is there room, and may this user write there?",
        ) from error  # fmt: skip


def _plain(manifest: BackupManifest) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(manifest)
    del plain["index"], plain["format"]
    return plain
