"""The service of scenarios: saved, shared, changed and deleted by those who may call their model."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.deploy.scenarios.tables import ScenarioRow
from unshelf.foundation.access.actors import Actor, unseen
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import model_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page

MOST_BYTES = 256 << 10
"""The most bytes of a scenario's inputs and parameters, as JSON."""
MOST_OF_ONE = 500
"""The most scenarios of a model that one actor keeps."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Named inputs of a model."""

    id: str
    model: str
    name: str
    note: str
    inputs: Any
    params: dict[str, Any] | None
    shared: bool
    mine: bool
    """Whether the actor who asks saved it."""
    created_at: datetime
    created_by: str
    changed_at: datetime


@dataclass(frozen=True, kw_only=True)
class ScenarioFields:
    """Fields of a scenario to set; None leaves one as it is, or empty in a new one."""

    name: str | None = None
    note: str | None = None
    inputs: Any = None
    params: dict[str, Any] | None = None
    shared: bool | None = None


class ScenarioService:
    """Keeps the scenarios. One that is not shared does not exist to anybody but its owner."""

    def __init__(self, database: Database, events: EventStore, has_model: Callable[[Session, str], bool]) -> None:
        """`has_model`: whether there is a model of this name now."""
        self._database = database
        self._events = events
        self._has_model = has_model

    def save(self, actor: Actor, model: str, fields: ScenarioFields) -> Scenario:
        """Save a new scenario. Raises NotFound for a model that there is not, InvalidInput for inputs that are too large, and Conflict
        where the actor keeps too many."""
        _check_size(fields)
        with self._database.transaction() as session:
            if not self._has_model(session, model):
                raise unseen(model_scope(model))
            kept = select(func.count()).select_from(ScenarioRow)
            of_actor = kept.where(ScenarioRow.model == model, ScenarioRow.owner == actor.id)
            if (session.scalar(of_actor) or 0) >= MOST_OF_ONE:
                raise Conflict(
                    f"You keep {MOST_OF_ONE} scenarios of this model already.", hint="Delete one that nobody needs."
                )
            moment = now()
            row = ScenarioRow(
                id=new_id(), model=model, name=fields.name or "", note=fields.note or "", inputs=fields.inputs,
                params=fields.params, shared=bool(fields.shared), owner=actor.id, created_at=moment,
                created_by=actor.label, changed_at=moment,
            )  # fmt: skip
            session.add(row)
            self.log(session, actor, "scenario.saved", row)
            return _scenario_of(row, actor)

    def list_of(self, actor: Actor, model: str, *, limit: int, cursor: str | None = None) -> Page[Scenario]:
        """List the actor's own scenarios of a model and those that are shared, the oldest first."""
        query = select(ScenarioRow).where(ScenarioRow.model == model, _seen_by(actor))
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(ScenarioRow.id)], limit=limit, cursor=cursor)
        return Page([_scenario_of(row, actor) for row in page.items], page.next_cursor)

    def find(self, actor: Actor, model: str, scenario_id: str) -> Scenario:
        """Return a scenario. Raises NotFound, also for somebody else's that is not shared."""
        with self._database.read() as session:
            return _scenario_of(_find(session, actor, model, scenario_id), actor)

    def change(self, actor: Actor, model: str, scenario_id: str, fields: ScenarioFields) -> Scenario:
        """Change what is given of one's own scenario. Raises NotFound, and Forbidden for one that somebody else shares."""
        _check_size(fields)
        with self._database.transaction() as session:
            row = _find(session, actor, model, scenario_id)
            if row.owner != actor.id:
                raise Forbidden(
                    f"The scenario {row.name!r} belongs to {row.created_by}.", hint="Save it as a scenario of your own."
                )
            changed = False
            for field in ("name", "note", "inputs", "params", "shared"):
                value = getattr(fields, field)
                if value is not None and value != getattr(row, field):
                    setattr(row, field, value)
                    changed = True
            if changed:
                row.changed_at = now()
                self.log(session, actor, "scenario.changed", row)
            return _scenario_of(row, actor)

    def delete(self, actor: Actor, model: str, scenario_id: str) -> None:
        """Delete one's own scenario, or, with the permission to release the model, one that somebody shares. Raises NotFound, Forbidden."""
        with self._database.transaction() as session:
            row = _find(session, actor, model, scenario_id)
            if row.owner != actor.id:
                actor.must(Permission.MODEL_RELEASE, scope_of(session, model))
            session.delete(row)
            self.log(session, actor, "scenario.deleted", row)

    def forget(self, session: Session, kind: str, names: Sequence[str]) -> None:
        """Delete the scenarios of models that are removed, in the transaction of their removal."""
        if kind == "model":
            session.execute(delete(ScenarioRow).where(ScenarioRow.model.in_(names)))

    def log(self, session: Session, actor: Actor, action: str, row: ScenarioRow) -> None:
        """Record an event. Who hears of the model hears of it, so the words of a scenario that is not shared stay out of it."""
        subject = model_subject("scenario", row.id, row.model, project=scope_of(session, row.model).project)
        after = {"name": row.name, "shared": True} if row.shared else {"shared": False}
        self._events.record(session, actor, action, subject, after=after)


def _check_size(fields: ScenarioFields) -> None:
    size = len(msgspec.json.encode([fields.inputs, fields.params]))
    if size > MOST_BYTES:
        raise InvalidInput(
            f"The inputs of a scenario take at most {MOST_BYTES} bytes as JSON, these take {size}.",
            hint="Leave images and long texts out.",
        )


def _seen_by(actor: Actor) -> ColumnElement[bool]:
    return or_(ScenarioRow.shared, ScenarioRow.owner == actor.id)


def _find(session: Session, actor: Actor, model: str, scenario_id: str) -> ScenarioRow:
    query = select(ScenarioRow).where(ScenarioRow.id == scenario_id, ScenarioRow.model == model, _seen_by(actor))
    row = session.scalar(query)
    if row is None:
        raise NotFound(
            f"{model!r} has no scenario {scenario_id[:80]!r} that is shared with you.",
            hint="Ask who sent the link to share the scenario.",
        )
    return row


def _scenario_of(row: ScenarioRow, actor: Actor) -> Scenario:
    return Scenario(
        id=row.id, model=row.model, name=row.name, note=row.note, inputs=row.inputs, params=row.params,
        shared=row.shared, mine=row.owner == actor.id, created_at=row.created_at, created_by=row.created_by,
        changed_at=row.changed_at,
    )  # fmt: skip
