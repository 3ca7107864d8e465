"""The door to releases: make versions live, go back, pause and resume."""

import logging
from collections.abc import Sequence

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.references import Reference
from unshelf.contracts.routing import Share
from unshelf.deploy.registry.service import ModelRow, VersionRow, lookup
from unshelf.deploy.releases.shares import with_share
from unshelf.deploy.releases.tables import ReleaseRow
from unshelf.foundation.clock import now
from unshelf.foundation.database import Database
from unshelf.foundation.errors import Conflict, HostFailure, Unavailable
from unshelf.foundation.hostlink import HostLink
from unshelf.foundation.ids import new_id
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit.service import AuditService

logger = logging.getLogger(__name__)


class ReleaseService:
    """Which versions get a model's traffic."""

    def __init__(self, database: Database, publisher: Publisher, audit: AuditService, host: HostLink) -> None:
        self._database = database
        self._publisher = publisher
        self._audit = audit
        self._host = host

    def release(self, name: str, version: int, percent: float, actor: str) -> list[Share]:
        """Give a version its share; gives the shares that are live now. The arithmetic: `shares.with_share`.

        Before it gets traffic it is woken, so that nobody waits for it; Conflict when it can't start."""
        if percent > 0:
            self._wake(Reference(name, version=version))
        with self._database.transaction() as session:
            shares = self.put_live(session, name, version, percent, actor)
        self._publisher.publish()
        return shares

    def put_live(self, session: Session, name: str, version: int, percent: float, actor: str) -> list[Share]:
        """Give a version its share, in the caller's transaction. The same release again changes nothing."""
        model = lookup.find_model(session, name, for_change=True)
        lookup.find_version(session, name, version)
        present = live_shares(model)
        shares = with_share(present, version, percent)
        if shares != present:
            plain = msgspec.to_builtins(shares)
            session.add(ReleaseRow(id=new_id(), model=name, shares=plain, created_at=now(), created_by=actor))
            model.release = plain
            self._audit.record(session, actor, "release.changed", name, {"release": plain})
        return shares

    def take_out(self, session: Session, name: str, version: int, actor: str) -> None:
        """Give a version no traffic any more, in the caller's transaction, also when nothing is live then. No-op when it has none."""
        model = session.get(ModelRow, name, with_for_update=True)
        present = live_shares(model) if model else []
        if model is None or all(share.version != version for share in present):
            return
        plain = msgspec.to_builtins(with_share(present, version, 0)) if len(present) > 1 else []
        model.release = plain
        self._audit.record(session, actor, "release.changed", name, {"release": plain})

    def roll_back(self, name: str, actor: str) -> list[Share]:
        """Go back to the release before the present one, and leave that behind: the next rollback goes further back.

        Releases with versions that were removed since are passed over. Conflict when there is none to go back to."""
        with self._database.transaction() as session:
            model = lookup.find_model(session, name, for_change=True)
            left, previous = _way_back(session, model)
            if previous is None:
                raise Conflict(
                    f"{name!r} has no earlier release to go back to",
                    hint=f"make a version live with: unshelf release {name} VERSION",
                )
            for row in left:
                row.undone_at = now()
            model.release = previous.shares
            self._audit.record(session, actor, "release.rolled_back", name, {"release": previous.shares})
            shares = live_shares(model)
        self._publisher.publish()
        return shares

    def set_paused(self, text: str, actor: str, *, paused: bool) -> Reference:
        """Pause or resume a model, or the one version that the reference names; gives what was meant. Repeating changes nothing."""
        reference = lookup.reference_from(text)
        with self._database.transaction() as session:
            model = lookup.find_model(session, reference.name, for_change=True)
            row: ModelRow | VersionRow = model
            target = reference
            if reference.version is not None or reference.alias is not None:
                row = lookup.named_version(session, model, reference)
                target = Reference(model.name, version=row.number)
            if row.paused != paused:
                row.paused = paused
                what = "model" if target.version is None else "version"
                self._audit.record(session, actor, f"{what}.{'paused' if paused else 'resumed'}", str(target))
        self._publisher.publish()
        return target

    def _wake(self, reference: Reference) -> None:
        try:
            self._host.wake(reference.name, reference.version or 0)
        except Unavailable as error:  # without a host its first request wakes it, as it would any other version
            logger.warning("not woken before its release", extra={"reference": str(reference), "reason": error.detail})
        except HostFailure as failure:
            if failure.failed.code not in ("not_found", "paused"):
                raise Conflict(
                    f"{reference} does not start, so it gets no traffic: {failure.detail}", hint=failure.hint
                ) from failure


def live_shares(model: ModelRow) -> list[Share]:
    """The shares that are live."""
    return [msgspec.convert(share, Share) for share in model.release]


def _way_back(session: Session, model: ModelRow) -> tuple[Sequence[ReleaseRow], ReleaseRow | None]:
    """The releases to leave behind, newest first, and the one to go back to."""
    here = set(lookup.version_numbers(session, model.name))
    left: list[ReleaseRow] = []
    history = select(ReleaseRow).where(ReleaseRow.model == model.name, ReleaseRow.undone_at.is_(None))
    for row in session.scalars(history.order_by(ReleaseRow.id.desc())):
        if row.shares != model.release and {share["version"] for share in row.shares} <= here:
            return left, row
        left.append(row)
    return left, None
