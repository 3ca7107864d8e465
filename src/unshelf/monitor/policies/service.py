"""The service of policies: set, listed and deleted by those who could do the same by hand."""

from typing import cast

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.develop.starting.names import check_name
from unshelf.foundation.access.actors import Actor, unseen
from unshelf.foundation.access.filters import visible_places
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import Scope, model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.service import HasModel
from unshelf.manage.projects.lookup import find_open_project
from unshelf.monitor.alerts.alert import Severity
from unshelf.monitor.decisions.acts import StartAgain
from unshelf.monitor.policies.policy import (
    AlertPolicy,
    PolicyAct,
    PolicyOrder,
    StartKind,
    check_policy,
    refuse_elsewhere,
)
from unshelf.monitor.policies.tables import AlertPolicyActRow, AlertPolicyRow


class PolicyService:
    """Keeps policies. Who sets one lends it the right to do what it does, for as long as they have that right."""

    def __init__(
        self, database: Database, events: EventStore, *, subjects: Subjects, starters: StartAgain, has_model: HasModel,
        runs_elsewhere: HasModel,
    ) -> None:  # fmt: skip
        """`runs_elsewhere`: whether a model that there is runs on other infrastructure."""
        self._database = database
        self._events = events
        self._starters = starters
        self._has_model = has_model
        self._runs_elsewhere = runs_elsewhere
        self._subjects = subjects
        subjects.on_removed(_forget)

    def create(self, actor: Actor, wanted: PolicyOrder) -> AlertPolicy:
        """Set a policy. Raises NotFound without such a model, project or target, Forbidden without the right to do what it does,
        RunsElsewhere for what can't be done from here, and Conflict for a name that the project has already."""
        check_name("policy", wanted.name)
        check_policy(wanted)
        with self._database.transaction() as session:
            scope = self._scope(session, wanted)
            actor.must_see(scope)
            find_open_project(session, scope.project)
            actor.must(Permission.ALERTS_MANAGE, scope)
            if wanted.act == "start":
                self._starters.require(actor, str(wanted.start_kind), str(wanted.start_target))
            else:
                actor.must(Permission.MODEL_RELEASE, scope)
                if wanted.model is not None and self._runs_elsewhere(session, wanted.model):
                    refuse_elsewhere(wanted.model)
            _refuse_same_name(session, scope.project, wanted.name)
            row = AlertPolicyRow(
                id=new_id(), name=wanted.name, project=scope.project, model=wanted.model, kinds=list(wanted.kinds),
                severity=wanted.severity, act=wanted.act, start_kind=wanted.start_kind,
                start_target=wanted.start_target, hours=wanted.hours, created_at=now(), created_by=actor.label,
                actor_id=actor.id,
            )  # fmt: skip
            session.add(row)
            session.flush()
            self._events.record(session, actor, "alert_policy.set", _subject_of(row), after=_plain(row))
            return policy_of(session, row)

    def list_for(
        self, actor: Actor, *, model: str | None = None, project: str | None = None, limit: int,
        cursor: str | None = None,
    ) -> Page[AlertPolicy]:  # fmt: skip
        """List the policies that the actor may see, the newest first; `model`: those that answer alerts of one model."""
        may_see = visible_places(
            AlertPolicyRow.model, AlertPolicyRow.project, actor, Permission.ALERTS_READ, Permission.ALERTS_READ
        )
        query = select(AlertPolicyRow).where(may_see)
        if project is not None:
            query = query.where(AlertPolicyRow.project == project)
        with self._database.read() as session:
            if model is not None:
                of_project = AlertPolicyRow.project == scope_of(session, model).project
                query = query.where(or_(AlertPolicyRow.model == model, AlertPolicyRow.model.is_(None)), of_project)
            page = read_page(session, query, [SortKey(AlertPolicyRow.id, descending=True)], limit=limit, cursor=cursor)
            return Page([policy_of(session, row) for row in page.items], page.next_cursor)

    def show(self, actor: Actor, id: str) -> AlertPolicy:
        """Return a policy. Raises NotFound."""
        with self._database.read() as session:
            return policy_of(session, _visible(session, actor, id))

    def delete(self, actor: Actor, id: str) -> None:
        """Delete a policy: from then on it does nothing."""
        with self._database.transaction() as session:
            row = _visible(session, actor, id)
            actor.must(Permission.ALERTS_MANAGE, _scope_of(session, row))
            self._events.record(session, actor, "alert_policy.deleted", _subject_of(row), before=_plain(row))
            self._subjects.removed(session, "alert_policy", [row.id])
            session.delete(row)

    def _scope(self, session: Session, wanted: PolicyOrder) -> Scope:
        if wanted.model is None:
            return project_scope(str(wanted.project))
        if not self._has_model(session, wanted.model):
            raise unseen(model_scope(wanted.model))
        return scope_of(session, wanted.model)


def policy_of(session: Session, row: AlertPolicyRow) -> AlertPolicy:
    """The policy of a row, with what it did last."""
    acts = select(AlertPolicyActRow).where(AlertPolicyActRow.policy == row.id)
    last = session.scalars(acts.order_by(AlertPolicyActRow.id.desc()).limit(1)).first()
    return AlertPolicy(
        id=row.id, name=row.name, project=row.project, model=row.model, kinds=tuple(row.kinds),
        severity=cast(Severity, row.severity), act=cast(PolicyAct, row.act),
        start_kind=cast(StartKind | None, row.start_kind), start_target=row.start_target, hours=row.hours,
        created_at=row.created_at, created_by=row.created_by, actor_id=row.actor_id,
        last_at=None if last is None else last.at, last_model=None if last is None else last.model,
        last_outcome="" if last is None else last.outcome, last_error="" if last is None else last.error,
    )  # fmt: skip


def _visible(session: Session, actor: Actor, id: str) -> AlertPolicyRow:
    row = session.get(AlertPolicyRow, id)
    if row is None or not actor.may(Permission.ALERTS_READ, _scope_of(session, row)):
        raise NotFound(
            f"There is no policy {id[:80]!a}, or you may not see it.", hint="`unshelf alerts policies` shows their ids."
        )
    return row


def _scope_of(session: Session, row: AlertPolicyRow) -> Scope:
    return project_scope(row.project) if row.model is None else scope_of(session, row.model)


def _refuse_same_name(session: Session, project: str, name: str) -> None:
    same = select(AlertPolicyRow.id).where(AlertPolicyRow.project == project, AlertPolicyRow.name == name)
    if session.scalars(same).first() is not None:
        raise Conflict(
            f"The project {project!r} has a policy {name!r} already.", hint="Delete it, or take another name."
        )


def _subject_of(row: AlertPolicyRow) -> Subject:
    return Subject(kind="alert_policy", name=row.id, model=row.model, project=row.project)


def _plain(row: AlertPolicyRow) -> dict[str, object]:
    return {
        "name": row.name, "kinds": list(row.kinds), "severity": row.severity, "act": row.act,
        "start_kind": row.start_kind, "start_target": row.start_target, "hours": row.hours,
    }  # fmt: skip


def _forget(session: Session, kind: str, names: list[str]) -> None:
    if kind == "model":
        for row in session.scalars(select(AlertPolicyRow).where(AlertPolicyRow.model.in_(names))):
            session.delete(row)
