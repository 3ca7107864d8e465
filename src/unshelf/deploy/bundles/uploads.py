"""Uploads: files on their way in, which count to quotas and to their sender's share of the disk until something has them."""

import contextlib
from collections.abc import Iterable, Iterator

from sqlalchemy import Select, delete, func, select

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.deploy.bundles.tables import CountedUploadRow
from unshelf.deploy.bundles.upload_room import KEPT, UploadRoom
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.manage.quotas.accounts import Account
from unshelf.manage.quotas.service import QuotaService
from unshelf.runtime.blobs.port import Blobs, OwnDisk, checked_digest


class UploadService:
    """Stores files that are sent, within what the disk has left, and quotas: where disk is limited, each is noted before its first byte
    is taken."""

    def __init__(
        self, database: Database, blobs: Blobs, sent: BlobUploads, *, quotas: QuotaService, max_bytes: int
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._sent = sent
        self._quotas = quotas
        self._max_bytes = max_bytes
        self._room = UploadRoom(database, blobs.space if isinstance(blobs, OwnDisk) else None)

    def missing(self, actor: Actor, digests: Iterable[str]) -> list[str]:
        """Return those of these that the actor has to send: they are not here, or others have sent them."""
        wanted = list(dict.fromkeys(map(checked_digest, digests)))
        mine = self._sent.referable(actor, wanted)
        stored = mine.difference(self._blobs.missing(mine))
        return [each for each in wanted if each not in stored]

    def is_here(self, actor: Actor, sha256: str) -> bool:
        """Whether there is no need for the actor to send a file."""
        return bool(self._sent.referable(actor, [sha256])) and not self._blobs.missing([sha256])

    def store(
        self, actor: Actor, sha256: str, chunks: Iterable[bytes], *, project: str | None, size: int | None
    ) -> int:
        """Store a file for a project, and return its size. `size`: as it was announced; None: it was not.

        Raises Forbidden (`quota_exceeded`) for one that goes beyond a quota, and for a project that the actor adds nothing to,
        Unavailable for a full disk, TooManyRequests beyond the sender's share of what is free."""
        if project is not None:
            _must_add_to(actor, project)
        with (
            self._room.held(actor, sha256, chunks, announced=size) as coming,
            self._noted(actor, sha256, project=project, size=size) as limit,
        ):
            stored = self._blobs.put(sha256, coming, limit=limit)
            if size is None:
                self._note_size(actor, sha256, project, stored)
        self._sent.note(actor, sha256)
        return stored

    def files(self, account: Account) -> list[Select[str, int]]:
        """Select the files that were uploaded lately."""
        project = func.nullif(CountedUploadRow.project, "")
        return [
            select(CountedUploadRow.sha256, CountedUploadRow.size).where(
                account.covers(project=project, by=CountedUploadRow.uploaded_by)
            )
        ]

    def prune(self) -> None:
        """Forget uploads of long ago: what nothing needs of them is deleted by now."""
        old = CountedUploadRow.uploaded_at < now() - KEPT
        with self._database.read() as session:  # so that looking in vain writes nothing
            if session.scalar(select(CountedUploadRow.sha256).where(old).limit(1)) is None:
                return
        with self._database.transaction() as session:
            session.execute(delete(CountedUploadRow).where(old))

    @contextlib.contextmanager
    def _noted(self, actor: Actor, sha256: str, *, project: str | None, size: int | None) -> Iterator[int]:
        """Note an upload for as long as it counts; gives the bytes that it may have."""
        with self._database.read() as session:
            is_limited = self._quotas.limits_disk(session, project=project, makers=[actor.label])
        if is_limited and size is None:
            raise InvalidInput("The size of the file is not known.", hint="Send the header Content-Length.")
        key = (sha256, project or "", actor.label)
        with (
            self._database.transaction() as session,
            self._quotas.within(session, project=project, makers=[actor.label]),
        ):
            row = session.get(CountedUploadRow, key)
            was_known = row is not None
            if row is None:
                row = CountedUploadRow(sha256=sha256, project=project or "", uploaded_by=actor.label)
                session.add(row)
            row.size, row.uploaded_at = size or 0, now()
        try:
            yield min(size, self._max_bytes) if is_limited and size is not None else self._max_bytes
        except BaseException:
            if not was_known:
                with self._database.transaction() as session:
                    row = session.get(CountedUploadRow, key)
                    if row is not None:
                        session.delete(row)
            raise

    def _note_size(self, actor: Actor, sha256: str, project: str | None, size: int) -> None:
        with self._database.transaction() as session:
            row = session.get(CountedUploadRow, (sha256, project or "", actor.label))
            if row is not None:
                row.size = size


def _must_add_to(actor: Actor, project: str) -> None:
    """Raise NotFound for a project that a user may not see, Forbidden for one in which the actor adds neither models nor data."""
    scope = project_scope(project)
    actor.must_see(scope)
    granted = actor.scopes(Permission.MODEL_DEPLOY)
    of_models = all(
        any(each.covers(scope) or (each.kind == "model" and each.project in ("", project)) for each in side)
        for side in granted
    )
    if not of_models and not actor.may(Permission.DATA_MANAGE, scope):
        actor.must(Permission.MODEL_DEPLOY, scope)
