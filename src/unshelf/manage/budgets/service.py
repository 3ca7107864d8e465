"""The service of budgets: set, watched, and asked before a job begins."""

from collections.abc import Callable
from typing import cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Forbidden, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.access.scopes import INSTALLATION, Scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.manage.budgets.budget import EVERYTHING, MonthlyBudget, Stops, check_thresholds
from unshelf.manage.budgets.tables import BudgetAlertRow, BudgetRow
from unshelf.manage.notifications.notification import NotificationKind
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.projects.lookup import find_project
from unshelf.manage.usage.service import UsageService
from unshelf.manage.usage.usage import month_of

REACHED = NotificationKind(
    name="budget.reached", description="A budget of yours, or of a project that you look after, reached a threshold."
)
PeopleWith = Callable[[Session, Permission, Scope], list[str]]
"""Finds the ids of the people with a permission on a scope."""


class BudgetService:
    """Keeps budgets. What was spent is looked at as use is taken in, every few minutes: a budget can be passed by what runs meanwhile."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        notifications: NotificationService,
        usage: UsageService,
        *,
        currency: str,
        people_with: PeopleWith,
    ) -> None:
        notifications.register(REACHED)
        self._database = database
        self._events = events
        self._notifications = notifications
        self._usage = usage
        self._currency = currency
        self._people_with = people_with
        self._on_change: Callable[[], None] = lambda: None

    def on_change(self, act: Callable[[], None]) -> None:
        """Have something done after budgets, or what was spent of them, may have changed."""
        self._on_change = act

    def all(self) -> list[MonthlyBudget]:
        """List every budget, for the platform itself."""
        with self._database.read() as session:
            return [self._budget(row) for row in session.scalars(select(BudgetRow).order_by(BudgetRow.project))]

    def list_for(self, actor: Actor) -> list[MonthlyBudget]:
        """List the budgets that the actor may see, the installation's first."""
        with self._database.read() as session:
            rows = session.scalars(select(BudgetRow).order_by(BudgetRow.project))
            return [self._budget(row) for row in rows if _may_see(actor, row.project)]

    def show(self, actor: Actor, project: str) -> MonthlyBudget:
        """Return a budget. Raises NotFound."""
        with self._database.read() as session:
            row = session.get(BudgetRow, project)
            if row is None or not _may_see(actor, project):
                raise _missing(project)
            return self._budget(row)

    def set(self, actor: Actor, project: str, *, amount: float, thresholds: list[int], stops: Stops) -> MonthlyBudget:
        """Set the budget of a project, or of the installation (`*`), in place of an earlier one. Raises NotFound, Forbidden."""
        thresholds = check_thresholds(thresholds)
        self._usage.refresh()
        with self._database.transaction() as session:
            row = self._may_change(session, actor, project)
            before = None if row is None else _plain(row)
            if row is None:
                row = BudgetRow(project=project, spent=0.0, month="")
                session.add(row)
            row.amount, row.thresholds, row.stops = amount, thresholds, stops
            row.is_operators = actor.may(Permission.QUOTAS_MANAGE, INSTALLATION)
            row.set_at, row.set_by, row.set_by_id = now(), actor.label, actor.id
            row.spent, row.month = self._spent(session, project)
            # People hear of a threshold once a month; those of another amount are others.
            session.execute(delete(BudgetAlertRow).where(BudgetAlertRow.project == project))
            self._events.record(session, actor, "budget.set", _subject(project), before=before, after=_plain(row))
            self._tell(session, row)
            budget = self._budget(row)
        self._on_change()
        return budget

    def remove(self, actor: Actor, project: str) -> None:
        """Remove a budget. Raises NotFound, Forbidden."""
        with self._database.transaction() as session:
            row = self._may_change(session, actor, project)
            if row is None:
                raise _missing(project)
            before = _plain(row)
            session.execute(delete(BudgetAlertRow).where(BudgetAlertRow.project == project))
            session.delete(row)
            self._events.record(session, actor, "budget.removed", _subject(project), before=before)
        self._on_change()

    def watch(self) -> None:
        """Look at what was spent of each budget, and tell people of thresholds that were reached."""
        with self._database.read() as session:
            projects = list(session.scalars(select(BudgetRow.project)))
            found = {project: self._spent(session, project) for project in projects}
        for project, (spent, month) in found.items():
            with self._database.transaction() as session:
                row = session.get(BudgetRow, project)
                if row is not None and (row.spent, row.month) != (spent, month):
                    row.spent, row.month = spent, month
                    self._tell(session, row)
        self._on_change()

    def must_allow_jobs(self, session: Session, project: str) -> None:
        """Raise Forbidden (`quota_exceeded`) where a budget is spent that lets no more jobs begin."""
        month = str(month_of(now()))
        for row in session.scalars(select(BudgetRow).where(BudgetRow.project.in_([project, EVERYTHING]))):
            if row.stops == "jobs" and row.month == month and row.spent >= row.amount:
                raise Forbidden(
                    f"The budget of {_title(row.project)} is spent: {row.spent:.2f} of {row.amount:.2f} {self._currency} in {month}. "
                    "No job begins until the month ends or the budget is raised.",
                    hint=f"{row.set_by} set it, and can raise it: `unshelf budgets set {row.project} AMOUNT`.",
                    code="quota_exceeded",
                )

    def _may_change(self, session: Session, actor: Actor, project: str) -> BudgetRow | None:
        """The budget that there is; raises where the actor may not change it."""
        if project == EVERYTHING:
            actor.must(Permission.QUOTAS_MANAGE, INSTALLATION)
            return session.get(BudgetRow, project)
        scope = project_scope(project)
        if not (actor.may(Permission.PROJECT_READ, scope) or actor.may(Permission.QUOTAS_MANAGE, INSTALLATION)):
            raise NotFound(f"There is no project {project[:80]!a}, or you may not see it.")
        find_project(session, project)
        row = session.get(BudgetRow, project)
        if not actor.may(Permission.QUOTAS_MANAGE, INSTALLATION):
            actor.must(Permission.PROJECT_MANAGE, scope)
            if row is not None and row.is_operators:
                raise Forbidden(
                    f"{row.set_by} set this budget, who may set those of all projects.",
                    hint="Ask them, or an administrator, to change it.",
                )
        return row

    def _spent(self, session: Session, project: str) -> tuple[float, str]:
        month = month_of(now())
        return self._usage.spent(session, None if project == EVERYTHING else project, month), str(month)

    def _tell(self, session: Session, row: BudgetRow) -> None:
        """Tell of the highest threshold that is reached, once a month each."""
        reached = [each for each in row.thresholds if row.spent >= row.amount * each / 100]
        told = set(
            session.scalars(
                select(BudgetAlertRow.threshold).where(
                    BudgetAlertRow.project == row.project, BudgetAlertRow.month == row.month
                )
            )
        )
        new = [each for each in reached if each not in told]
        if not new:
            return
        for each in new:
            session.add(BudgetAlertRow(project=row.project, month=row.month, threshold=each, at=now()))
        subject, spent = _subject(row.project), f"{row.spent:.2f} of {row.amount:.2f} {self._currency}"
        after = {"threshold": new[-1], "spent": row.spent, "amount": row.amount, "month": row.month}
        self._events.record(session, SYSTEM, "budget.reached", subject, after=after)
        permission = Permission.QUOTAS_MANAGE if row.project == EVERYTHING else Permission.PROJECT_MANAGE
        scope = INSTALLATION if row.project == EVERYTHING else project_scope(row.project)
        stopped = row.stops == "jobs" and row.spent >= row.amount
        self._notifications.notify(
            session, [row.set_by_id, *self._people_with(session, permission, scope)], subject, kind=REACHED.name,
            title=f"{new[-1]} % of the budget of {_title(row.project)} is spent: {spent} in {row.month}",
            body="No job begins until the month ends or the budget is raised; models go on answering."
            if stopped else "Everything goes on.",
            link="/usage" if row.project == EVERYTHING else f"/usage?project={row.project}",
        )  # fmt: skip

    def _budget(self, row: BudgetRow) -> MonthlyBudget:
        this = str(month_of(now()))
        return MonthlyBudget(
            project=row.project, amount=row.amount, currency=self._currency, thresholds=row.thresholds,
            stops=cast(Stops, row.stops), is_operators=row.is_operators, month=this,
            spent=row.spent if row.month == this else 0.0, set_at=row.set_at, set_by=row.set_by,
        )  # fmt: skip


def _may_see(actor: Actor, project: str) -> bool:
    if actor.may(Permission.USAGE_READ, INSTALLATION) or actor.may(Permission.QUOTAS_MANAGE, INSTALLATION):
        return True
    return project != EVERYTHING and actor.may(Permission.PROJECT_READ, project_scope(project))


def _subject(project: str) -> Subject:
    return Subject(kind="budget", name=project, project=None if project == EVERYTHING else project)


def _title(project: str) -> str:
    return "the installation" if project == EVERYTHING else f"the project {project}"


def _plain(row: BudgetRow) -> dict[str, object]:
    return {"amount": row.amount, "thresholds": list(row.thresholds), "stops": row.stops}


def _missing(project: str) -> NotFound:
    return NotFound(
        f"There is no budget of {project[:80]!a}, or you may not see it.", hint="`unshelf budgets` lists them."
    )
