"""Service of collections: recorded predictions of a model, with their labels, become the next version of a dataset."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Forbidden, InvalidInput, NotFound, Unavailable, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.contracts.protocols.data import DataLimits
from unshelf.develop.datasets.processes import DataProcesses, Program
from unshelf.develop.datasets.service import DatasetService
from unshelf.foundation.access.actors import SYSTEM, Actor
from unshelf.foundation.access.filters import visible
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.blob_uploads import BlobUploads
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import Subject, model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.claims import Claim
from unshelf.foundation.loops.loops import Loops, Postponed, QueueLoop
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.manage.notifications.notification import PersonNow
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.performance.intake import QualitySources, join_roles
from unshelf.monitor.performance.labels_file import write_labels
from unshelf.monitor.performance.messages import JoinRoles
from unshelf.monitor.retraining.collection import Collection, CollectionQuery, CollectionState
from unshelf.monitor.retraining.messages import COLLECTED_FILE, CollectAnswer, CollectOrder, RowsCollected
from unshelf.monitor.retraining.tables import CollectionRow
from unshelf.records.labels.service import labels_of, latest_numbers
from unshelf.records.selection import parse_since
from unshelf.runtime.blobs.port import CHUNK_BYTES, Blobs

QUEUE = "collections"
MOST_ROWS = 2_000_000
_MOST_DAYS = 3660
_SECONDS = 600.0
_MEMORY_BYTES = 1 << 30
_AGAIN_SECONDS = 5.0
_PROGRAM = "unshelf.monitor.retraining.collect_process"
_LABELS = "labels.arrow"
_LABEL = "label"
_NOTHING_NEW = "These are the predictions that this version had already: nothing was added, and nothing that waits for new data starts."


@dataclass(frozen=True, kw_only=True)
class CollectionDependencies:
    """Parts that collections stand on."""

    database: Database
    events: EventStore
    loops: Loops
    sources: QualitySources
    versions_of: Callable[[str], list[int]]
    datasets: DatasetService
    blobs: Blobs
    uploads: BlobUploads
    person_now: PersonNow


class CollectionService:
    """Collects predictions into datasets, each in a queue's piece of work: what a kill cuts off is done again, with one effect."""

    def __init__(self, parts: CollectionDependencies) -> None:
        self._parts = parts
        self._processes = DataProcesses(parts.sources.run)

    def loop(self) -> QueueLoop:
        """Return the loop that collects."""
        return QueueLoop(name=QUEUE, act=self.work, of_one_actor=1)

    def begin(
        self, actor: Actor, model: str, dataset: str, query: CollectionQuery, *, key: str | None = None, parent: str | None = None
    ) -> Collection:  # fmt: skip
        """Begin a collection. The same key again begins nothing.

        Raises NotFound, Forbidden, Conflict for a name that is no dataset, InvalidInput for a query that says nothing."""
        parts = self._parts
        with parts.database.read() as session:
            scope = scope_of(session, model)
            known = (
                None if key is None else session.scalar(select(CollectionRow).where(CollectionRow.request_key == key))
            )
        if known is not None:
            return _collection_of(known)
        actor.must_see(scope)
        actor.must(Permission.RECORDS_READ, scope)
        numbers = parts.versions_of(model)
        if not numbers:
            raise NotFound(f"There is no model {model[:80]!r}.")
        if query.version is not None and query.version not in numbers:
            raise NotFound(f"{model!r} has no version {query.version}.")
        _slice_of(query)
        since, until = parse_since(query.since), parse_since(query.until) or now()
        if since is not None and since >= until:
            raise InvalidInput("The range has no end after its beginning.", hint="Write --since 30d.")
        parts.datasets.check(actor, dataset, scope.project)
        row = CollectionRow(
            id=new_id(), model=model, project=scope.project, dataset=dataset, number=None, query=asdict(query), since=since, until=until,
            versions=[], rows=None, labelled=None, state="running", reason="", parent=parent, request_key=key, created_at=now(),
            created_by=actor.label, actor_id=actor.id, ended_at=None,
        )  # fmt: skip
        with parts.database.transaction() as session:
            session.add(row)
            parts.loops.add_work(session, QUEUE, row.id, actor=actor.label)
            session.flush()
            found = _collection_of(row)
        parts.loops.wake(QUEUE)
        return found

    def again(self, actor: Actor, id: str, *, key: str | None = None) -> Collection:
        """Collect by the same query once more: of what is recorded and labelled by now. Raises as `begin`."""
        found = self.show(actor, id)
        return self.begin(actor, found.model, found.dataset, found.query, key=key, parent=id)

    def show(self, actor: Actor, id: str) -> Collection:
        """Return a collection. Raises NotFound."""
        with self._parts.database.read() as session:
            row = session.get(CollectionRow, id)
            scope = None if row is None else scope_of(session, row.model)
        if row is None or scope is None or not actor.may(Permission.MODEL_READ, scope):
            raise NotFound(f"There is no collection {id[:80]!a}.", hint="`unshelf data collections` shows their ids.")
        actor.must(Permission.RECORDS_READ, scope)
        return _collection_of(row)

    def list_for(
        self, actor: Actor, *, model: str | None = None, dataset: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[Collection]:  # fmt: skip
        """List the collections of models whose records the actor may read, the newest first."""
        query = select(CollectionRow).where(visible(CollectionRow.model, actor, Permission.RECORDS_READ))
        for column, value in ((CollectionRow.model, model), (CollectionRow.dataset, dataset)):
            if value is not None:
                query = query.where(column == value)
        with self._parts.database.read() as session:
            page = read_page(session, query, [SortKey(CollectionRow.id, descending=True)], limit=limit, cursor=cursor)
        return Page(page.map(_collection_of), page.next_cursor)

    def work(self, claim: Claim) -> None:
        """Do one collection, up to the end of the claim."""
        parts = self._parts
        with parts.database.read() as session:
            row = session.get(CollectionRow, claim.key)
        state: CollectionState = "failed"
        reason, number, done = "", None, RowsCollected(rows=0, labelled=0, versions=[])
        if row is not None and row.state == "running":
            try:
                number, done, reason = self._collected(row)
                state = "succeeded"
            except Unavailable as error:
                raise Postponed(error.detail, seconds=error.retry_after or _AGAIN_SECONDS) from None
            except UnshelfError as refused:
                if refused.code == "unavailable":
                    raise Postponed(refused.detail, seconds=_AGAIN_SECONDS) from None
                reason = f"{refused.detail} {refused.hint}".strip()[:2000]
        with parts.database.transaction() as session:
            claim.finish(session)
            kept = session.get(CollectionRow, claim.key)
            if kept is None or kept.state != "running":
                return
            kept.state, kept.reason, kept.number, kept.ended_at = state, reason, number, now()
            kept.rows, kept.labelled, kept.versions = done.rows, done.labelled, done.versions
            self._log(session, kept)

    def _collected(self, row: CollectionRow) -> tuple[int, RowsCollected, str]:
        """Return the number of the dataset's version, what it has, and what is to be said of it."""
        parts = self._parts
        actor = parts.person_now(row.actor_id)
        if actor is None:
            raise Forbidden(f"{row.created_by!r} may do nothing here any more.")
        with parts.database.read() as session:
            actor.must(Permission.RECORDS_READ, scope_of(session, row.model))
        with self._processes.scratch() as scratch:
            done = self._ask(row, CollectionQuery(**row.query), scratch)
            if not done.rows:
                what = "predictions with a label" if row.query["labels"] else "predictions"
                raise InvalidInput(
                    f"There are no {what} in this range.", hint="Choose a longer one, or wait for labels."
                )
            file = self._stored(scratch / COLLECTED_FILE)
        parts.uploads.note(actor, file.sha256)
        versions = ", ".join(map(str, done.versions))
        described = f"Predictions of {row.model}, version {versions}" + (
            ", with labels." if row.query["labels"] else "."
        )
        version, is_new = parts.datasets.add(actor, row.dataset, [file], project=row.project, description=described)
        return version.number, done, "" if is_new else _NOTHING_NEW

    def _ask(self, row: CollectionRow, query: CollectionQuery, scratch: Path) -> RowsCollected:
        parts, sources = self._parts, self._parts.sources
        numbers = parts.versions_of(row.model) if query.version is None else [query.version]
        roles, label = self._roles(row.model, numbers) if query.labels else ({}, _LABEL)
        since = row.since or row.until - timedelta(days=_MOST_DAYS)
        if query.labels:
            with parts.database.read() as session:
                days = [day for day in latest_numbers(session, row.model) if not day or _is_near(day, since, row.until)]
                write_labels(scratch / _LABELS, labels_of(session, row.model, days))
        order = CollectOrder(
            folder=str(sources.predictions.absolute()), predictions=sources.setting, s3_endpoint=sources.s3_endpoint,
            run_folder=str(sources.run.absolute()), model=row.model, versions=numbers, since_ns=_ns(since), until_ns=_ns(row.until),
            slice=_slice_of(query), roles=roles, label=label, labels=_LABELS if query.labels else "", most_rows=MOST_ROWS,
            scratch=str(scratch),
            limits=DataLimits(seconds=_SECONDS, memory_bytes=_MEMORY_BYTES, threads=1, rows=MOST_ROWS, output_bytes=0),
        )  # fmt: skip
        environment = () if sources.setting == "files" else ("AWS_",)
        program = Program(module=_PROGRAM, environment=environment)
        done: RowsCollected = self._processes.ask_for(program, order, CollectAnswer, seconds=_SECONDS)
        return done

    def _roles(self, model: str, numbers: list[int]) -> tuple[dict[int, JoinRoles], str]:
        """Return the columns by which labels are joined, and the column that they become. Raises InvalidInput."""
        found: dict[int, JoinRoles] = {}
        label = _LABEL
        for number in numbers:
            try:
                roles: ColumnRoles = self._parts.sources.roles_of(model, number)
            except NotFound:
                continue
            joined = join_roles(roles)
            if joined is not None:
                found[number], label = joined, roles.label or label
        if not found:
            raise InvalidInput(
                f"It is not known which output of {model} is its answer, so labels can't be joined with it.",
                hint=f"Say so: unshelf columns set {model} --prediction OUTPUT --task classification.",
            )
        return found, label

    def _stored(self, path: Path) -> BundleFile:
        size = path.stat().st_size
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            self._parts.blobs.put(digest, iter(lambda: file.read(CHUNK_BYTES), b""), limit=size)
        return BundleFile(path="predictions.parquet", sha256=digest, size=size)

    def _log(self, session: Session, row: CollectionRow) -> None:
        subject = _subject(session, row)
        after: Mapping[str, Any] = {
            "collection": row.id, "dataset": row.dataset, "version": row.number, "versions": row.versions, "query": row.query,
            "rows": row.rows, "labelled": row.labelled, "by": row.created_by,
        }  # fmt: skip
        self._parts.events.record(
            session, SYSTEM, f"predictions.{'collected' if row.state == 'succeeded' else 'not_collected'}", subject, after=dict(after),
            reason=row.reason[:500],
        )  # fmt: skip


class CollectionsAgain:
    """Collects again, for schedules, triggers and policies; see Starter."""

    def __init__(self, collections: CollectionService) -> None:
        self._collections = collections

    def require(self, actor: Actor, target: str) -> str:
        """Return the project of a collection that the actor may do again. Raises NotFound or Forbidden."""
        return self._collections.show(actor, target).project

    def start(self, actor: Actor, target: str, *, key: str, parameters: Mapping[str, Any] | None = None) -> str:  # noqa: ARG002
        """Collect by the same query and return the id. An event changes nothing of it."""
        return self._collections.again(actor, target, key=hashlib.sha256(key.encode()).hexdigest()).id


def _subject(session: Session, row: CollectionRow) -> Subject:
    return model_subject("model", row.model, row.model, project=scope_of(session, row.model).project)


def _is_near(day: str, since: datetime, until: datetime) -> bool:
    """Whether predictions of a range may have ids of a day: those around midnight bear one beside their own."""
    return (since - timedelta(days=2)).date().isoformat() <= day <= (until + timedelta(days=1)).date().isoformat()


def _slice_of(query: CollectionQuery) -> tuple[str, str] | None:
    if not query.slice:
        return None
    name, divider, value = query.slice.partition("=")
    if not name or not divider:
        raise InvalidInput(f"{query.slice[:80]!r} is no slice.", hint="Write COLUMN=VALUE.")
    return name, value


def _ns(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1_000_000) * 1000


def _collection_of(row: CollectionRow) -> Collection:
    return Collection(
        id=row.id, model=row.model, project=row.project, dataset=row.dataset, number=row.number, query=CollectionQuery(**row.query),
        since=row.since, until=row.until, versions=list(row.versions), rows=row.rows, labelled=row.labelled,
        state=cast(CollectionState, row.state), reason=row.reason, parent=row.parent, created_at=row.created_at, created_by=row.created_by,
        ended_at=row.ended_at,
    )  # fmt: skip
