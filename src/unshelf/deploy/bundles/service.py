"""The door to bundles: claims on them, and the end of what nobody claims: blobs, bundles and environments."""

import contextlib
import logging
import threading
import time
from collections.abc import Iterable, Iterator

import msgspec
from sqlalchemy import Select, delete, exists, select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import Manifest
from unshelf.deploy.bundles.tables import BundleFileRow, BundleHoldRow, BundleRow
from unshelf.develop.environments.service import EnvironmentService
from unshelf.foundation.blobs import Blobs
from unshelf.foundation.clock import now
from unshelf.foundation.database import Database
from unshelf.foundation.errors import Conflict, HostFailure, Unavailable
from unshelf.foundation.hostlink import HostLink

logger = logging.getLogger(__name__)

_DEPLOYS = "deploy/"
_UPLOAD_SECONDS = 24 * 3600.0
_SHOWN = 100
_AT_ONCE = 500
"""Values in one IN list: every database takes that many."""


def holder_of_deploy(deploy_id: str) -> str:
    """The holder's name under which a running deploy holds its bundle."""
    return _DEPLOYS + deploy_id


class BundleService:
    """Keeps bundles as long as a version or a running deploy holds them.

    A guard makes claiming and tidying exclude each other: between the look at what nobody needs and its deletion nobody
    can begin to need it. Control is one process, so a lock in it is enough."""

    def __init__(self, database: Database, blobs: Blobs, environments: EnvironmentService, host: HostLink) -> None:
        self._database = database
        self._blobs = blobs
        self._environments = environments
        self._host = host
        self._guard = threading.Lock()

    @contextlib.contextmanager
    def claim(self, manifest: Manifest, holder: str) -> Iterator[Session]:
        """A transaction in which `holder` comes to hold the bundle; Conflict when blobs of it are missing."""
        with self._guard:
            missing = self._blobs.missing(file.sha256 for file in manifest.files)
            if missing:
                raise Conflict(
                    f"{len(missing)} of the bundle's files are not here",
                    hint="upload them with PUT /api/v1/blobs/SHA256 and deploy again: " + _some_of(missing),
                )
            with self._database.transaction() as session:
                self._add(session, manifest)
                self.hold(session, manifest.digest, holder)
                yield session

    def hold(self, session: Session, digest: str, holder: str) -> None:
        """Have a bundle that is held already held by one more."""
        session.add(BundleHoldRow(bundle=digest, holder=holder))

    def manifest(self, session: Session, digest: str) -> Manifest:
        """The manifest of a bundle that somebody holds."""
        return self.manifests(session, [digest])[digest]

    def manifests(self, session: Session, digests: Iterable[str]) -> dict[str, Manifest]:
        """The manifests of bundles, by digest."""
        found: dict[str, Manifest] = {}
        for some in _chunks(sorted(set(digests))):
            for row in session.scalars(select(BundleRow).where(BundleRow.digest.in_(some))):
                found[row.digest] = msgspec.json.decode(row.manifest, type=Manifest)
        return found

    def let_go(self, session: Session, holders: Iterable[str]) -> None:
        """End all holds of these holders. `tidy` then frees what nobody holds any more."""
        session.execute(delete(BundleHoldRow).where(BundleHoldRow.holder.in_(list(holders))))

    def tidy(self) -> bool:
        """Delete bundles and environments that nobody holds, and blobs that no other bundle needs.

        Environments wait until no deploy runs: one that is being checked is not held yet. When the host does not answer,
        what it should have deleted stays known and goes at the next tidying. Returns whether all is done."""
        with self._guard:
            with self._database.read() as session:
                bundles = list(session.scalars(select(BundleRow.digest).where(BundleRow.digest.not_in(_held()))))
                blobs = _only_in(session, bundles)
                deploying = _deploying(session)
                environments = [] if deploying else self._environments.unused(session)
            if not bundles and not environments:
                return not deploying
            self._blobs.delete(blobs)
            try:
                self._host.forget(bundles, environments)
            except (Unavailable, HostFailure) as error:
                logger.warning("host did not delete unused folders; they go later", extra={"reason": error.detail})
                return False
            with self._database.transaction() as session:
                for some in _chunks(bundles):
                    session.execute(delete(BundleFileRow).where(BundleFileRow.bundle.in_(some)))
                    session.execute(delete(BundleRow).where(BundleRow.digest.in_(some)))
                self._environments.drop(session, environments)
            return not deploying

    def sweep_uploads(self, *, older_than_seconds: float = _UPLOAD_SECONDS) -> int:
        """Delete blobs that were uploaded long ago and never became part of a bundle; gives how many."""
        before = time.time() - older_than_seconds
        with self._guard:
            old = [digest for digest, stored_at in self._blobs.stored() if stored_at < before]
            with self._database.read() as session:
                needed = _in_bundles(session, old)
            orphans = [digest for digest in old if digest not in needed]
            self._blobs.delete(orphans)
        return len(orphans)

    def _add(self, session: Session, manifest: Manifest) -> None:
        digest = manifest.digest
        if session.get(BundleRow, digest) is not None:
            return
        session.add(BundleRow(digest=digest, manifest=manifest.encode().decode(), created_at=now()))
        session.flush()
        session.add_all(
            BundleFileRow(bundle=digest, sha256=sha256) for sha256 in {file.sha256 for file in manifest.files}
        )


def _some_of(digests: list[str]) -> str:
    more = f" and {len(digests) - _SHOWN} more" if len(digests) > _SHOWN else ""
    return " ".join(digests[:_SHOWN]) + more


def _held() -> Select[tuple[str]]:
    return select(BundleHoldRow.bundle)


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
    """Those of the blobs that are part of a bundle, or, when `held`, of a bundle that somebody holds."""
    found: set[str] = set()
    for some in _chunks(digests):
        query = select(BundleFileRow.sha256).where(BundleFileRow.sha256.in_(some))
        if held:
            query = query.where(BundleFileRow.bundle.in_(_held()))
        found.update(session.scalars(query))
    return found


def _chunks(values: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
