"""The service of requests: ask, list, decide, withdraw. Other capabilities register the kinds."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, cast

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import SYSTEM, Actor, unseen
from unshelf.foundation.access.filters import visible_places
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.access.scopes import INSTALLATION, Scope, model_scope, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.publication import Publisher
from unshelf.manage.notifications.notification import NotificationKind
from unshelf.manage.notifications.service import NotificationService
from unshelf.manage.requests.request import Asked, RequestKind, RequestState
from unshelf.manage.requests.subjects import request_subject
from unshelf.manage.requests.tables import RequestRow

DECIDED = NotificationKind(name="request.decided", description="Something that you asked for was granted or refused.")
_KEY = "key"
Whose = Literal["all", "mine", "to_decide"]


class RequestService:
    """Keeps the requests. Somebody else than who asks decides."""

    def __init__(
        self, database: Database, events: EventStore, publisher: Publisher, notifications: NotificationService
    ) -> None:
        notifications.register(DECIDED)
        self._notifications = notifications
        self._database = database
        self._events = events
        self._publisher = publisher
        self._kinds: dict[str, RequestKind] = {}

    def register(self, name: str, kind: RequestKind) -> None:
        """Have things of a kind asked for."""
        self._kinds[name] = kind

    def ask(
        self,
        actor: Actor,
        kind: str,
        *,
        model: str | None = None,
        project: str | None = None,
        wanted: Mapping[str, Any],
        reason: str,
    ) -> Asked:
        """Ask for something on a model, a project or the installation.

        Raises NotFound for what the actor may not see, Forbidden for a key, which can't be granted anything, and Conflict when the
        same is asked already."""
        if actor.kind != "user":
            raise Forbidden("A key can't ask for anything.", hint="Log in as a user, who may be granted more.")
        handler = self._kind(kind)
        with self._database.transaction() as session:
            scope = _scope_named(session, model, project)
            actor.must_see(scope)
            complete = handler.check(session, actor, scope, wanted)
            self._refuse_repeated(session, actor, kind, scope, complete)
            return _asked_of(session, self._add(session, actor, kind, scope, wanted=complete, reason=reason))

    def ask_for(
        self, actor: Actor, kind: str, *, scope: Scope, wanted: Mapping[str, Any], reason: str, key: str
    ) -> str:
        """Ask for something in the name of an actor, a key too, and return the id of the request; the same key again asks nothing.

        For kinds that give who asks no right: `check` is not asked."""
        complete = {**wanted, _KEY: key}
        with self._database.transaction() as session:
            mine = select(RequestRow).where(RequestRow.asked_by_id == actor.id, RequestRow.kind == kind)
            for row in session.scalars(mine.order_by(RequestRow.id.desc())):
                if row.wanted.get(_KEY) == key:
                    return row.id
            return self._add(session, actor, kind, scope, wanted=complete, reason=reason).id

    def decision(self, session: Session, request_id: str) -> tuple[RequestState, str, str] | None:
        """Return how a request was decided, by whom and why; None: it is open."""
        row = session.get(RequestRow, request_id)
        if row is None:
            return "withdrawn", "", ""
        return (
            None if row.state == "open" else (cast(RequestState, row.state), row.decided_by or "", row.decision_reason)
        )

    def withdraw_for(self, request_id: str) -> None:
        """Take a request back whose cause is gone. No-op for one that is decided."""
        with self._database.transaction() as session:
            row = session.get(RequestRow, request_id)
            if row is not None and row.state == "open":
                self._decide(session, SYSTEM, row, "withdrawn", "")

    def _add(
        self, session: Session, actor: Actor, kind: str, scope: Scope, *, wanted: dict[str, Any], reason: str
    ) -> RequestRow:
        row = RequestRow(
            id=new_id(), kind=kind, project=scope.project or None, model=scope.model or None, wanted=wanted,
            reason=reason, asked_by_id=actor.id, asked_by=actor.label, asked_at=now(), state="open",
            decided_at=None, decided_by=None, decision_reason="", expires_at=None,
        )  # fmt: skip
        session.add(row)
        session.flush()
        self._log(session, actor, "request.made", row, after={"kind": kind, **wanted}, reason=reason)
        return row

    def list_for(
        self, actor: Actor, *, whose: Whose = "all", state: RequestState | None = None, limit: int,
        cursor: str | None = None,
    ) -> Page[Asked]:  # fmt: skip
        """List the actor's own requests and those that the actor may decide, the newest first."""
        mine = RequestRow.asked_by_id == (actor.id if actor.kind == "user" else "")
        shown = {"mine": mine, "to_decide": self._decidable(actor), "all": or_(mine, self._decidable(actor))}[whose]
        query = select(RequestRow).where(shown)
        if state is not None:
            query = query.where(RequestRow.state == state)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(RequestRow.id, descending=True)], limit=limit, cursor=cursor)
            return Page([_asked_of(session, row) for row in page.items], page.next_cursor)

    def find(self, actor: Actor, request_id: str) -> Asked:
        """Return one of the actor's own requests, or one that the actor may decide. Raises NotFound."""
        with self._database.read() as session:
            return self._found(session, actor, request_id)[1]

    def grant(
        self, actor: Actor, request_id: str, *, expires_in_seconds: float | None = None, reason: str = ""
    ) -> Asked:
        """Grant what is asked for until then; else until the actor's own right ends, or it is taken away.

        Raises Conflict for one that is decided already, and Forbidden beyond the actor's own right."""
        expires_at = None if expires_in_seconds is None else now() + timedelta(seconds=expires_in_seconds)
        with self._database.transaction() as session:
            row, asked = self._to_decide(session, actor, request_id)
            row.expires_at = self._kind(row.kind).grant(session, actor, asked, expires_at)
            self._decide(session, actor, row, "granted", reason)
            decided = _asked_of(session, row)
        self._publisher.publish()
        return decided

    def refuse(self, actor: Actor, request_id: str, *, reason: str) -> Asked:
        """Refuse what is asked for, and say why. Raises Conflict for one that is decided already."""
        if not reason.strip():
            raise InvalidInput(
                "A refusal needs its reason.", hint="Say in a sentence what is missing or what to ask for."
            )
        with self._database.transaction() as session:
            row, _ = self._to_decide(session, actor, request_id)
            self._decide(session, actor, row, "refused", reason)
            return _asked_of(session, row)

    def withdraw(self, actor: Actor, request_id: str) -> Asked:
        """Take one's own request back. Raises NotFound for another's, and Conflict for one that is decided."""
        with self._database.transaction() as session:
            row = session.get(RequestRow, request_id)
            if row is None or row.asked_by_id != actor.id or actor.kind != "user":
                raise _unknown(request_id)
            _must_be_open(row)
            self._decide(session, actor, row, "withdrawn", "")
            return _asked_of(session, row)

    def withdraw_all(self, session: Session, user_id: str) -> None:
        """Take back all open requests of a user who leaves, in the transaction of that."""
        mine = select(RequestRow).where(RequestRow.asked_by_id == user_id, RequestRow.state == "open")
        for row in session.scalars(mine):
            row.state, row.decided_at = "withdrawn", now()

    def next_step(self, asked: Asked) -> str:
        """Say what the asker does next; empty unless it is granted."""
        return self._kind(asked.kind).next_step(asked) if asked.state == "granted" else ""

    def may_decide(self, actor: Actor, asked: Asked) -> bool:
        """Whether the actor may grant or refuse it."""
        is_own = asked.asked_by_id == actor.id
        return asked.state == "open" and not is_own and actor.may(self._kind(asked.kind).permission, asked.scope)

    def project_for(self, actor: Actor, asked: Asked) -> str | None:
        """Return the project that a request is about, as the actor may know it: a model that they no longer see may have moved."""
        scope = asked.scope
        knows = scope.kind != "model" or actor.may(Permission.MODEL_READ, scope) or self.may_decide(actor, asked)
        return scope.project or None if knows else None

    def open_in(self, session: Session, request_id: str) -> tuple[Permission, Scope] | None:
        """Return what deciding an open request takes: a permission, and where; None for one that is decided."""
        row = session.get(RequestRow, request_id)
        if row is None or row.state != "open":
            return None
        return self._kind(row.kind).permission, _asked_of(session, row).scope

    def _kind(self, name: str) -> RequestKind:
        kind = self._kinds.get(name)
        if kind is None:
            raise InvalidInput(
                f"There are no requests of the kind {name[:32]!r}.", hint=f"Kinds: {', '.join(self._kinds)}."
            )
        return kind

    def _decidable(self, actor: Actor) -> ColumnElement[bool]:
        """Whether the actor may decide a request of these columns, but for its own."""
        found = []
        for name, kind in self._kinds.items():
            places = visible_places(RequestRow.model, RequestRow.project, actor, kind.permission, kind.permission)
            if actor.may(kind.permission):
                places = or_(places, and_(RequestRow.model.is_(None), RequestRow.project.is_(None)))
            found.append(and_(RequestRow.kind == name, places))
        return and_(or_(*found), RequestRow.asked_by_id != actor.id)

    def _found(self, session: Session, actor: Actor, request_id: str) -> tuple[RequestRow, Asked]:
        row = session.get(RequestRow, request_id)
        if row is None:
            raise _unknown(request_id)
        asked = _asked_of(session, row)
        is_own = row.asked_by_id == actor.id and actor.kind == "user"
        if not is_own and not actor.may(self._kind(row.kind).permission, asked.scope):
            raise _unknown(request_id)
        return row, asked

    def _to_decide(self, session: Session, actor: Actor, request_id: str) -> tuple[RequestRow, Asked]:
        row, asked = self._found(session, actor, request_id)
        if row.asked_by_id == actor.id:
            raise Forbidden("Nobody decides their own request.", hint="Another owner, or an administrator, may.")
        _must_be_open(row)
        return row, asked

    def _decide(self, session: Session, actor: Actor, row: RequestRow, state: RequestState, reason: str) -> None:
        row.state, row.decided_at, row.decided_by, row.decision_reason = state, now(), actor.label, reason
        after: dict[str, Any] = {"kind": row.kind, "asked_by": row.asked_by, **row.wanted}
        if row.expires_at is not None:
            after["expires_at"] = row.expires_at.isoformat()
        self._log(session, actor, f"request.{state}", row, after=after, reason=reason)
        if state != "withdrawn":
            self._tell(session, actor, row)

    def _tell(self, session: Session, actor: Actor, row: RequestRow) -> None:
        """Tell who asked."""
        on = row.model or row.project or "the installation"
        until = "" if row.expires_at is None else f"It ends on {row.expires_at:%Y-%m-%d %H:%M} UTC."
        self._notifications.notify(
            session,
            [row.asked_by_id],
            request_subject(row),
            kind=DECIDED.name,
            title=f"Your request for {row.kind} to {on} is {row.state}",
            body="\n".join(filter(None, [f"By {actor.label}.", row.decision_reason, until])),
        )

    def _refuse_repeated(self, session: Session, actor: Actor, kind: str, scope: Scope, wanted: dict[str, Any]) -> None:
        same = select(RequestRow).where(
            RequestRow.state == "open", RequestRow.kind == kind, RequestRow.asked_by_id == actor.id
        )
        for row in session.scalars(same):
            if (row.model or "", row.wanted) == (scope.model, wanted) and (row.model or row.project == scope.project):
                raise Conflict("This is asked for already.", hint=f"The request is {row.id}.")

    def _log(
        self, session: Session, actor: Actor, action: str, row: RequestRow, *, after: dict[str, Any], reason: str
    ) -> None:
        self._events.record(session, actor, action, request_subject(row), after=after, reason=reason)


