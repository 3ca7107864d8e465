"""The releases' service: make versions live, and go back."""

import logging

import msgspec
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Unavailable
from unshelf.contracts.references import Reference
from unshelf.contracts.routing import Share, model_part
from unshelf.deploy.registry.service import RegistryService
from unshelf.deploy.releases.ledger import ReleaseLedger
from unshelf.deploy.releases.shares import with_share
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.database.engine import Database
from unshelf.foundation.host_client import HostLink, HostRequestFailed
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit.service import AuditService
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.tiers.service import TierService

logger = logging.getLogger(__name__)


class ReleaseService:
    """Which versions get a model's traffic."""

    def __init__(
        self,
        *,
        database: Database,
        publisher: Publisher,
        audit: AuditService,
        registry: RegistryService,
        ledger: ReleaseLedger,
        quotas: QuotaService,
        tiers: TierService,
        host: HostLink,
    ) -> None:
        self._database = database
        self._registry = registry
        self._ledger = ledger
        self._publisher = publisher
        self._audit = audit
        self._quotas = quotas
        self._tiers = tiers
        self._host = host

    def release(self, name: str, version: int, percent: float, actor: Actor) -> list[Share]:
        """Give a version its share; gives the shares that are live now. The arithmetic: `shares.with_share`.

        Before it gets traffic it is woken, so that nobody waits for it; Conflict when it can't start. Forbidden where it is on a
        tier that the actor may not use, or would go beyond a quota."""
        if percent > 0:
            with self._database.read() as session:
                self._must_use_tier(session, name, version, actor)
            self._wake(Reference(name, version=version))
        with self._database.transaction() as session:
            self._registry.lock_model(session, name)
            _, maker = self._registry.tier_and_maker(session, name, version)
            with self._quotas.within(session, project=scope_of(session, name).project, makers=[maker]):
                shares = self.put_live(session, name, version, percent, actor)
        self._publisher.publish()
        return shares

    def put_live(self, session: Session, name: str, version: int, percent: float, actor: Actor) -> list[Share]:
        """Give a version its share, in the caller's transaction. The same release again changes nothing."""
        self._registry.lock_model(session, name)
        self._registry.require_version(session, name, version)
        before = self._ledger.live(session, name)
        shares = with_share(before, version, percent)
        if shares != before:
            self._replace(session, name, before, shares, actor)
        return shares

    def take_out(self, session: Session, name: str, version: int, actor: Actor) -> None:
        """Give a version no traffic any more, in the caller's transaction, also when nothing is live then. No-op when it has none."""
        before = self._ledger.live(session, name)
        if any(share.version == version for share in before):
            shares = with_share(before, version, 0) if len(before) > 1 else []
            self._replace(session, name, before, shares, actor)

    def roll_back(self, name: str, actor: Actor) -> list[Share]:
        """Go back to the release before the present one, and leave that behind: the next rollback goes further back.

        Releases with versions that were removed since are passed over. Conflict when there is none to go back to."""
        with self._database.transaction() as session:
            self._registry.lock_model(session, name)
            before = self._ledger.live(session, name)
            shares = self._ledger.roll_back(session, name, self._registry.version_numbers(session, name))
            if not shares:
                raise Conflict(
                    f"{name!r} has no earlier release to go back to.",
                    hint=f"Make a version live with: unshelf release {name} VERSION.",
                )
            self._log(session, actor, "release.rolled_back", name, before=before, after=shares)
        self._publisher.publish()
        return shares

    def _must_use_tier(self, session: Session, name: str, version: int, actor: Actor) -> None:
        """Raise Forbidden where the version comes onto a tier that the actor may not use; one that is live has its place already."""
        tier, _ = self._registry.tier_and_maker(session, name, version)
        if all(share.version != version for share in self._ledger.live(session, name)):
            self._tiers.must_use(session, actor, tier, scope_of(session, name))

    def _replace(self, session: Session, name: str, before: list[Share], shares: list[Share], actor: Actor) -> None:
        self._ledger.replace(session, name, shares, actor)
        self._log(session, actor, "release.changed", name, before=before, after=shares)

    def _log(
        self, session: Session, actor: Actor, action: str, name: str, *, before: list[Share], after: list[Share]
    ) -> None:
        self._publisher.mark_stale(session, model_part(name))
        changes = [{"release": msgspec.to_builtins(shares)} for shares in (before, after)]
        self._audit.record(session, actor, action, name, changes[1], before=changes[0])

    def _wake(self, reference: Reference) -> None:
        try:
            self._host.wake(reference.name, reference.version or 0)
        except Unavailable as error:  # without a host its first request wakes it, as it would any other version
            logger.warning("not woken before its release", extra={"reference": str(reference), "reason": error.detail})
        except HostRequestFailed as failure:
            if failure.failed.code not in ("not_found", "paused", "runs_elsewhere"):
                raise Conflict(
                    f"{reference} does not start, so it gets no traffic: {failure.detail}", hint=failure.hint
                ) from failure
