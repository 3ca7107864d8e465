"""The door to bundles: claims on them, and the end of what nobody claims: blobs, bundles and environments."""

import contextlib
import logging
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Literal

import msgspec
from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Manifest
from unshelf.contracts.errors import Conflict, InvalidInput, Unavailable
from unshelf.contracts.permissions import Permission
from unshelf.deploy.bundles.tables import BundleFileRow, BundleHoldRow, BundleRow
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation import garbage
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.blob_holds import held_among
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.garbage import GarbageRow
from unshelf.foundation.host_client import HostLink, HostRequestFailed
from unshelf.runtime.blobs.port import Blobs
from unshelf.runtime.file_lock import try_shared

logger = logging.getLogger(__name__)

_DEPLOYS = "deploy/"
_UPLOAD_SECONDS = 24 * 3600.0
_SHOWN = 100
_DELETION_SECONDS = 60.0
"""How long a deploy waits for a deletion of what it needs: the host may have replicas to drain before."""
_ASK_AGAIN_SECONDS = 0.05
_VALUES_A_QUERY = 500
"""Values in one IN list: every database takes that many."""


def holder_of_deploy(deploy_id: str) -> str:
    """The holder's name under which a running deploy holds its bundle."""
    return _DEPLOYS + deploy_id


class BundleService:
    """Keeps bundles as long as a version or a running deploy holds them.

    Claiming and collecting exclude each other through the database, in any number of controls: what nobody holds is marked as
    garbage in the transaction that finds it so, deleted with no transaction open, and marked as deleted. Who claims a bundle
    waits for what is being deleted of it, and then finds it missing."""

    def __init__(
        self,
        database: Database,
        blobs: Blobs,
        environments: EnvironmentService,
        host: HostLink,
        *,
        uploads: BlobUploads,
        backup_lock: Path | None = None,
    ) -> None:
        """`backup_lock`: held by a backup, while which nothing is deleted."""
        self._backup_lock = backup_lock
        self._database = database
        self._blobs = blobs
        self._environments = environments
        self._host = host
        self._uploads = uploads
        uploads.register(_usable)

    @contextlib.contextmanager
    def claim(self, actor: Actor, manifest: Manifest, holder: str, *, own: Collection[str] = ()) -> Iterator[Session]:
        """A transaction in which `holder` comes to hold the bundle; Conflict when blobs of it are missing, or not the actor's to refer
        to, InvalidInput when one has another size than the manifest says. `own`: those that are known to be the actor's."""
        digests = sorted({file.sha256 for file in manifest.files})
        deadline = time.monotonic() + _DELETION_SECONDS
        while True:
            known = {digest for digest in digests if digest in own}
            sizes = self._blobs.sizes(known | self._uploads.referable(actor, set(digests) - known))
            missing = [digest for digest in digests if digest not in sizes]
            if missing:
                raise Conflict(
                    f"{len(missing)} of the bundle's files are not here.",
                    hint="Upload them with PUT /api/v1/blobs/SHA256 and deploy again: " + _some_of(missing),
                )
            for file in manifest.files:
                if file.size != sizes[file.sha256]:
                    raise InvalidInput(
                        f"The file {file.path!a} has {sizes[file.sha256]} bytes; the manifest says {file.size}.",
                        hint="Make the manifest of the files as they are, and deploy again.",
                    )
            with self._database.transaction() as session:
                if self._is_settled(session, manifest.digest, digests):
                    self._add(session, manifest)
                    self.hold(session, manifest.digest, holder)
                    yield session
                    return
            if time.monotonic() > deadline:
                raise Unavailable(
                    "The same bundle is being deleted at the moment.", hint="Deploy it again in a minute."
                )
            time.sleep(_ASK_AGAIN_SECONDS)

    def wait_for_environments(self) -> None:
        """Wait until no environment is being deleted, before one is looked up that may be among them."""
        garbage.wait_while_deleting(self._database, "environment")

    def _is_settled(self, session: Session, digest: str, blobs: list[str]) -> bool:
        """Whether nothing of the bundle is being deleted, or has been since it was looked for: then nothing will be."""
        bundle = garbage.states_of(session, "bundle", [digest])
        files = garbage.states_of(session, "blob", blobs)
        if "deleting" in (*bundle.values(), *files.values()):
            return False
        garbage.rescue(session, "bundle", bundle)
        garbage.rescue(session, "blob", files)
        return not files  # those that were deleted must be looked for once more

    def hold(self, session: Session, digest: str, holder: str) -> None:
        """Have a bundle that is held already held by one more."""
        session.add(BundleHoldRow(bundle=digest, holder=holder))

    def manifest(self, session: Session, digest: str) -> Manifest:
        """The manifest of a bundle that somebody holds."""
        return self.manifests(session, [digest])[digest]

    def find_manifest(self, session: Session, digest: str) -> Manifest | None:
        """The manifest of a bundle; None when it is gone."""
        return self.manifests(session, [digest]).get(digest)

    def manifests(self, session: Session, digests: Iterable[str]) -> dict[str, Manifest]:
        """The manifests of bundles, by digest."""
        found: dict[str, Manifest] = {}
        for some in _chunks(sorted(set(digests))):
            for row in session.scalars(select(BundleRow).where(BundleRow.digest.in_(some))):
                found[row.digest] = msgspec.json.decode(row.manifest, type=Manifest)
        return found

    def let_go(self, session: Session, holders: Iterable[str]) -> None:
        """End all holds of these holders. `collect` then frees what nobody holds any more."""
        session.execute(delete(BundleHoldRow).where(BundleHoldRow.holder.in_(list(holders))))

    def collect(self) -> bool:
        """Delete bundles and environments that nobody holds, and blobs that no other bundle needs.

        Environments wait until no deploy and no build of an environment runs: what they use is not held yet. When the host does not answer,
        what it should have deleted stays known and goes at the next time. Returns whether all is done.

        Nothing is deleted while a backup is made."""
        with self._deleting() as may_delete:
            return may_delete and self._collect()

    def _collect(self) -> bool:
        with self._database.read() as session:  # so that looking in vain writes nothing
            if not self._is_work(session):
                return not self._is_busy(session)
        with self._database.transaction() as session:
            bundles = list(session.scalars(select(BundleRow.digest).where(BundleRow.digest.not_in(_held()))))
            blobs = _only_in(session, bundles)
            busy = self._is_busy(session)
            environments = [] if busy else self._environments.unused(session)
            self._condemn(session, bundles, blobs, environments)
            blobs += [key for key in garbage.take_pending(session, "blob") if key not in blobs]
            bundles += [key for key in garbage.take_pending(session, "bundle") if key not in bundles]
            if not busy:
                left = garbage.take_pending(session, "environment")
                known = self._environments.known(session, left)  # built again since
                garbage.rescue(session, "environment", known - set(environments))
                environments += [key for key in left if key not in known and key not in environments]
        self._delete_blobs(blobs)
        return self._delete_folders(bundles, environments) and not busy

    def sweep_uploads(self, *, older_than_seconds: float = _UPLOAD_SECONDS) -> int:
        """Delete blobs that were uploaded long ago and never became part of a bundle; gives how many."""
        with self._deleting() as may_delete:
            return self._sweep(older_than_seconds) if may_delete else 0

    def _sweep(self, older_than_seconds: float) -> int:
        before = time.time() - older_than_seconds
        old = [digest for digest, stored_at in self._blobs.stored() if stored_at < before]
        with self._database.read() as session:
            orphans = sorted(set(old) - _in_bundles(session, old))
        if not orphans:
            return 0
        with self._database.transaction() as session:
            garbage.forget_old(session)
            orphans = sorted(set(orphans) - _in_bundles(session, orphans))
            garbage.mark_deleting(session, "blob", orphans)
        self._delete_blobs(orphans)
        return len(orphans)

    @contextlib.contextmanager
    def _deleting(self) -> Iterator[bool]:
        """Keep backups from beginning, and tell whether none is under way: what its state of the database refers to must stay."""
        if self._backup_lock is None:
            yield True
        else:
            with try_shared(self._backup_lock) as may_delete:
                yield may_delete

    def _is_busy(self, session: Session) -> bool:
        return _deploying(session) or self._environments.is_building(session)

    def _is_work(self, session: Session) -> bool:
        unheld = session.scalar(select(BundleRow.digest).where(BundleRow.digest.not_in(_held())).limit(1))
        left = session.scalar(select(GarbageRow.key).where(GarbageRow.state != "deleted").limit(1))
        return unheld is not None or left is not None or bool(self._environments.unused(session))

    def _condemn(self, session: Session, bundles: list[str], blobs: list[str], environments: list[str]) -> None:
        """Have nothing know them any more but the garbage."""
        garbage.forget_old(session)
        garbage.mark_deleting(session, "bundle", bundles)
        garbage.mark_deleting(session, "blob", blobs)
        garbage.mark_deleting(session, "environment", environments)
        for some in _chunks(bundles):
            session.execute(delete(BundleFileRow).where(BundleFileRow.bundle.in_(some)))
            session.execute(delete(BundleRow).where(BundleRow.digest.in_(some)))
        self._environments.drop(session, environments)

    def _delete_blobs(self, blobs: list[str]) -> None:
        if not blobs:
            return
        self._blobs.delete(blobs)
        with self._database.transaction() as session:
            garbage.mark(session, "blob", blobs, "deleted")

    def _delete_folders(self, bundles: list[str], environments: list[str]) -> bool:
        """Have the host delete the folders of bundles and environments; whether it did."""
        if not bundles and not environments:
            return True
        ended: Literal["pending", "deleted"] = "pending"
        try:
            self._host.forget(bundles, environments)
            ended = "deleted"
        except (Unavailable, HostRequestFailed) as error:
            logger.warning("host did not delete unused folders; they go later", extra={"reason": error.detail})
        with self._database.transaction() as session:
            garbage.mark(session, "bundle", bundles, ended)
            garbage.mark(session, "environment", environments, ended)
        return ended == "deleted"

    def _add(self, session: Session, manifest: Manifest) -> None:
        digest = manifest.digest
        if session.get(BundleRow, digest) is not None:
            return
        session.add(BundleRow(digest=digest, manifest=manifest.encode().decode(), created_at=now()))
        session.flush()
        sizes = {file.sha256: file.size for file in manifest.files}
        session.add_all(BundleFileRow(bundle=digest, sha256=sha256, size=size) for sha256, size in sizes.items())


