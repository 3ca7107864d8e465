"""An app and its versions, as services know them."""

from dataclasses import dataclass
from datetime import datetime

from unshelf.contracts.permissions import Permission
from unshelf.deploy.apps.forms.definition import AppDefinition
from unshelf.deploy.apps.tables import AppRow, AppVersionRow
from unshelf.foundation.access.actors import Actor, ActorKind
from unshelf.foundation.access.scopes import Scope

WHAT_IF = "what-if"
"""The kind of an app that is a form on a model."""


@dataclass(frozen=True, kw_only=True)
class ListedApp:
    """An app in a list."""

    name: str
    kind: str
    title: str
    model: str
    """The model's name."""
    project: str
    version: int
    """The number of the version in force."""
    owner: str
    """The label of who keeps it."""
    created_at: datetime
    created_by: str
    changed_at: datetime
    may_manage: bool
    """Whether the actor who asks may change it."""


@dataclass(frozen=True, kw_only=True)
class AppInForce:
    """An app with its definition, and on whose grant it asks its model."""

    app: ListedApp
    definition: AppDefinition
    scope: Scope
    """The model's scope, on which permissions are granted."""
    owner_id: str
    owner_kind: ActorKind


@dataclass(frozen=True, kw_only=True)
class AppVersion:
    """One version of an app's definition."""

    number: int
    definition: AppDefinition
    restored: int | None
    """The version that it brought back; None: it was made anew."""
    created_at: datetime
    created_by: str


def app_of(row: AppRow, scope: Scope, actor: Actor | None) -> ListedApp:
    """The app of a row; `actor`: who asks, None for somebody with a token."""
    return ListedApp(
        name=row.name, kind=row.kind, title=row.title, model=row.model, project=scope.project, version=row.version,
        owner=row.owner_label, created_at=row.created_at, created_by=row.created_by, changed_at=row.changed_at,
        may_manage=actor is not None and actor.may(Permission.APPS_MANAGE, scope),
    )  # fmt: skip


def version_of(row: AppVersionRow) -> AppVersion:
    """The version of a row."""
    return AppVersion(
        number=row.number, definition=AppDefinition.model_validate(row.definition), restored=row.restored,
        created_at=row.created_at, created_by=row.created_by,
    )  # fmt: skip
