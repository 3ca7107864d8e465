"""Models and versions that are paused, and resumed."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import RunsElsewhere
from unshelf.contracts.references import Reference
from unshelf.contracts.routing import model_part
from unshelf.deploy.registry import lookup
from unshelf.deploy.registry.tables import ModelRow, VersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.database.engine import Database
from unshelf.foundation.publication import Publisher
from unshelf.manage.audit.service import AuditService
from unshelf.manage.quotas.service import QuotaService


class PauseService:
    """Pauses models and versions. What is paused counts to no quota, so to be resumed it needs room in them again."""

    def __init__(self, database: Database, publisher: Publisher, audit: AuditService, quotas: QuotaService) -> None:
        self._database = database
        self._publisher = publisher
        self._audit = audit
        self._quotas = quotas

    def set_paused(self, text: str, actor: Actor, *, paused: bool) -> Reference:
        """Pause or resume a model, or the one version that the reference names; gives what was meant. Repeating changes nothing.

        Raises NotFound, and RunsElsewhere for a pause of what runs on other infrastructure."""
        reference = lookup.reference_from(text)
        with self._database.transaction() as session:
            model = lookup.find_model(session, reference.name, for_change=True)
            row: ModelRow | VersionRow = model
            target = reference
            if reference.version is not None or reference.alias is not None:
                row = lookup.named_version(session, model, reference, [])
                target = Reference(model.name, version=row.number)
            if paused and _all_elsewhere(session, target):
                raise RunsElsewhere(
                    f"{target} runs on other infrastructure, so that a pause here stops nothing.",
                    hint="Pause it where it runs.",
                )
            if row.paused != paused:
                project, makers = scope_of(session, model.name).project, _makers(session, target)
                with self._quotas.within(session, project=project, makers=makers):
                    row.paused = paused
                self._publisher.mark_stale(session, model_part(model.name))
                what = "model" if target.version is None else "version"
                self._audit.record(session, actor, f"{what}.{'paused' if paused else 'resumed'}", str(target))
        self._publisher.publish()
        return target


def _all_elsewhere(session: Session, target: Reference) -> bool:
    """Whether none of what is meant runs here."""
    here = select(VersionRow.number).where(VersionRow.model == target.name, VersionRow.environment.is_not(None))
    if target.version is not None:
        here = here.where(VersionRow.number == target.version)
    return session.scalar(here.limit(1)) is None


def _makers(session: Session, target: Reference) -> list[str]:
    """The labels of those who deployed what is meant."""
    versions = select(VersionRow.created_by).where(VersionRow.model == target.name).distinct()
    if target.version is not None:
        versions = versions.where(VersionRow.number == target.version)
    return list(session.scalars(versions))
