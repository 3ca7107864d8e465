"""Scenarios that are shared as subjects, and as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.deploy.scenarios.tables import ScenarioRow
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.access.scopes import DEFAULT_PROJECT
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.search import Document, SearchSource


def scenario_source() -> SearchSource:
    """Describe shared scenarios: by name, note and model. One that its owner keeps to themselves is never found."""
    shared = select(ScenarioRow.id).where(ScenarioRow.shared)
    return SearchSource(kind="scenario", names=shared, documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    query = select(ScenarioRow).where(ScenarioRow.id.in_(names), ScenarioRow.shared)
    rows = session.scalars(query).all()
    projects = {name: scope.project for name, scope in scopes_among(session, {row.model for row in rows}).items()}
    return [
        Document(
            subject=model_subject("scenario", row.id, row.model, project=projects.get(row.model, DEFAULT_PROJECT)),
            title=row.name, text=f"{row.model} {row.note}".strip(), owner=row.created_by, created_at=row.created_at,
            page=f"/models/{row.model}/scenarios/{row.id}",
        )
        for row in rows
    ]  # fmt: skip
