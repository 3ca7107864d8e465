"""A search index over real projects, models and alerts; models have texts that a test gives them."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.support.subjects import SubjectWorld
from unshelf.deploy.registry.tables import ModelRow
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.search import Document, SearchSource, SearchSources
from unshelf.manage.projects.search import project_source
from unshelf.manage.search.index import SearchIndex
from unshelf.manage.search.service import SearchService
from unshelf.manage.tags.service import TagService
from unshelf.monitor.alerts.search import alert_source


class Searching:
    """Search over one installation."""

    def __init__(self, world: SubjectWorld) -> None:
        self.world = world
        self.texts: dict[str, str] = {}
        """Model → its text."""
        self.sources = SearchSources()
        self.sources.register(project_source())
        self.sources.register(alert_source())
        names = select(ModelRow.name).where(ModelRow.removed_at.is_(None))
        self.sources.register(SearchSource(kind="model", names=names, documents=self._documents))
        self.index = SearchIndex(world.database, world.events, subjects=world.subjects, sources=self.sources)
        self.tags = TagService(world.database, world.events, world.subjects)
        self.search = SearchService(world.database, world.subjects)

    def write(self, model: str, text: str) -> None:
        """Give a model a text, and have it found by that."""
        self.texts[model] = text
        with self.world.database.transaction() as session:
            self.index.mark(session, "model", [model])

    def _documents(self, session: Session, names: Sequence[str]) -> list[Document]:
        rows = session.scalars(select(ModelRow).where(ModelRow.name.in_(names), ModelRow.removed_at.is_(None)))
        return [
            Document(
                subject=model_subject("model", row.name, row.name, project=scope_of(session, row.name).project),
                title=row.name, text=self.texts.get(row.name, ""), owner="ana", created_at=row.created_at,
                page=f"/models/{row.name}",
            )
            for row in rows
        ]  # fmt: skip