def _scope_named(session: Session, model: str | None, project: str | None) -> Scope:
    if model is not None and project is not None:
        raise InvalidInput("Name a model or a project, not both.")
    if model is not None:
        found = scopes_among(session, [model]).get(model)
        if found is None:
            raise unseen(model_scope(model))  # also for who may see everything: nobody could grant it
        return found
    return INSTALLATION if project is None else project_scope(project)


def _must_be_open(row: RequestRow) -> None:
    if row.state != "open":
        by = f" by {row.decided_by}" if row.decided_by and row.state != "withdrawn" else ""
        raise Conflict(f"The request is {row.state}{by} already.")


def _unknown(request_id: str) -> NotFound:
    return NotFound(f"There is no request {request_id[:80]!r}.", hint="`unshelf requests` lists them.")


def _asked_of(session: Session, row: RequestRow) -> Asked:
    scope = INSTALLATION
    if row.model is not None:
        scope = scopes_among(session, [row.model]).get(row.model) or model_scope(row.model)
    elif row.project is not None:
        scope = project_scope(row.project)
    return Asked(
        id=row.id, kind=row.kind, scope=scope, wanted=row.wanted, reason=row.reason, asked_by_id=row.asked_by_id,
        asked_by=row.asked_by, asked_at=row.asked_at, state=cast(RequestState, row.state), decided_at=row.decided_at,
        decided_by=row.decided_by, decision_reason=row.decision_reason, expires_at=row.expires_at,
    )  # fmt: skip
