"""The service of quotas: how much projects, people and the installation may use, and what they use."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import cast

from sqlalchemy import ColumnElement, Select, and_, delete, func, or_, select, union
from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import INSTALLATION
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.service import AccessService
from unshelf.manage.projects.lookup import find_project
from unshelf.manage.quotas.accounts import (
    EVERY,
    INSTALLATION_ACCOUNT,
    Account,
    AccountKind,
    accounts_of_makers,
    project_account,
    user_account,
)
from unshelf.manage.quotas.quota import DiskSource, Increase, Quota, UsageSource
from unshelf.manage.quotas.refusal import refusal
from unshelf.manage.quotas.resources import QuotaLimits, ResourceAmounts
from unshelf.manage.quotas.tables import QuotaRow


class QuotaService:
    """Keeps the quotas, and holds changes to them.

    Nothing is counted up and down: what is used follows from what there is, each time. A change is made and measured in one
    transaction, and the database lets one transaction write at a time, so that two changes at once, also in two controls, can't both
    take what is left for one."""

    def __init__(self, database: Database, events: EventStore, access: AccessService, holders: Holders) -> None:
        self._database = database
        self._events = events
        self._access = access
        self._holders = holders
        self._usage: list[UsageSource] = []
        self._on_change: list[tuple[Callable[[Session], None], Callable[[], object]]] = []
        self._disk: list[DiskSource] = []
        self.job_gates: list[Callable[[Session, str], None]] = []
        """Asked before a job of a project is submitted, and before it starts; each raises Forbidden where it may not."""

    def add_usage(self, source: UsageSource) -> None:
        """Have what runs counted by these facts too."""
        self._usage.append(source)

    def must_allow_jobs(self, session: Session, project: str) -> None:
        """Raise Forbidden where no job of a project may begin, for another reason than what it takes: a budget is spent."""
        for gate in self.job_gates:
            gate(session, project)

    def disk_of_project(self, session: Session, project: str) -> int:
        """Return the bytes of the files that count to a project."""
        return self._stored(session, project_account(project))

    def add_disk(self, source: DiskSource) -> None:
        """Have these files counted too."""
        self._disk.append(source)

    def on_change(self, act: Callable[[Session], None], then: Callable[[], object]) -> None:
        """Have something done in the transaction in which a quota is set or removed, and `then` when that is committed."""
        self._on_change.append((act, then))

    def limits_what_runs(self, session: Session, projects: Iterable[str]) -> set[str]:
        """Return those of these projects in which what runs is limited: by their own quota, by people's, or by the installation's."""
        limited = {
            (row.account_kind, row.account) for row in session.scalars(_set_rows()) if QuotaLimits.of(row).of_what_runs
        }
        if any(kind != "project" for kind, _ in limited):
            return set(projects)
        return {each for each in projects if {("project", each), ("project", EVERY)} & limited}

    @contextlib.contextmanager
    def within(self, session: Session, *, project: str | None, makers: Iterable[str] = ()) -> Iterator[None]:
        """Hold what the block changes in this transaction to the quotas of a project, of the people with these labels, and of the
        installation. Raises Forbidden (`quota_exceeded`), which ends the transaction, where more would be used than is allowed."""
        limited = self._limited(session, project, makers)
        before = [self._used(session, account, limits) for account, limits in limited]
        yield
        if limited:
            session.flush()
            for (account, limits), used in zip(limited, before, strict=True):
                self._compare(session, account, limits, used, self._used(session, account, limits))

    def require(
        self, session: Session, needed: ResourceAmounts, *, project: str | None, makers: Iterable[str] = ()
    ) -> None:
        """Raise Forbidden (`quota_exceeded`) where so much more than is used now would be more than is allowed.

        For what no fact shows yet; the caller stores, in the same transaction, the fact that a source counts from then on."""
        for account, limits in self._limited(session, project, makers):
            used = self._used(session, account, limits)
            self._compare(session, account, limits, used, used.plus(needed))

    def limits_disk(self, session: Session, *, project: str | None, makers: Iterable[str] = ()) -> bool:
        """Whether files that count to these accounts are limited."""
        limited = self._limited(session, project, makers)
        return any(limits.disk_bytes is not None for _, limits in limited)

    def of_project(self, name: str) -> Quota:
        """Return the quota of a project with what it uses. Raises NotFound."""
        with self._database.read() as session:
            find_project(session, name)
            return self._quota(session, project_account(name), name)

    def of_person(self, actor: Actor) -> Quota | None:
        """Return the actor's own quota with what they use; None for a key that nobody answers for."""
        with self._database.read() as session:
            found = accounts_of_makers(session, [actor.label])
            return self._quota(session, found[0], found[0].title) if found else None

    def of_all(self) -> list[Quota]:
        """Return all quotas that were set, the installation's first."""
        with self._database.read() as session:
            rows = session.scalars(_set_rows().order_by(QuotaRow.account_kind, QuotaRow.account))
            return [self._quota_of_row(session, row) for row in rows]

    def set(self, actor: Actor, kind: AccountKind, name: str, limits: QuotaLimits) -> Quota:
        """Set the quota of a project, a user, or the installation, in place of an earlier one; `*`: of each project or user without
        one of their own. Raises NotFound."""
        actor.must(Permission.QUOTAS_MANAGE)
        if not limits.given:
            raise InvalidInput("A quota limits something.", hint="Give a limit, or remove the quota.")
        with self._database.transaction() as session:
            account = self._named(session, kind, name)
            row = session.scalar(_set_rows().where(_of(kind, account)))
            before = None if row is None else QuotaLimits.of(row).given
            if row is None:
                row = QuotaRow(id=new_id(), account_kind=kind, account=account, request=None, expires_at=None)
                session.add(row)
            row.set_at, row.set_by = now(), actor.label
            _write(row, limits)
            session.flush()
            self._changed(session)
            self._events.record(session, actor, "quota.set", _subject(kind, name), before=before, after=limits.given)
            quota = self._quota_of_row(session, row)
        self._tell()
        return quota

    def remove(self, actor: Actor, kind: AccountKind, name: str) -> None:
        """Remove a quota with its increases; the one for all without their own holds then. Raises NotFound where there is none."""
        actor.must(Permission.QUOTAS_MANAGE)
        with self._database.transaction() as session:
            account = self._named(session, kind, name)
            row = session.scalar(_set_rows().where(_of(kind, account)))
            if row is None:
                raise NotFound(f"There is no quota of the {kind} {name[:80]!r}.", hint="`unshelf quotas` lists them.")
            before = QuotaLimits.of(row).given
            session.execute(delete(QuotaRow).where(_of(kind, account)))
            self._changed(session)
            self._events.record(session, actor, "quota.removed", _subject(kind, name), before=before)
        self._tell()

    def increase(
        self, session: Session, project: str, limits: QuotaLimits, *, request: str, by: str, expires_at: datetime | None
    ) -> None:
        """Increase the quota of a project up to these limits, in the transaction of the decision of a request."""
        row = QuotaRow(
            id=new_id(), account_kind="project", account=project, request=request, set_at=now(), set_by=by,
            expires_at=expires_at,
        )  # fmt: skip
        _write(row, limits)
        session.add(row)

    def limits_of(self, session: Session, account: Account) -> QuotaLimits | None:
        """Return the limits in force for an account; None: there are none."""
        row = self._row(session, account)
        if row is None:
            return None
        limits = QuotaLimits.of(row)
        for each in self._increases(session, account):
            limits = limits.raised_to(each.limits)
        return limits

    def administrators(self, session: Session) -> list[str]:
        """Return who may change quotas and tiers: names of users, and of groups as `group NAME`."""
        held = self._access.holders_of(session, Permission.QUOTAS_MANAGE, INSTALLATION)
        users = self._holders.names_of(session, "user", [holder for kind, holder in held if kind == "user"])
        groups = self._holders.names_of(session, "group", [holder for kind, holder in held if kind == "group"])
        return [*sorted(users.values()), *(f"group {name}" for name in sorted(groups.values()))]

    def _limited(
        self, session: Session, project: str | None, makers: Iterable[str]
    ) -> list[tuple[Account, QuotaLimits]]:
        """The accounts that a change counts to, of those that have limits."""
        kinds = set(session.scalars(select(QuotaRow.account_kind).distinct()))
        accounts = [] if project is None or "project" not in kinds else [project_account(project)]
        if "user" in kinds:
            accounts += accounts_of_makers(session, makers)
        if "installation" in kinds:
            accounts.append(INSTALLATION_ACCOUNT)
        found = ((account, self.limits_of(session, account)) for account in accounts)
        return [(account, limits) for account, limits in found if limits is not None]

    def _used(self, session: Session, account: Account, limits: QuotaLimits | None = None) -> ResourceAmounts:
        """Return what an account uses, as far as its limits ask; without limits, all of it."""
        used = ResourceAmounts()
        if limits is None or limits.of_what_runs:
            for source in self._usage:
                used = used.plus(source.used(session, account))
        if limits is None or limits.disk_bytes is not None:
            used = used.plus(ResourceAmounts(disk_bytes=self._stored(session, account)))
        return used

    def _stored(self, session: Session, account: Account) -> int:
        """The bytes of the files that count to an account, each once."""
        selects = [files for source in self._disk for files in source.files(account)]
        if not selects:
            return 0
        files = union(*selects).subquery()
        return int(session.scalar(select(func.sum(files.c[1]))) or 0)

    def _compare(
        self, session: Session, account: Account, limits: QuotaLimits, before: ResourceAmounts, after: ResourceAmounts
    ) -> None:
        if limits.exceeded(before, after):
            raise refusal(account, limits, before=before, after=after, administrators=self.administrators(session))

    def _quota(self, session: Session, account: Account, name: str) -> Quota:
        row = self._row(session, account)
        return Quota(
            kind=account.kind, name=name, limits=self.limits_of(session, account),
            is_default=row is not None and row.account != account.name, used=self._used(session, account),
            increases=[] if row is None else self._increases(session, account),
            set_at=None if row is None else row.set_at, set_by=None if row is None else row.set_by,
        )  # fmt: skip

    def _quota_of_row(self, session: Session, row: QuotaRow) -> Quota:
        kind = cast(AccountKind, row.account_kind)
        if row.account == EVERY and kind != "installation":
            return Quota(
                kind=kind, name=EVERY, limits=QuotaLimits.of(row), is_default=True, used=ResourceAmounts(), increases=[],
                set_at=row.set_at, set_by=row.set_by,
            )  # fmt: skip
        account = INSTALLATION_ACCOUNT if kind == "installation" else project_account(row.account)
        if kind == "user":
            account = user_account(session, row.account) or Account(kind="user", name=row.account, title=row.account)
        return self._quota(session, account, account.title if kind == "user" else account.name)

    def _changed(self, session: Session) -> None:
        for act, _ in self._on_change:
            act(session)

    def _tell(self) -> None:
        for _, then in self._on_change:
            then()

    def _row(self, session: Session, account: Account) -> QuotaRow | None:
        """The quota that holds for an account: its own, else that of all without one."""
        rows = session.scalars(_set_rows().where(_of(account.kind, account.name, EVERY)))
        return min(rows, key=lambda row: row.account == EVERY, default=None)

    def _increases(self, session: Session, account: Account) -> list[Increase]:
        in_force = or_(QuotaRow.expires_at.is_(None), QuotaRow.expires_at > now())
        given = select(QuotaRow).where(_of(account.kind, account.name), QuotaRow.request.is_not(None), in_force)
        return [
            Increase(request=row.request or "", limits=QuotaLimits.of(row), expires_at=row.expires_at)
            for row in session.scalars(given.order_by(QuotaRow.id))
        ]

    def _named(self, session: Session, kind: AccountKind, name: str) -> str:
        """The account of a name. Raises NotFound, InvalidInput."""
        if kind == "installation" and name != EVERY:
            raise InvalidInput("There is one installation: write its name as `*`.")
        if name == EVERY:
            return EVERY
        return find_project(session, name).name if kind == "project" else self._holders.id_of(session, "user", name)


def _subject(kind: AccountKind, name: str) -> Subject:
    project = name if kind == "project" and name != EVERY else None
    return Subject(kind="quota", name=f"{kind}/{name}", project=project)


def _set_rows() -> Select[QuotaRow]:
    return select(QuotaRow).where(QuotaRow.request.is_(None))


def _of(kind: AccountKind, *names: str) -> ColumnElement[bool]:
    return and_(QuotaRow.account_kind == kind, QuotaRow.account.in_(names))


def _write(row: QuotaRow, limits: QuotaLimits) -> None:
    row.cores, row.memory_bytes, row.gpus = limits.cores, limits.memory_bytes, limits.gpus
    row.disk_bytes, row.replicas = limits.disk_bytes, limits.replicas
