"""Alerts with all that tells people of them, over a real database: ana deployed churn, olga owns the project risk, root looks after all."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.notifying import Notifying, notifying
from tests.support.people import NamedHolders
from tests.support.subjects import SubjectWorld, member, person, subject_world
from unshelf.contracts.configs import SmtpOptions
from unshelf.contracts.permissions import Permission
from unshelf.deploy.registry.tables import ModelRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import Scope
from unshelf.foundation.events.tables import EventRow
from unshelf.manage.access.holders import Holders
from unshelf.manage.access.service import HolderKind
from unshelf.manage.watching.service import WatchService
from unshelf.monitor.alerts.alert import Alert, Finding
from unshelf.monitor.alerts.answering import AlertAnswers
from unshelf.monitor.alerts.responsible import Responsible
from unshelf.monitor.alerts.stored import AlertFilter
from unshelf.monitor.alerts.tables import AlertGroupRow, AlertLifeRow, AlertRow
from unshelf.monitor.alerts.telling import AlertTelling
from unshelf.monitor.support.service import SupportService

ANA = member("ana", "risk")
OLGA = member("olga", "risk", "owner")
VERA = member("vera", "risk", "viewer")
ROOT = person("root", "administrator")
STRANGER = person("sten")
_WINDOW = {"since": "2026-11-30T10:00:00+00:00", "until": "2026-11-30T11:00:00+00:00", "rows": 500}
_MOMENTS = {
    AlertRow: ("raised_at", "seen_at", "resolved_at"),
    AlertGroupRow: ("began_at", "told_at"),
    AlertLifeRow: ("acknowledged_at", "snoozed_until", "told_at", "escalated_at", "closed_at"),
}


class KnownPeople:
    """People and groups of tests, and owners of projects."""

    def __init__(self, *actors: Actor) -> None:
        self.actors = {each.id: each for each in actors}
        self.groups: dict[str, list[str]] = {}
        self.owners: dict[str, list[tuple[HolderKind, str]]] = {"risk": [("user", OLGA.id)]}

    def members(self, _session: Session, group_id: str) -> list[str]:
        """The members of a group."""
        return self.groups.get(group_id, [])

    def with_permission(self, _session: Session, permission: Permission, scope: Scope) -> list[str]:
        """Who has a permission on a scope."""
        return [id for id, actor in self.actors.items() if actor.may(permission, scope)]

    def of(self, _session: Session, user_id: str) -> Actor | None:
        """Somebody by the id."""
        return self.actors.get(user_id)

    def groups_among(self, _session: Session, user_ids: Iterable[str]) -> dict[str, list[str]]:
        """The groups of these people."""
        return {user: [group for group, members in self.groups.items() if user in members] for user in user_ids}

    def owners_of(self, _session: Session, project: str) -> list[tuple[HolderKind, str]]:
        """Who owns a project."""
        return self.owners.get(project, [])


class AlertWorld:
    """Alerts, and all that tells people of them."""

    def __init__(self, world: SubjectWorld, made: Notifying, people: KnownPeople) -> None:
        self.world, self.made, self.people = world, made, people
        self.database, self.events, self.alerts = world.database, world.events, world.alerts
        self.notifications = made.notifications
        self.makers = {"churn": ANA.id}
        holders = Holders()
        holders.register("user", NamedHolders("ana", "olga", "vera", "root", "sten"))
        holders.register("group", NamedHolders("night", "empty"))
        self.watching = WatchService(
            self.database, self.events, world.subjects, lambda actor: people.actors.get(actor.id)
        )
        self.support = SupportService(
            self.database, self.events, subjects=world.subjects, holders=holders, has_model=_has_model
        )
        self.responsible = Responsible(
            support=self.support, watching=self.watching, access=people, people=people,
            maker_of=lambda _session, model: self.makers.get(model),
        )  # fmt: skip
        self.answers = AlertAnswers(
            self.database, self.events, self.notifications, alerts=self.alerts, support=self.support, holders=holders,
            people=people,
        )  # fmt: skip
        self.telling = AlertTelling(self.database, self.events, self.notifications, self.responsible)

    def raise_(self, kind: str = "errors_high", model: str | None = "churn", **fields: Any) -> str:
        """Report a problem; the id of its alert."""
        found = {
            "severity": "warning",
            "summary": f"{kind} of {model}.",
            "evidence": {},
            "action": "replace",
            "advice": "Look.",
        }
        self.alerts.report(Finding(kind=kind, model=model, **{**found, **fields}))
        return next(alert.id for alert in self.alerts.open_of(kind) if alert.finding.model == model)

    def pass_(self, **time: float) -> None:
        """Let time pass: every moment that is stored about alerts lies that much further back."""
        by = timedelta(**time)
        with self.database.transaction() as session:
            for table, columns in _MOMENTS.items():
                for row in session.scalars(select(table)):
                    for column in columns:
                        moment = getattr(row, column)
                        if moment is not None:
                            setattr(row, column, moment - by)

    def tell(self) -> None:
        """Let alerts settle, and tell what is due."""
        self.telling.tell()
        self.pass_(seconds=2)
        assert any(self.telling.tell() >= 1 for _ in range(20)), "there is always something due"

    def inbox(self, who: Actor) -> list[tuple[str, str]]:
        """Kind and title of somebody's notifications, the oldest first."""
        page, _ = self.notifications.inbox(who, limit=99)
        return [(each.notification.kind, each.notification.title) for each in reversed(page.items)]

    def found(self, id: str, who: Actor = ROOT) -> Alert:
        """An alert as somebody sees it."""
        return self.alerts.find(who, id)

    def ids(self, who: Actor = ROOT, **wanted: Any) -> list[str]:
        """The ids of the alerts that somebody lists."""
        return [alert.id for alert in self.alerts.list_for(who, AlertFilter(**wanted), limit=100).items]

    def history(self, id: str) -> list[str]:
        """The actions of an alert's events, in order."""
        with self.database.read() as session:
            mine = select(EventRow.action).where(EventRow.subject_kind == "alert", EventRow.subject == id)
            return list(session.scalars(mine.order_by(EventRow.id)))


@contextmanager
def alert_world(folder: Path, *, smtp: SmtpOptions | None = None, hosts: tuple[str, ...] = ()) -> Iterator[AlertWorld]:
    """Open a world of alerts. With `smtp`, ana has an e-mail address; the loops are not started."""
    people = KnownPeople(ANA, OLGA, VERA, ROOT, STRANGER)
    with subject_world(folder) as world:
        made = notifying(
            world.database, folder, subjects=world.subjects, people=people.actors, smtp=smtp, hosts=hosts,
            addresses={ANA.id: "ana@example.com"},
        )  # fmt: skip
        yield AlertWorld(world, made, people)


def drift(ratio: float = 1.5, *columns: str, **more: Any) -> dict[str, Any]:
    """Evidence as a monitor gives it: each column this many times its threshold."""
    return {
        "monitor": "inputs", "version": 2, "window": _WINDOW,
        "reference": "baseline",
        "columns": [
            {"column": name, "measure": "jensen_shannon", "value": 0.1 * ratio, "threshold": 0.1, "say": f"{name} moved."}
            for name in columns or ("income",)
        ],
        **more,
    }  # fmt: skip


def _has_model(session: Session, name: str) -> bool:
    return session.get(ModelRow, name) is not None
