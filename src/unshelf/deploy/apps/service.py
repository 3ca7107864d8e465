"""The service of apps: made, changed as new versions, brought back, and deleted."""

from collections.abc import Callable, Sequence
from typing import Any, cast

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import NAME_RULE, is_name, parse_reference
from unshelf.deploy.apps.app import WHAT_IF, AppInForce, AppVersion, ListedApp, app_of, version_of
from unshelf.deploy.apps.forms.definition import AppDefinition
from unshelf.deploy.apps.forms.filling import fill
from unshelf.deploy.apps.tables import AppRow, AppTokenRow, AppVersionRow
from unshelf.deploy.trying.service import VersionInputs
from unshelf.foundation.access.actors import Actor, ActorKind, unseen
from unshelf.foundation.access.filters import visible
from unshelf.foundation.access.model_scopes import models_in, scope_of, scopes_among
from unshelf.foundation.access.scopes import Scope, model_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects

FormOf = Callable[[Actor, str], VersionInputs]
"""Return what a form for a version is made from, as far as the actor may read it; raises NotFound."""


class AppService:
    """Keeps the apps. Permissions are those on the app's model; to users who may not use an app it does not exist."""

    def __init__(self, database: Database, events: EventStore, subjects: Subjects, form_of: FormOf) -> None:
        self._database = database
        self._events = events
        self._subjects = subjects
        self._form_of = form_of

    def fill(self, actor: Actor, definition: AppDefinition) -> AppDefinition:
        """Fill a definition in, by what the actor may read of the version. Raises NotFound, Forbidden for whom may not make apps of the
        model or not call it, and InvalidInput."""
        name = parse_reference(definition.model).name
        with self._database.read() as session:
            known = scopes_among(session, [name]).get(name)
        _must_make(actor, known or model_scope(name), is_known=known is not None)
        form = self._form_of(actor, definition.model)
        return fill(definition, form.signature, form.inputs[0] if form.inputs else None, form.baseline)

    def save(self, actor: Actor, name: str, definition: AppDefinition) -> tuple[ListedApp, bool]:
        """Make an app, or a new version of it; returns it, and whether there is a new version: the same definition is none.

        From now on it asks the model on the actor's grant. Raises as `fill`, InvalidInput for a name that may be none, and Conflict
        for one that is taken."""
        if not is_name(name):
            raise InvalidInput(f"{name[:80]!a} may be no app's name: {NAME_RULE}.")
        filled = self.fill(actor, definition)
        return self._store(actor, name, filled, restored=None)

    def restore(self, actor: Actor, name: str, number: int) -> ListedApp:
        """Go back to a version of an app: its definition becomes the newest version. Raises as `save`."""
        with self._database.read() as session:
            row = self._require(session, actor, name, Permission.APPS_MANAGE)
            definition = _version(session, row, number).definition
        self.fill(actor, definition)
        return self._store(actor, name, definition, restored=number)[0]

    def list_for(
        self,
        actor: Actor,
        *,
        project: str | None = None,
        model: str | None = None,
        limit: int,
        cursor: str | None = None,
    ) -> Page[ListedApp]:
        """List the apps that the actor may use, by name."""
        query = select(AppRow).where(visible(AppRow.model, actor, Permission.APPS_USE))
        if project is not None:
            query = query.where(AppRow.model.in_(models_in(project)))
        if model is not None:
            query = query.where(AppRow.model == model)
        with self._database.read() as session:
            page = read_page(session, query, [SortKey(AppRow.name)], limit=limit, cursor=cursor)
            scopes = scopes_among(session, {row.model for row in page.items})
        apps = [app_of(row, scopes.get(row.model) or model_scope(row.model), actor) for row in page.items]
        return Page(apps, page.next_cursor)

    def find(self, actor: Actor, name: str, permission: Permission = Permission.APPS_USE) -> AppInForce:
        """Return an app that the actor has the permission for. Raises NotFound and Forbidden."""
        with self._database.read() as session:
            return _in_force(session, self._require(session, actor, name, permission), actor)

    def by_name(self, name: str) -> AppInForce | None:
        """Return an app for somebody whom a token lets in; None: there is none."""
        with self._database.read() as session:
            row = session.get(AppRow, name) if is_name(name) else None
            return None if row is None else _in_force(session, row, None)

    def embedded_in(self, name: str) -> list[str]:
        """Return the origins of the pages that may embed an app; none for an app that there is not."""
        found = self.by_name(name)
        return [] if found is None else found.definition.embed

    def versions(self, actor: Actor, name: str, *, limit: int, cursor: str | None = None) -> Page[AppVersion]:
        """List an app's versions, the newest first. Raises NotFound and Forbidden."""
        with self._database.read() as session:
            self._require(session, actor, name, Permission.APPS_MANAGE)
            query = select(AppVersionRow).where(AppVersionRow.app == name)
            page = read_page(
                session, query, [SortKey(AppVersionRow.number, descending=True)], limit=limit, cursor=cursor
            )
        return Page([version_of(row) for row in page.items], page.next_cursor)

    def version(self, actor: Actor, name: str, number: int) -> AppVersion:
        """Return one version of an app. Raises NotFound and Forbidden."""
        with self._database.read() as session:
            return _version(session, self._require(session, actor, name, Permission.APPS_MANAGE), number)

    def delete(self, actor: Actor, name: str) -> None:
        """Delete an app with its versions and tokens. Raises NotFound and Forbidden."""
        with self._database.transaction() as session:
            row = self._require(session, actor, name, Permission.APPS_MANAGE)
            self.log(session, actor, "app.deleted", row, before={"title": row.title, "version": row.version})
            self._remove(session, [name])

    def forget(self, session: Session, kind: str, names: Sequence[str]) -> None:
        """Delete the apps of models that are removed, in the transaction of their removal."""
        if kind == "model":
            self._remove(session, session.scalars(select(AppRow.name).where(AppRow.model.in_(names))).all())

    def require(self, session: Session, actor: Actor, name: str) -> AppRow:
        """Return the row of an app that the actor may manage, for what belongs to it. Raises NotFound and Forbidden."""
        return self._require(session, actor, name, Permission.APPS_MANAGE)

    def log(
        self, session: Session, actor: Actor, action: str, row: AppRow, *, before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        """Record an event about an app, in the transaction of the change."""
        subject = model_subject("app", row.name, row.model, project=scope_of(session, row.model).project)
        self._events.record(session, actor, action, subject, before=before, after=after)

    def _store(
        self, actor: Actor, name: str, definition: AppDefinition, *, restored: int | None
    ) -> tuple[ListedApp, bool]:
        model, plain, moment = parse_reference(definition.model).name, definition.model_dump(mode="json"), now()
        with self._database.transaction() as session:
            row, scope = session.get(AppRow, name), scope_of(session, model)
            if row is None:
                row = AppRow(name=name, kind=WHAT_IF, version=0, created_at=moment, created_by=actor.label)
                session.add(row)
            else:
                self._must_be_the_actors(session, actor, row)
                current = session.get_one(AppVersionRow, (name, row.version))
                if current.definition == plain and row.owner == actor.id:
                    return app_of(row, scope, actor), False
            before = {"version": row.version} if row.version else None
            row.model, row.title, row.version, row.changed_at = model, definition.title, row.version + 1, moment
            row.owner, row.owner_kind, row.owner_label = actor.id, actor.kind, actor.label
            session.flush()
            session.add(
                AppVersionRow(
                    app=name, number=row.version, definition=plain, restored=restored, created_at=moment,
                    created_by=actor.label,
                )
            )  # fmt: skip
            after: dict[str, Any] = {"version": row.version, "title": row.title, "model": definition.model}
            if restored is not None:
                after["restored"] = restored
            self.log(
                session, actor, "app.saved" if restored is None else "app.restored", row, before=before, after=after
            )
            return app_of(row, scope, actor), True

    def _must_be_the_actors(self, session: Session, actor: Actor, row: AppRow) -> None:
        """Raise Conflict where an app of somebody else has the name, Forbidden where the actor may only use it."""
        scope = scope_of(session, row.model)
        if not actor.may(Permission.APPS_USE, scope):
            raise Conflict(
                f"The name {row.name!r} is taken by an app that you may not see.", hint="Choose another name."
            )
        actor.must(Permission.APPS_MANAGE, scope)

    def _require(self, session: Session, actor: Actor, name: str, permission: Permission) -> AppRow:
        row = session.get(AppRow, name) if is_name(name) else None
        if row is not None:
            scope = scope_of(session, row.model)
            if actor.may(Permission.APPS_USE, scope):
                actor.must(permission, scope)
                return row
        if actor.kind != "user":
            raise Forbidden(
                f"{actor.label!r} does not have the permission {permission} for an app {name[:80]!r}.",
                hint="`unshelf apps list` shows those that it may use.",
            )
        raise NotFound(
            f"There is no app {name[:80]!r}, or you may not see it.", hint="`unshelf apps list` shows yours."
        )

    def _remove(self, session: Session, names: Sequence[str]) -> None:
        for table, column in (
            (AppTokenRow, AppTokenRow.app),
            (AppVersionRow, AppVersionRow.app),
            (AppRow, AppRow.name),
        ):
            session.execute(delete(table).where(column.in_(names)))
        self._subjects.removed(session, "app", names)


def _must_make(actor: Actor, scope: Scope, *, is_known: bool) -> None:
    actor.must_see(scope)
    if actor.kind == "user" and not is_known and not actor.may(Permission.APPS_MANAGE, scope):
        raise unseen(scope)  # as for a hidden one: who may read where new names belong learns nothing of the others
    actor.must(Permission.APPS_MANAGE, scope)
    actor.must(Permission.MODEL_PREDICT, scope)


def _version(session: Session, row: AppRow, number: int) -> AppVersion:
    found = session.get(AppVersionRow, (row.name, number))
    if found is None:
        raise NotFound(f"The app {row.name!r} has no version {number}.", hint=f"Its versions are 1 to {row.version}.")
    return version_of(found)


def _in_force(session: Session, row: AppRow, actor: Actor | None) -> AppInForce:
    scope = scope_of(session, row.model)
    return AppInForce(
        app=app_of(row, scope, actor), definition=_version(session, row, row.version).definition, scope=scope,
        owner_id=row.owner, owner_kind=cast(ActorKind, row.owner_kind),
    )  # fmt: skip
