"""Apps as subjects, and as they are found by words."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.deploy.apps.tables import AppRow, AppVersionRow
from unshelf.foundation.access.model_scopes import scopes_among
from unshelf.foundation.access.scopes import DEFAULT_PROJECT
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.search import Document, SearchSource


def app_source() -> SearchSource:
    """Describe apps: by title, text and the labels of their inputs. An app's name names it."""
    return SearchSource(kind="app", names=select(AppRow.name), documents=_documents)


def _documents(session: Session, names: Sequence[str]) -> list[Document]:
    in_force = (AppVersionRow.app == AppRow.name) & (AppVersionRow.number == AppRow.version)
    found = session.execute(
        select(AppRow, AppVersionRow.definition).join(AppVersionRow, in_force).where(AppRow.name.in_(names))
    ).all()
    projects = {name: scope.project for name, scope in scopes_among(session, {row.model for row, _ in found}).items()}
    return [
        Document(
            subject=model_subject("app", row.name, row.model, project=projects.get(row.model, DEFAULT_PROJECT)),
            title=row.title, text=" ".join([row.name, definition["text"], *_labels(definition)]).strip(),
            owner=row.owner_label, created_at=row.created_at, page=f"/apps/{row.name}",
        )
        for row, definition in found
    ]  # fmt: skip


def _labels(definition: dict[str, list[dict[str, str]]]) -> list[str]:
    return [each["label"] for each in definition["inputs"]]
