"""Places of models: the project that each belongs to, and its visibility beside that project."""

from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.contracts.routing import model_part
from unshelf.deploy.registry import lookup
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import place_model, scope_of
from unshelf.foundation.access.scopes import Scope, Visibility, model_scope, project_scope
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.publication import Publisher
from unshelf.manage.projects.lookup import find_open_project
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.secrets.service import SecretService


class ModelPlaces:
    """Moves models between projects, with all that goes by their names, and opens them to others."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        publisher: Publisher,
        secrets: SecretService,
        quotas: QuotaService,
    ) -> None:
        self._database = database
        self._events = events
        self._publisher = publisher
        self._secrets = secrets
        self._quotas = quotas

    def move(self, actor: Actor, name: str, project: str, *, reason: str = "") -> Scope:
        """Give a model to another project: its versions, records, events and secrets go with it, and so do roles on the model itself.

        It takes `project.manage` where the model is, and `model.deploy` where it goes. Raises NotFound, Conflict for an archived
        project, and Forbidden where its quota has no room. Repeating it changes nothing."""
        target = project_scope(project)
        served: list[str] = []
        with self._database.transaction() as session:
            present = self._found(session, actor, name)
            actor.must_see(target)
            actor.must(Permission.MODEL_DEPLOY, target)  # a role on the model alone is none where it goes
            find_open_project(session, project)
            if present.project != project:
                served = self._secrets.placed(session, name, before=present.project, project=project)
                with self._quotas.within(session, project=project):
                    place_model(session, name, project, present.visibility)
                subject = model_subject("model", name, name, project=project)
                self._events.record(
                    session, actor, "model.moved", subject, before={"project": present.project},
                    after={"project": project}, reason=reason,
                )  # fmt: skip
                self._publisher.mark_stale(session, model_part(name))
        self._secrets.put_in_force(served)
        return model_scope(name, project=project, visibility=present.visibility)

    def set_visibility(self, actor: Actor, name: str, visibility: Visibility, *, reason: str = "") -> Scope:
        """Open a model to everybody who is logged in, or close it again; takes `project.manage`. Repeating it changes nothing."""
        with self._database.transaction() as session:
            present = self._found(session, actor, name)
            if present.visibility != visibility:
                place_model(session, name, present.project, visibility)
                subject = model_subject("model", name, name, project=present.project)
                self._events.record(
                    session, actor, "model.visibility_changed", subject, before={"visibility": present.visibility},
                    after={"visibility": visibility}, reason=reason,
                )  # fmt: skip
                self._publisher.mark_stale(session, model_part(name))
        self._publisher.publish()
        return model_scope(name, project=present.project, visibility=visibility)

    def _found(self, session: Session, actor: Actor, name: str) -> Scope:
        lookup.find_model(session, name, for_change=True)
        scope = scope_of(session, name)
        actor.must(Permission.PROJECT_MANAGE, scope)
        return scope
