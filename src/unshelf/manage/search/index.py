"""The index: a change marks its subjects stale in its own transaction, and a loop makes their documents anew."""

from collections.abc import Iterable, Sequence
from itertools import islice

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.search import Document, SearchSources
from unshelf.foundation.subjects import Subjects
from unshelf.manage.search.tables import DocumentRow, IndexedKindRow, StaleRow
from unshelf.manage.search.text_index import text_index_of
from unshelf.manage.search.words import words_of
from unshelf.manage.tags.service import properties_among, tags_among
from unshelf.manage.tags.values import as_text

LOOP = "search"
MOVED = "model.moved"
"""The action by which a model comes into another project."""
_SECONDS = 0.5
_A_TRANSACTION = 200


class SearchIndex:
    """Keeps the documents as their subjects are. What a crash leaves undone stays marked, and is done after it."""

    def __init__(self, database: Database, events: EventStore, *, subjects: Subjects, sources: SearchSources) -> None:
        self._database = database
        self._sources = sources
        self._text = text_index_of(database.engine.dialect.name)
        events.on_record(self._mark_changed)
        subjects.on_removed(self.mark)
        subjects.on_changed(self.mark)

    def loop(self) -> PeriodicLoop:
        """Describe the loop that makes stale documents anew."""
        return PeriodicLoop(name=LOOP, act=self.refresh, every=_SECONDS, after_changes=True)

    def mark(self, session: Session, kind: str, names: Iterable[str]) -> None:
        """Mark documents stale, in the transaction of the change."""
        if self._sources.find(kind) is not None:
            for name in names:
                if session.get(StaleRow, (kind, name)) is None:
                    session.add(StaleRow(kind=kind, name=name))
                    session.flush()

    def rebuild(self) -> int:
        """Mark every document stale, and every subject without one; how many."""
        with self._database.read() as session:
            there = [(kind, name) for kind, name in session.execute(select(DocumentRow.kind, DocumentRow.name))]
            for source in self._sources.all():
                there += [(source.kind, name) for name in session.scalars(source.names)]
        return self._mark_all(there)

    def start(self) -> None:
        """Mark all subjects of the kinds that this index never had: of a new release, in a home folder of an older one."""
        with self._database.read() as session:
            known = set(session.scalars(select(IndexedKindRow.kind)))
            new = [source for source in self._sources.all() if source.kind not in known]
            there = [(source.kind, name) for source in new for name in session.scalars(source.names)]
        self._mark_all(there)
        if new:
            with self._database.transaction() as session:
                for source in new:
                    session.merge(IndexedKindRow(kind=source.kind))

    def _mark_all(self, there: Iterable[tuple[str, str]]) -> int:
        marked, rest = 0, iter(dict.fromkeys(there))
        while some := list(islice(rest, _A_TRANSACTION)):
            with self._database.transaction() as session:
                known = {(kind, name) for kind, name in session.execute(select(StaleRow.kind, StaleRow.name))}
                new = [{"kind": kind, "name": name} for kind, name in some if (kind, name) not in known]
                if new:
                    session.execute(insert(StaleRow), new)
            marked += len(some)
        return marked

    def refresh(self) -> None:
        """Make all stale documents anew."""
        while self._is_stale():
            with self._database.transaction() as session:
                rows = session.execute(select(StaleRow.kind, StaleRow.name).limit(_A_TRANSACTION)).all()
                by_kind: dict[str, list[str]] = {}
                for kind, name in rows:
                    by_kind.setdefault(kind, []).append(name)
                for kind, names in by_kind.items():
                    self._replace(session, kind, names)
                    session.execute(delete(StaleRow).where(StaleRow.kind == kind, StaleRow.name.in_(names)))

    def _is_stale(self) -> bool:
        with self._database.read() as session:
            return session.scalar(select(StaleRow.name).limit(1)) is not None

    def _replace(self, session: Session, kind: str, names: Sequence[str]) -> None:
        source = self._sources.find(kind)
        documents = [] if source is None else source.documents(session, names)
        tags = tags_among(session, kind, names)
        properties = properties_among(session, kind, names)
        query = select(DocumentRow).where(DocumentRow.kind == kind, DocumentRow.name.in_(names))
        rows = {row.name: row for row in session.scalars(query)}
        for document in documents:
            name = document.subject.name
            row = rows.pop(name, None) or DocumentRow(kind=kind, name=name)
            _fill(row, document)
            row.tags = " ".join(each.tag for each in tags.get(name, []))
            session.add(row)
            session.flush()
            extra = [f"{each.name} {as_text(each.value)}" for each in properties.get(name, [])]
            body = words_of(" ".join([document.text, row.tags, *extra, document.owner]))
            self._text.put(session, row.id, title=words_of(f"{name} {document.title}"), body=body)
        for row in rows.values():
            self._text.remove(session, row.id)
            session.delete(row)
        session.flush()

    def _mark_changed(self, session: Session, _actor: Actor, action: str, subject: Subject) -> None:
        """Mark what an event is about, and the model that it belongs to. What is a moved model's moves at once."""
        if action == MOVED and subject.model is not None:
            moved = update(DocumentRow).where(DocumentRow.model == subject.model)
            session.execute(moved.values(project=scope_of(session, subject.model).project))
        self.mark(session, subject.kind, [subject.name])
        if subject.model is not None and subject.kind != "model":
            self.mark(session, "model", [subject.model])


def _fill(row: DocumentRow, document: Document) -> None:
    subject = document.subject
    row.model, row.project = subject.model, subject.project
    row.title, row.text, row.owner = document.title[:500], document.text, document.owner[:200]
    row.person, row.page, row.created_at = document.person, document.page, document.created_at
