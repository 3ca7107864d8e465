"""The service of tiers: their prices, and who may use which."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, cast

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.tiers import Tier
from unshelf.foundation.access.actors import Actor, end_within
from unshelf.foundation.access.scopes import INSTALLATION, Scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.roles import Roles
from unshelf.manage.projects.lookup import find_project
from unshelf.manage.tiers.tables import TierRightRow, TierRow
from unshelf.manage.tiers.tier import OfferedTier, RightHolder, TierQueue, TierRight

GroupsOf = Callable[[Session, str], list[str]]
"""Finds the ids of the groups that a user is in."""


class TierService:
    """Keeps prices and rights. A tier that nobody restricted is everybody's."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        hardware: Mapping[str, Tier],
        *,
        holders: Holders,
        roles: Roles,
        groups_of: GroupsOf,
    ) -> None:
        """`hardware`: the tiers of the settings."""
        self._database = database
        self._events = events
        self.hardware = hardware
        self._holders = holders
        self._roles = roles
        self._groups_of = groups_of
        self.queues: Callable[[], Mapping[str, TierQueue]] = dict
        """Tells how many jobs of each tier could start and how many wait; the capability that runs jobs sets it."""
        self.before_price_change: Callable[[], object] = lambda: None
        """Called before a price changes, outside of any transaction: to have counted what was used at the old one."""
        self.on_change: Callable[[Session], object] = lambda _session: None
        """Called in the transaction of a change."""
        self.after_change: Callable[[], object] = lambda: None
        """Called once a change is committed."""
        self.currency = ""
        """The currency of prices; empty: any."""

    def list_all(self) -> list[OfferedTier]:
        """Return all tiers, in the order of the settings."""
        with self._database.read() as session:
            rows = {row.name: row for row in session.scalars(select(TierRow))}
        return [self._offered(name, rows.get(name)) for name in self.hardware]

    def usable(self, actor: Actor, project: str | None = None) -> set[str]:
        """Return the tiers that the actor may use, in a project or at all."""
        scope = INSTALLATION if project is None else Scope(kind="project", project=project)
        with self._database.read() as session:
            return {name for name in self.hardware if self._may(session, actor, name, scope)}

    def must_use(self, session: Session, actor: Actor, tier: str, scope: Scope) -> None:
        """Raise Forbidden unless the actor may use a tier for what lies in this scope. A tier that there is not is everybody's here:
        the host says which there are."""
        if self._may(session, actor, tier, scope):
            return
        rights = self._named(session, list(session.scalars(_rights_of(tier))))
        who = sorted({f"the {each.holder_kind} {each.holder}" for each in rights if each.holder_kind != "user"})
        others = f" It is for {', '.join(who)}." if who else ""
        ask = f"Ask for it: unshelf requests tier {tier} --reason TEXT."
        raise Forbidden(
            f"{actor.label!r} may not use the tier {tier!r}.{others}",
            hint=ask if actor.kind == "user" else "An administrator may grant it to a project: `unshelf tiers grant`.",
        )

    def change(
        self, actor: Actor, name: str, *, price: Decimal | None, currency: str, restricted: bool, reason: str = ""
    ) -> OfferedTier:
        """Set the price of a tier, and whether it takes a right. Raises NotFound."""
        actor.must(Permission.QUOTAS_MANAGE)
        self.must_exist(name)
        if price is not None:
            currency = currency or self.currency
            if self.currency and currency != self.currency:
                raise InvalidInput(
                    f"Prices are in {self.currency} here, not in {currency[:16]}: reports add them up.",
                    hint=f"Give the price in {self.currency}, or have the operator set UNSHELF_CURRENCY.",
                )
        self.before_price_change()
        with self._database.transaction() as session:
            row = session.get(TierRow, name)
            before = _plain(self._offered(name, row))
            if row is None:
                row = TierRow(name=name)
                session.add(row)
            row.price, row.currency, row.restricted = price, currency, restricted
            changed = self._offered(name, row)
            self._log(session, actor, "tier.changed", name, before=before, after=_plain(changed), reason=reason)
            session.flush()
            self.on_change(session)
        self.after_change()
        return changed

    def rights(self, name: str) -> list[TierRight]:
        """Return the rights to a tier that have not ended, the oldest first. Raises NotFound."""
        self.must_exist(name)
        with self._database.read() as session:
            return self._named(session, list(session.scalars(_rights_of(name).order_by(TierRightRow.id))))

    def grant(
        self, actor: Actor, tier: str, kind: RightHolder, name: str, *, expires_at: datetime | None, reason: str = ""
    ) -> TierRight:
        """Give somebody the right to a tier; without an end it ends with the actor's own right. Raises NotFound, Forbidden for longer."""
        actor.must(Permission.QUOTAS_MANAGE)
        self.must_exist(tier)
        limit = actor.end_of({Permission.QUOTAS_MANAGE}, INSTALLATION)
        expires_at = end_within(expires_at, limit, "The right to a tier")
        with self._database.transaction() as session:
            holder = self._holder(session, kind, name)
            return self.grant_in(session, actor, tier, kind, holder, expires_at=expires_at, reason=reason)

    def grant_in(
        self,
        session: Session,
        actor: Actor,
        tier: str,
        kind: RightHolder,
        holder: str,
        *,
        expires_at: datetime | None,
        request: str | None = None,
        reason: str = "",
    ) -> TierRight:
        """As `grant`, by the holder's id, in the transaction of something larger that has judged the actor."""
        if expires_at is not None and expires_at <= now():
            raise InvalidInput("The right would have ended already.", hint="Give a moment to come.")
        row = TierRightRow(
            id=new_id(), tier=tier, holder_kind=kind, holder=holder, request=request, created_at=now(),
            created_by=actor.label, created_by_id=actor.id, expires_at=expires_at,
        )  # fmt: skip
        session.add(row)
        detail = {"holder_kind": kind, "holder": holder}
        if expires_at is not None:
            detail["expires_at"] = expires_at.isoformat()
        self._log(session, actor, "tier.granted", tier, after=detail, reason=reason)
        session.flush()
        return self._named(session, [row])[0]

    def revoke(self, actor: Actor, tier: str, right_id: str, *, reason: str = "") -> None:
        """Take a right away. What runs goes on. Raises NotFound."""
        actor.must(Permission.QUOTAS_MANAGE)
        with self._database.transaction() as session:
            row = session.get(TierRightRow, right_id)
            if row is None or row.tier != tier:
                raise NotFound(f"There is no right {right_id[:80]!r}.", hint="`unshelf tiers show NAME` lists them.")
            before = {"holder_kind": row.holder_kind, "holder": row.holder}
            session.delete(row)
            self._log(session, actor, "tier.revoked", tier, before=before, reason=reason)

    def must_exist(self, name: str) -> None:
        """Raise NotFound unless there is this tier."""
        if name not in self.hardware:
            raise NotFound(f"There is no tier {name[:80]!r}.", hint=f"The tiers are {', '.join(self.hardware)}.")

    def may(self, session: Session, actor: Actor, tier: str) -> bool:
        """Whether an actor may use a tier anywhere, without regard to projects."""
        return self._may(session, actor, tier, INSTALLATION)

    def _may(self, session: Session, actor: Actor, tier: str, scope: Scope) -> bool:
        row = session.get(TierRow, tier)
        if row is None or not row.restricted or actor.may(Permission.QUOTAS_MANAGE):
            return True
        own = [and_(TierRightRow.holder_kind == "project", TierRightRow.holder == scope.project)]
        if actor.kind == "user":
            own.append(and_(TierRightRow.holder_kind == "user", TierRightRow.holder == actor.id))
            groups = self._groups_of(session, actor.id)
            own.append(and_(TierRightRow.holder_kind == "group", TierRightRow.holder.in_(groups)))
        if session.scalar(_rights_of(tier).where(or_(*own)).limit(1)) is not None:
            return True
        roles = session.scalars(_rights_of(tier).where(TierRightRow.holder_kind == "role"))
        return any(self._has_role(actor, right.holder, scope) for right in roles)

    def _has_role(self, actor: Actor, role: str, scope: Scope) -> bool:
        """Whether the actor may do all that a role allows."""
        permissions = self._roles.permissions_of(role)
        return bool(permissions) and all(actor.may(permission, scope) for permission in permissions)

    def _holder(self, session: Session, kind: RightHolder, name: str) -> str:
        if kind == "role":
            return self._roles.find(name).name
        if kind == "project":
            return find_project(session, name).name
        return self._holders.id_of(session, kind, name)

    def _named(self, session: Session, rows: list[TierRightRow]) -> list[TierRight]:
        names: dict[str, str] = {}
        for kind in ("user", "group"):
            names |= self._holders.names_of(session, kind, [row.holder for row in rows if row.holder_kind == kind])
        return [
            TierRight(
                id=row.id, tier=row.tier, holder_kind=cast(RightHolder, row.holder_kind),
                holder=names.get(row.holder, row.holder), request=row.request, created_at=row.created_at,
                created_by=row.created_by, expires_at=row.expires_at,
            )
            for row in rows
        ]  # fmt: skip

    def _offered(self, name: str, row: TierRow | None) -> OfferedTier:
        return OfferedTier(
            name=name, hardware=self.hardware[name], price=None if row is None else row.price,
            currency="" if row is None else row.currency, restricted=row is not None and row.restricted,
        )  # fmt: skip

    def _log(self, session: Session, actor: Actor, action: str, tier: str, **more: Any) -> None:
        self._events.record(session, actor, action, Subject(kind="tier", name=tier), **more)


def _rights_of(tier: str) -> Select[TierRightRow]:
    return select(TierRightRow).where(TierRightRow.tier == tier, _in_force())


def _in_force() -> ColumnElement[bool]:
    return or_(TierRightRow.expires_at.is_(None), TierRightRow.expires_at > now())


def _plain(tier: OfferedTier) -> dict[str, Any]:
    price = None if tier.price is None else str(tier.price)
    return {"price": price, "currency": tier.currency, "restricted": tier.restricted}
