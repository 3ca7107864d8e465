"""The service of goals: set, tie to them what works towards them, note values, and see how far they are."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.manage.access.holders import Holders
from unshelf.manage.goals.goal import Direction, FindTie, Goal, GoalTie, GoalValue, SeesTie, ValueSource, missing_of
from unshelf.manage.goals.tables import GoalRow, GoalTieRow, GoalValueRow
from unshelf.manage.projects.lookup import find_project


@dataclass(frozen=True, kw_only=True)
class GoalFields:
    """Fields of a goal to set; None leaves one as it is, or empty in a new goal."""

    title: str | None = None
    description: str | None = None
    owner: str | None = None
    """A user's login name; empty: nobody."""
    due: date | None = None
    metric: str | None = None
    direction: Direction | None = None
    target: float | None = None
    worth: str | None = None


class GoalService:
    """Keeps the goals. Their values come from people who note them, and from what is tied."""

    def __init__(self, database: Database, events: EventStore, holders: Holders) -> None:
        self._database = database
        self._events = events
        self._holders = holders
        self._ties: dict[str, FindTie] = {}
        self._sees: dict[str, SeesTie] = {}
        self._sources: list[ValueSource] = []

    def add_tie_kind(self, kind: str, find: FindTie, sees: SeesTie) -> None:
        """Have things of a kind tied to goals, and seen by those who may see them."""
        self._ties[kind], self._sees[kind] = find, sees

    def add_source(self, source: ValueSource) -> None:
        """Have values come from these facts too."""
        self._sources.append(source)

    def create(self, actor: Actor, project: str, fields: GoalFields) -> Goal:
        """Set a goal. Without an owner, the user who sets it owns it. Raises NotFound for a user that there is not."""
        actor.must(Permission.PROJECT_MANAGE, project_scope(project))
        if not fields.title:
            raise InvalidInput("A goal needs a title.")
        with self._database.transaction() as session:
            find_project(session, project)
            row = GoalRow(
                id=new_id(), project=project, title=fields.title, description="", due=None, metric="",
                direction="at_least", target=None, worth="", created_at=now(), created_by=actor.label, closed_at=None,
                owner=actor.id if actor.kind == "user" else None,
            )  # fmt: skip
            changed = self._set(session, row, fields)
            session.add(row)
            session.flush()
            self._log(session, actor, "goal.set", row, after={"title": row.title, **changed})
            return self._goals_of(session, actor, [row])[0]

    def list_of(
        self, actor: Actor, project: str, *, closed: bool = False, limit: int, cursor: str | None = None
    ) -> Page[Goal]:
        """List a project's goals, the oldest first: those that are open, or closed. Of what is tied to them, and of the values that
        come from there, the actor gets what they may see."""
        in_state = GoalRow.closed_at.is_not(None) if closed else GoalRow.closed_at.is_(None)
        with self._database.read() as session:
            find_project(session, project)
            query = select(GoalRow).where(GoalRow.project == project, in_state)
            page = read_page(session, query, [SortKey(GoalRow.id)], limit=limit, cursor=cursor)
            return Page(self._goals_of(session, actor, page.items), page.next_cursor)

    def find(self, actor: Actor, project: str, goal_id: str) -> Goal:
        """Return a goal with its state. Raises NotFound."""
        with self._database.read() as session:
            return self._goals_of(session, actor, [_find(session, project, goal_id)])[0]

    def change(
        self, actor: Actor, project: str, goal_id: str, fields: GoalFields, *, closed: bool | None = None
    ) -> Goal:
        """Change what is given; `closed`: close the goal, or open it again."""
        actor.must(Permission.PROJECT_MANAGE, project_scope(project))
        with self._database.transaction() as session:
            row = _find(session, project, goal_id)
            changed = self._set(session, row, fields)
            if closed is not None and closed != (row.closed_at is not None):
                row.closed_at = now() if closed else None
                changed["closed"] = closed
            if changed:
                self._log(session, actor, "goal.changed", row, after=changed)
            session.flush()
            return self._goals_of(session, actor, [row])[0]

    def tie(self, actor: Actor, project: str, goal_id: str, kind: str, name: str) -> Goal:
        """Tie a version, or something else of a registered kind, to a goal. Repeating it changes nothing."""
        actor.must(Permission.MODEL_DEPLOY, project_scope(project))
        with self._database.transaction() as session:
            row = _find(session, project, goal_id)
            find = self._ties.get(kind)
            if find is None:
                raise InvalidInput(
                    f"Nothing of the kind {kind[:32]!r} can be tied.", hint=f"Kinds: {', '.join(self._ties)}."
                )
            known = find(session, actor, name)
            if session.get(GoalTieRow, (row.id, kind, known)) is None:
                session.add(GoalTieRow(goal=row.id, kind=kind, name=known, tied_at=now(), tied_by=actor.label))
                self._log(session, actor, "goal.tied", row, after={"kind": kind, "name": known})
            session.flush()
            return self._goals_of(session, actor, [row])[0]

    def untie(self, actor: Actor, project: str, goal_id: str, kind: str, name: str) -> Goal:
        """Untie something from a goal. Raises NotFound for what is not tied."""
        actor.must(Permission.MODEL_DEPLOY, project_scope(project))
        with self._database.transaction() as session:
            row = _find(session, project, goal_id)
            tie = session.get(GoalTieRow, (row.id, kind, name))
            if tie is None:
                raise NotFound(f"{kind[:32]} {name[:80]!r} is not tied to this goal.")
            session.delete(tie)
            self._log(session, actor, "goal.untied", row, before={"kind": kind, "name": name})
            session.flush()
            return self._goals_of(session, actor, [row])[0]

    def note(self, actor: Actor, project: str, goal_id: str, value: float, source: str) -> Goal:
        """Note a value of the goal's metric, and where it comes from."""
        actor.must(Permission.COMMENTS_WRITE, project_scope(project))
        if not source.strip():
            raise InvalidInput(
                "A value needs its source.", hint="Say where it comes from, in a few words or as a link."
            )
        if not math.isfinite(value):
            raise InvalidInput("A value is a finite number.")
        with self._database.transaction() as session:
            row = _find(session, project, goal_id)
            session.add(
                GoalValueRow(
                    id=new_id(), goal=row.id, value=value, source=source, noted_at=now(), noted_by=actor.label
                )
            )  # fmt: skip
            self._log(session, actor, "goal.value_noted", row, after={"value": value, "source": source})
            session.flush()
            return self._goals_of(session, actor, [row])[0]

    def values(self, actor: Actor, project: str, goal_id: str) -> list[GoalValue]:
        """Return all values of a goal's metric that are known, and that the actor may see, the oldest first."""
        with self._database.read() as session:
            row = _find(session, project, goal_id)
            return self._values(session, row, self._seen(session, actor, _ties_of(session, row.id)))

    def _set(self, session: Session, row: GoalRow, fields: GoalFields) -> dict[str, Any]:
        """Set what is given; returns what changed, as plain values."""
        changed: dict[str, Any] = {}
        if fields.target is not None and not math.isfinite(fields.target):
            raise InvalidInput("A target is a finite number.")
        for field in ("title", "description", "due", "metric", "direction", "target", "worth"):
            value = getattr(fields, field)
            if value is not None and value != getattr(row, field):
                setattr(row, field, value)
                changed[field] = value.isoformat() if isinstance(value, date) else value
        if fields.owner is not None:
            owner = self._holders.id_of(session, "user", fields.owner) if fields.owner else None
            if owner != row.owner:
                row.owner = owner
                changed["owner"] = fields.owner
        return changed

    def _goals_of(self, session: Session, actor: Actor, rows: Sequence[GoalRow]) -> list[Goal]:
        owners = self._holders.names_of(session, "user", sorted({row.owner for row in rows if row.owner}))
        return [self._goal_of(session, actor, row, owners) for row in rows]

    def _goal_of(self, session: Session, actor: Actor, row: GoalRow, owners: dict[str, str]) -> Goal:
        tied = _ties_of(session, row.id)
        ties = self._seen(session, actor, tied)
        values = self._values(session, row, ties)
        latest, direction = (values[-1] if values else None), cast(Direction, row.direction)
        missing = missing_of(
            owner=row.owner, due=row.due, metric=row.metric, direction=direction, target=row.target, ties=len(tied),
            latest=latest, today=now().date(),
        )  # fmt: skip
        return Goal(
            id=row.id, project=row.project, title=row.title, description=row.description,
            owner=None if row.owner is None else owners[row.owner], due=row.due, metric=row.metric, direction=direction,
            target=row.target, worth=row.worth, created_at=row.created_at, created_by=row.created_by,
            closed_at=row.closed_at, ties=ties, latest=latest, missing=missing,
        )  # fmt: skip

    def _seen(self, session: Session, actor: Actor, ties: list[GoalTie]) -> list[GoalTie]:
        """Leave out what the actor may not see, such as a model that has moved to another project."""
        return [tie for tie in ties if tie.kind in self._sees and self._sees[tie.kind](session, actor, tie.name)]

    def _values(self, session: Session, row: GoalRow, ties: list[GoalTie]) -> list[GoalValue]:
        noted = session.scalars(select(GoalValueRow).where(GoalValueRow.goal == row.id))
        found = [
            GoalValue(value=each.value, source=f"{each.source} (noted by {each.noted_by})", at=each.noted_at)
            for each in noted
        ]
        by_kind: dict[str, list[str]] = {}
        for tie in ties:
            by_kind.setdefault(tie.kind, []).append(tie.name)
        if row.metric and by_kind:
            for source in self._sources:
                found += source(session, row.metric, by_kind)
        return sorted(found, key=lambda each: each.at)

    def _log(
        self,
        session: Session,
        actor: Actor,
        action: str,
        row: GoalRow,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:
        subject = Subject(kind="goal", name=row.id, project=row.project)
        self._events.record(session, actor, action, subject, before=before, after=after)


def _find(session: Session, project: str, goal_id: str) -> GoalRow:
    row = session.get(GoalRow, goal_id)
    if row is None or row.project != project:
        raise NotFound(
            f"{project[:80]!r} has no goal {goal_id[:80]!r}.", hint="`unshelf goals list PROJECT` shows their ids."
        )
    return row


def _ties_of(session: Session, goal_id: str) -> list[GoalTie]:
    rows = session.scalars(
        select(GoalTieRow).where(GoalTieRow.goal == goal_id).order_by(GoalTieRow.tied_at, GoalTieRow.name)
    )
    return [GoalTie(kind=row.kind, name=row.name, tied_at=row.tied_at, tied_by=row.tied_by) for row in rows]
