"""Deploys as subjects, and as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.references import Reference
from unshelf.deploy.deploys.tables import DeployRow
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.access.scopes import DEFAULT_PROJECT
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.search import Document, SearchSource

DEPLOY = "deploy"


def deploy_source() -> SearchSource:
    """Describe deploys: by model, state, version, and why they failed. A deploy's id names it."""
    return SearchSource(kind=DEPLOY, names=select(DeployRow.id), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    rows = list(session.scalars(select(DeployRow).where(DeployRow.id.in_(names))))
    scopes = scopes_among(session, {row.model for row in rows})
    return [
        Document(
            subject=model_subject(
                DEPLOY, row.id, row.model,
                project=scopes[row.model].project if row.model in scopes else row.project or DEFAULT_PROJECT,
            ),
            title=f"Deploy of {row.model if row.version is None else Reference(row.model, version=row.version)}",
            text=" ".join([row.state, *_why(row)]), owner=row.created_by, created_at=row.created_at,
            page=f"/deploys/{row.id}",
        )
        for row in rows
    ]  # fmt: skip


def _why(row: DeployRow) -> list[str]:
    """The words of a failure."""
    error = row.error or {}
    return [str(error[part]) for part in ("step", "code", "detail") if error.get(part)]