def _some_of(digests: list[str]) -> str:
    more = f" and {len(digests) - _SHOWN} more" if len(digests) > _SHOWN else ""
    return " ".join(digests[:_SHOWN]) + more


def _held() -> Select[tuple[str]]:
    return select(BundleHoldRow.bundle)


def _usable(session: Session, actor: Actor, digests: Sequence[str]) -> set[str]:
    """Find the blobs of versions of models that the actor may deploy: their programs may read them anyway."""
    query = (
        select(BundleFileRow.sha256)
        .join(BundleHoldRow, BundleHoldRow.bundle == BundleFileRow.bundle)
        .where(
            BundleFileRow.sha256.in_(digests),
            visible(BundleHoldRow.holder, actor, Permission.MODEL_DEPLOY, of_versions=True),
        )
    )
    return set(session.scalars(query))


def _deploying(session: Session) -> bool:
    running = exists().where(BundleHoldRow.holder.startswith(_DEPLOYS))
    return bool(session.scalar(select(running)))


def _only_in(session: Session, bundles: list[str]) -> list[str]:
    """The blobs of these bundles that no other bundle needs."""
    ours: set[str] = set()
    for some in _chunks(bundles):
        ours.update(session.scalars(select(BundleFileRow.sha256).where(BundleFileRow.bundle.in_(some))))
    held = _in_bundles(session, list(ours), held=True)
    return [digest for digest in ours if digest not in held]


def _in_bundles(session: Session, digests: list[str], *, held: bool = False) -> set[str]:
    """Return the blobs among these that are part of a bundle, or held on their own; with `held`, only of bundles that have a holder."""
    found = held_among(session, digests)
    for some in _chunks(digests):
        query = select(BundleFileRow.sha256).where(BundleFileRow.sha256.in_(some))
        if held:
            query = query.where(BundleFileRow.bundle.in_(_held()))
        found.update(session.scalars(query))
    return found


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _VALUES_A_QUERY):
        yield values[start : start + _VALUES_A_QUERY]
