"""Models and versions as subjects, and as users of jobs."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.permissions import Permission
from unshelf.contracts.references import InvalidReference, Reference, parse_reference
from unshelf.deploy.registry.tables import AliasRow, ModelRow, VersionRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.access.scopes import Scope, model_scope
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.subjects import SubjectFacts, SubjectKind
from unshelf.foundation.uses.job_mentions import JobMention


def model_kind() -> SubjectKind:
    """Describe models to all that acts on subjects. A model's name names it."""
    return SubjectKind(name="model", permission=Permission.MODEL_READ, find=_find_model, scope=_scope)


def version_kind() -> SubjectKind:
    """Describe versions to all that acts on subjects. `NAME:3` or `NAME@alias` names one."""
    return SubjectKind(name="version", permission=Permission.MODEL_READ, find=_find_version, scope=_scope)


def versions_of_jobs(session: Session, actor: Actor | None, jobs: Sequence[str]) -> list[JobMention]:
    """Find the versions that were made of what these jobs left."""
    query = select(VersionRow.job, VersionRow.model, VersionRow.number).where(VersionRow.job.in_(jobs))
    if actor is not None:
        query = query.where(visible(VersionRow.model, actor, Permission.MODEL_READ))
    return [
        JobMention(job=str(job), kind="version", name=f"{model}:{number}", page=f"/models/{model}:{number}")
        for job, model, number in session.execute(query.order_by(VersionRow.model, VersionRow.number))
    ]


def _scope(session: Session, name: str) -> Scope:
    reference = _reference(name)
    return model_scope(name) if reference is None else scope_of(session, reference.name)


def _find_model(session: Session, name: str) -> SubjectFacts | None:
    row = session.get(ModelRow, name)
    if row is None or row.removed_at is not None:
        return None
    scope = scope_of(session, name)
    subject = model_subject("model", name, name, project=scope.project)
    return SubjectFacts(subject=subject, title=name, scope=scope, page=f"/models/{name}")


def _find_version(session: Session, name: str) -> SubjectFacts | None:
    reference = _reference(name)
    if reference is None:
        return None
    number = reference.version
    if reference.alias is not None:
        alias = session.get(AliasRow, (reference.name, reference.alias))
        number = None if alias is None else alias.version
    if number is None or session.get(VersionRow, (reference.name, number)) is None:
        return None
    scope = scope_of(session, reference.name)
    named = str(Reference(reference.name, version=number))
    subject = model_subject("version", named, reference.name, project=scope.project)
    return SubjectFacts(
        subject=subject, title=f"{reference.name}, version {number}", scope=scope, page=f"/models/{named}"
    )


def _reference(name: str) -> Reference | None:
    try:
        return parse_reference(name)
    except InvalidReference:
        return None
