"""The order for a backup, as control gives it to the process that makes it; and what came of it."""

from pathlib import Path
from typing import Any

import msgspec

from unshelf.contracts.home import Home
from unshelf.foundation.database.copies.copiers import open_copier
from unshelf.manage.backups.making import BackupOptions, BackupSource, Say, make_backup
from unshelf.manage.backups.store.manifest import BackupManifest, KeyState, Reason, Scope
from unshelf.manage.backups.store.places import open_place
from unshelf.manage.backups.store.repository import Repository
from unshelf.records.archive.files import open_archive
from unshelf.runtime.blobs.backends import open_blobs
from unshelf.runtime.blobs.port import BlobSettings

QUEUE = "backups"
"""The name of the queue that orders wait in."""


class BackupOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An installation, and how it is backed up."""

    home: str
    database: str
    blobs: str
    predictions: str
    s3_endpoint: str
    to: str
    reason: Reason
    key: KeyState
    passphrase: str
    scope: Scope = "all"
    keep: int | None = None
    """How many of its reason's kind are kept there; None: all."""
    take_over: bool = False
    """Whether the place becomes that of this installation, though the newest backup there is of another one."""


class BackupStep(msgspec.Struct, frozen=True, kw_only=True, tag="step"):
    """The step that a backup has come to."""

    says: str
    """A few words, such as `copying the database`."""


class BackupOutcome(msgspec.Struct, frozen=True, kw_only=True, tag="outcome"):
    """Outcome of an order."""

    manifest: BackupManifest | None = None
    problem: str = ""
    """Why there is no new backup."""


def carry_out(order: BackupOrder, say: Say = lambda _: None) -> BackupManifest:
    """Make the backup, then remove those that are not kept. Raises as `make_backup`."""
    home = Home(Path(order.home))
    source = BackupSource(
        home=home,
        database=open_copier(order.database, home.folder),
        blobs=open_blobs(BlobSettings(setting=order.blobs, folder=home.blobs, s3_endpoint=order.s3_endpoint)),
        archive=open_archive(home.predictions, setting=order.predictions, s3_endpoint=order.s3_endpoint),
    )
    repository = Repository(open_place(order.to, order.s3_endpoint))
    options = BackupOptions(
        reason=order.reason, scope=order.scope, key=order.key, passphrase=order.passphrase, take_over=order.take_over
    )
    made = make_backup(source, repository, options, say)
    if order.keep is not None:
        say("removing old backups")
        with repository.place.alone():
            repository.remove(repository.backups()[: -order.keep])
    return made


def order_of(settings: Any, *, to: str, reason: Reason, **changes: Any) -> BackupOrder:
    """Make an order of the server's settings, or of control's configuration with `key` and `passphrase` among the changes."""
    names = ("home", "database", "blobs", "predictions", "s3_endpoint")
    taken: dict[str, Any] = {name: str(getattr(settings, name)) for name in names}
    return BackupOrder(**taken, to=to, reason=reason, **changes)
