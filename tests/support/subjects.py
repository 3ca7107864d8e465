"""Subjects for tests: real projects, models, versions and alerts in a real database, and people with roles on them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from unshelf.deploy.bundles.tables import BundleRow
from unshelf.deploy.registry.subjects import model_kind, version_kind
from unshelf.deploy.registry.tables import AliasRow, ModelRow, VersionRow
from unshelf.develop.environments.tables import EnvironmentRow
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.model_scopes import place_model
from unshelf.foundation.access.scopes import INSTALLATION, Scope, Visibility, project_scope
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.sqlite import SqliteDatabase
from unshelf.foundation.database.types import Base
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.subjects import Subjects
from unshelf.manage.access.roles import permissions_of
from unshelf.manage.access.service import FOR_EVERY_USER
from unshelf.manage.projects.subjects import project_kind
from unshelf.manage.projects.tables import ProjectRow
from unshelf.monitor.alerts.alert import Finding
from unshelf.monitor.alerts.service import AlertService
from unshelf.monitor.alerts.subjects import alert_kind


class SubjectWorld:
    """An installation's subjects."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.events = EventStore(database)
        self.subjects = Subjects()
        for kind in (project_kind(), model_kind(), version_kind(), alert_kind()):
            self.subjects.register(kind)
        self.alerts = AlertService(database, self.events, self.subjects)

    def project(self, name: str) -> None:
        """Begin a project."""
        with self.database.transaction() as session:
            session.add(
                ProjectRow(
                    name=name, title=name.title(), description="", priority="normal", created_at=now(), created_by="ana"
                )
            )  # fmt: skip

    def model(
        self, name: str, project: str = "default", visibility: Visibility = "private", *, versions: int = 0
    ) -> None:
        """Register a model with so many versions; the alias `champion` points at the last."""
        with self.database.transaction() as session:
            session.add(ModelRow(name=name, last_version=versions, paused=False, created_at=now()))
            place_model(session, name, project, visibility)
            if versions and session.get(BundleRow, "b") is None:
                session.add(BundleRow(digest="b", manifest="{}", created_at=now()))
                session.add(EnvironmentRow(hash="e", lock="", python="3.11", packages=0, created_at=now()))
            session.flush()
            for number in range(1, versions + 1):
                session.add(
                    VersionRow(
                        model=name, number=number, bundle="b", environment="e", checks="{}", tier="small", min_replicas=0,
                        max_replicas=1, paused=False, created_at=now(), created_by="ana",
                    )
                )  # fmt: skip
            session.flush()
            if versions:
                session.add(AliasRow(model=name, alias="champion", version=versions))

    def alert(self, model: str | None, kind: str = "drift") -> str:
        """Raise an alert; its id."""
        self.alerts.report(
            Finding(
                kind=kind, model=model, severity="warning", summary=f"{model or 'The disk'} drifts.", evidence={},
                action="update", advice="Look.",
            )
        )  # fmt: skip
        return next(alert.id for alert in self.alerts.open_of(kind) if alert.finding.model == model)


@contextmanager
def subject_world(folder: Path) -> Iterator[SubjectWorld]:
    """Open an installation's subjects over a new SQLite database: the project `risk` with `churn` (two versions) and `open`, which
    is internal, and `iris` outside it."""
    database = SqliteDatabase(f"sqlite:///{folder}/subjects.db")
    Base.metadata.create_all(database.engine)
    world = SubjectWorld(database)
    world.project("risk")
    world.model("churn", "risk", versions=2)
    world.model("open", "risk", "internal")
    world.model("iris")
    yield world
    database.dispose()


def person(name: str, role: str | None = None, scope: Scope = INSTALLATION) -> Actor:
    """A user with a role somewhere, beside what everybody may do."""
    grants = () if role is None else (Grant(permissions=permissions_of(role), scope=scope),)
    return Actor(id=f"id-{name}", kind="user", label=name, grants=FOR_EVERY_USER + grants)


def member(name: str, project: str, role: str = "contributor") -> Actor:
    """A user with a role in a project."""
    return person(name, role, project_scope(project))


def any_id() -> str:
    """An id that nothing has."""
    return new_id()
