"""The door to scorings: begin, list, show, cancel, delete, and read what came of each."""

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, cast

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound
from unshelf.contracts.permissions import Permission
from unshelf.contracts.tiers import Tier
from unshelf.deploy.registry.values import InspectedModel, must_take_rows
from unshelf.deploy.scorings.given_data import data_reference, dataset_source, uploaded_source
from unshelf.deploy.scorings.messages import ResultFormat
from unshelf.deploy.scorings.orders import batch_rows
from unshelf.deploy.scorings.scoring import (
    ENDED,
    MOST_CHUNK_ROWS,
    RowProgress,
    Scoring,
    ScoringOrder,
    ScoringPurpose,
    ScoringState,
)
from unshelf.deploy.scorings.tables import ScoringRow
from unshelf.deploy.scorings.work import QUEUE, SCORING, holder_of, subject_of
from unshelf.develop.connections.sources.found import is_table
from unshelf.develop.data.service import DataService, DatasetTarget
from unshelf.develop.jobs.job import PRIORITIES
from unshelf.develop.jobs.service import JobService
from unshelf.develop.jobs.tables import JobRow
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.request_keys import begun_before
from unshelf.foundation.access.scopes import Scope, project_scope
from unshelf.foundation.blob_holds import BlobHolds, hold, let_go
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.loops import Loops
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.manage.projects.lookup import find_open_project
from unshelf.manage.quotas.service import QuotaService
from unshelf.manage.tiers.service import TierService
from unshelf.runtime.blobs.port import Blobs

_SAID = re.compile(r"^unshelf: scored (\d+) of (\d+) rows, (\d+) failed$", re.MULTILINE)
_NO_COLUMN = (
    "tier", "priority", "chunk", "batch", "most_failed", "seconds", "keep", "params", "format", "project", "purpose",
    "if_exists",
)  # fmt: skip
_MOST_KEPT = 5000


@dataclass(frozen=True, kw_only=True)
class ScoringDependencies:
    """Whatever scorings stand on."""

    database: Database
    events: EventStore
    subjects: Subjects
    blobs: Blobs
    holds: BlobHolds
    loops: Loops
    data: DataService
    jobs: JobService
    tiers: TierService
    quotas: QuotaService
    inspect: Callable[[str], InspectedModel]
    scope_of: Callable[[str], Scope]
    baseline_dataset_of: Callable[[str, int], str | None]
    """Returns `NAME@VERSION` of the dataset that a version was trained on; None: none is known."""
    sizes: Mapping[str, Tier]
    """The tiers of this server."""


class ScoringService:
    """Keeps scorings. A scoring is its project's: who may read jobs there sees it, to all others it does not exist."""

    def __init__(self, parts: ScoringDependencies) -> None:
        self._parts = parts

    def begin(self, actor: Actor, order: ScoringOrder) -> Scoring:
        """Begin a scoring. The same key again begins nothing, and returns what it began.

        Raises NotFound for a version, data or project that the actor may not see, Forbidden for what they may not use, InvalidInput for
        what can't be scored, Conflict for a paused version."""
        parts = self._parts
        if order.key is not None and (known := begun_before(parts.database, ScoringRow, actor, order.key)) is not None:
            return self.show(actor, known)
        found = self._version(actor, order.reference)
        project = order.project or found.project
        actor.must_see(project_scope(project))
        actor.must(Permission.JOBS_RUN, project_scope(project))
        _check(order, parts.sizes)
        order = self._with_format(actor, order, project)
        source, files = self._source(actor, order)
        model, version = found.version_named
        row = _row(order, actor, model=model, version=version, project=project, batch=batch_rows(found, order.batch))
        row.source = source
        row.options = {**row.options, "recorded_as": order.purpose or self._purpose(found, source)}
        sizes = {file.sha256: file.size for file in files}
        with (
            parts.holds.claim(actor if order.files else None, sizes) as session,
            parts.quotas.within(session, project=project, makers=[actor.label]),
        ):
            find_open_project(session, project)
            parts.tiers.must_exist(order.tier)
            parts.tiers.must_use(session, actor, order.tier, project_scope(project))
            session.add(row)
            session.flush()
            hold(session, sizes, holder_of(row.id, "data"))
            after = {"model": f"{model}:{version}", "data": row.data or "files", "out": row.out, "tier": order.tier}
            parts.events.record(session, actor, "scoring.begun", subject_of(row), after=after)
            parts.subjects.changed(session, SCORING, [row.id])
            parts.loops.add_work(session, QUEUE, row.id, actor=actor.label)
        parts.loops.wake(QUEUE)
        return self.show(actor, row.id)

    def list_for(
        self, actor: Actor, *, project: str | None = None, model: str | None = None, limit: int, cursor: str | None = None
    ) -> Page[Scoring]:  # fmt: skip
        """List the scorings that the actor may see, the newest first."""
        query = select(ScoringRow).where(in_visible_project(ScoringRow.project, actor, Permission.JOBS_READ))
        for column, value in ((ScoringRow.project, project), (ScoringRow.model, model)):
            if value is not None:
                query = query.where(column == value)
        with self._parts.database.read() as session:
            page = read_page(session, query, [SortKey(ScoringRow.id, descending=True)], limit=limit, cursor=cursor)
        return Page([self._scoring(row) for row in page.items], page.next_cursor)

    def show(self, actor: Actor, id: str) -> Scoring:
        """Return a scoring. Raises NotFound."""
        with self._parts.database.read() as session:
            row = _visible(session, actor, id)
        return self._scoring(row)

    def cancel(self, actor: Actor, id: str) -> Scoring:
        """End a scoring; one that has ended stays as it is."""
        with self._parts.database.transaction() as session:
            row = _visible(session, actor, id, Permission.JOBS_RUN)
            job = row.job if row.state == "scoring" else None
            if row.state not in ENDED:
                row.state, row.reason, row.ended_at = "cancelled", f"{actor.label} cancelled it.", now()
                self._parts.events.record(session, actor, "scoring.cancelled", subject_of(row))
                self._parts.subjects.changed(session, SCORING, [row.id])
                if job is None:
                    let_go(session, holder_of(id, "data"))
                    let_go(session, holder_of(id, "chunks"))
        if job is not None:
            with contextlib.suppress(Conflict):  # it was over by then
                self._parts.jobs.cancel(actor, job)
        return self.show(actor, id)

    def delete(self, actor: Actor, id: str) -> None:
        """Delete a scoring that has ended, with the results that are kept here. Raises Conflict for one that has not."""
        with self._parts.database.transaction() as session:
            row = _visible(session, actor, id, Permission.JOBS_RUN)
            if row.state not in ENDED:
                raise Conflict("The scoring has not ended.", hint=f"Cancel it first: unshelf scorings cancel {id}")
            for what in ("data", "chunks", "results"):
                let_go(session, holder_of(id, what))
            self._parts.events.record(session, actor, "scoring.deleted", subject_of(row))
            self._parts.subjects.removed(session, SCORING, [id])
            session.delete(row)

    def file(self, actor: Actor, id: str, path: str) -> tuple[BundleFile, Iterator[bytes]]:
        """Return a file of results, and its content. Raises NotFound."""
        for file in self.show(actor, id).files:
            if file.path == path:
                return file, self._parts.blobs.chunks(file.sha256)
        raise NotFound(f"The scoring has no file {path[:80]!r}.", hint=f"`unshelf scorings show {id}` lists its files.")

    def again(self, actor: Actor, id: str, *, key: str, changes: Mapping[str, Any] | None = None) -> Scoring:
        """Begin a scoring like another one, of the version and the data that its references lead to now."""
        with self._parts.database.read() as session:
            row = _visible(session, actor, id)
        order = _order_from(row)
        known = {each.name for each in fields(ScoringOrder)} - {"files", "key", "parent"}
        if unknown := sorted(set(changes or ()) - known):
            raise InvalidInput(
                f"{unknown[0][:80]!a} is nothing that a scoring has.", hint=f"Known are: {', '.join(sorted(known))}."
            )
        return self.begin(actor, replace(order, key=key, parent=id, **dict(changes or {})))

    def _version(self, actor: Actor, reference: str) -> InspectedModel:
        found = self._parts.inspect(reference)
        model, version = found.version_named
        scope = self._parts.scope_of(model)
        actor.must_see(scope)
        actor.must(Permission.MODEL_PREDICT, scope)
        must_take_rows(found)
        if found.version.manifest.output == "table":
            raise InvalidInput(
                f"{model}:{version} gives one answer for all rows, so that no row has one of its own.",
                hint='A version with [model] output = "rows" can be scored.',
            )
        return found

    def _source(self, actor: Actor, order: ScoringOrder) -> tuple[dict[str, Any] | None, list[BundleFile]]:
        """Return the source as it is stored, and the files that have to be held; of a connection there is none yet."""
        if bool(order.files) == bool(order.data):
            raise InvalidInput(
                "A scoring has data or uploaded files, one of both.", hint="Write data://NAME, or name a file."
            )
        if order.files:
            return uploaded_source(order.files), list(order.files)
        version = self._parts.data.dataset_version(actor, data_reference(order.data))
        return (None, []) if version is None else (dataset_source(version), version.files)

    def _purpose(self, found: InspectedModel, source: dict[str, Any] | None) -> ScoringPurpose:
        """Return the purpose of a scoring that says none: rows that the version was trained on are nothing new to monitors."""
        baseline = self._parts.baseline_dataset_of(*found.version_named)
        return (
            "backtest"
            if source is not None and baseline is not None and source["label"] == f"data://{baseline}"
            else "batch"
        )

    def _with_format(self, actor: Actor, order: ScoringOrder, project: str) -> ScoringOrder:
        """Return the order with the format that its place takes. Raises what `DataService.target` raises, InvalidInput."""
        if not order.out:
            return order
        place = self._parts.data.target(actor, data_reference(order.out), project)
        if isinstance(place, DatasetTarget):
            return order
        suffix = place.path.rpartition(".")[2].lower() if place.kind == "s3" and is_table(place.path) else ""
        if suffix not in ("", "parquet", "csv"):
            raise InvalidInput(f"Results are no .{suffix} file.", hint="Name a .parquet or .csv file, or a folder.")
        if suffix and order.if_exists == "append":
            raise InvalidInput("Rows can't be added to one file.", hint="Name a folder: each scoring adds files to it.")
        if place.kind == "sql" and order.format != "parquet":
            raise InvalidInput("A table of a database has no format.", hint="Leave the format out.")
        return replace(order, format=cast(ResultFormat, suffix or order.format))

    def _scoring(self, row: ScoringRow) -> Scoring:
        job = None if row.job is None else self._parts.jobs.state_of(row.job)
        options, results = row.options, row.results or {}
        return Scoring(
            id=row.id, name=row.name, project=row.project, model=row.model, version=row.version, reference=row.reference,
            data=row.data, source=row.data if row.source is None else row.source["label"], out=row.out, written=row.written,
            if_exists=options.get("if_exists", "fail"),
            format=options["format"], keep=options["keep"], params=options["params"], tier=options["tier"],
            priority=options["priority"], chunk=options["chunk"] or _chunk(row), batch=options["batch"], most_failed=options["most_failed"],
            state=cast(ScoringState, row.state), reason=row.reason, job=row.job, job_state=None if job is None else job.state,
            rows=row.rows, progress=self._progress(row, job), scored=row.scored, failed=row.failed, unused=row.unused,
            files=msgspec.convert(results.get("files", []), list[BundleFile]), failures=results.get("failures", []),
            columns=results.get("columns", []), preview=results.get("preview", []), parent=row.parent,
            created_at=row.created_at, created_by=row.created_by,
            started_at=row.started_at or (None if job is None else job.started_at), ended_at=row.ended_at,
        )  # fmt: skip

    def _progress(self, row: ScoringRow, job: JobRow | None) -> RowProgress | None:
        """Read how far the program of a scoring is, in what it printed last."""
        if row.state != "scoring" or job is None or job.started_at is None or row.rows is None:
            return None
        said = _SAID.findall(self._parts.jobs.last_words(job.id))
        if not said:
            return None
        scored, failed = min(int(said[-1][0]), row.rows), min(int(said[-1][2]), row.rows)
        seconds = (now() - job.started_at).total_seconds()
        rate = scored / seconds if scored and seconds > 0 else None
        return RowProgress(
            scored=scored,
            failed=failed,
            rows_a_second=rate,
            seconds_left=None if not rate else (row.rows - scored) / rate,
        )


class ScoringsAgain:
    """Starts scorings again, for schedules and triggers; see Starter."""

    def __init__(self, scorings: ScoringService) -> None:
        self._scorings = scorings

    def require(self, actor: Actor, target: str) -> str:
        """Return the project of a scoring that the actor may begin again. Raises NotFound or Forbidden."""
        project = self._scorings.show(actor, target).project
        actor.must(Permission.JOBS_RUN, project_scope(project))
        return project

    def start(self, actor: Actor, target: str, *, key: str, parameters: Mapping[str, Any] | None = None) -> str:
        """Begin a scoring like this one and return its id; `parameters`: what is different, such as `data`. Those of a trigger's call are
        what its body says; an event changes nothing."""
        changes = dict(parameters or {})
        changes.pop("event", None)
        called = changes.pop("call", None) or {}
        return self._scorings.again(actor, target, key=key, changes={**changes, **called}).id


def _chunk(row: ScoringRow) -> int | None:
    """Return the rows of a chunk, as they were chosen by the data."""
    return None if row.chunks is None else max(row.chunks["rows"])


def _visible(session: Session, actor: Actor, id: str, permission: Permission = Permission.JOBS_READ) -> ScoringRow:
    row = session.get(ScoringRow, id)
    if row is None or not actor.may(Permission.JOBS_READ, project_scope(row.project)):
        raise NotFound(
            f"There is no scoring {id[:80]!a}, or you may not see it.", hint="`unshelf scorings list` shows their ids."
        )
    actor.must(permission, project_scope(row.project))
    return row


def _row(order: ScoringOrder, actor: Actor, *, model: str, version: int, project: str, batch: int) -> ScoringRow:
    options = {name: getattr(order, name) for name in _NO_COLUMN} | {"batch": batch, "wanted_batch": order.batch}
    options |= {
        "keep": None if order.keep is None else list(order.keep), "params": None if order.params is None else dict(order.params),
    }  # fmt: skip
    return ScoringRow(
        id=new_id(), name=order.name or f"{model}:{version}", project=project, model=model, version=version,
        reference=order.reference[:200], data=order.data, source=None, out=order.out, options=options, state="reading",
        reason="", job=None, chunks=None, unused=[], rows=None, scored=None, failed=None, results=None, written="",
        parent=order.parent, request_key=order.key, created_at=now(), created_by=actor.label, actor_id=actor.id,
        started_at=None, ended_at=None,
    )  # fmt: skip


def _order_from(row: ScoringRow) -> ScoringOrder:
    options = {name: row.options[name] for name in _NO_COLUMN if name in row.options} | {
        "batch": row.options["wanted_batch"]
    }
    files = [] if row.data or row.source is None else msgspec.convert(row.source["files"], list[BundleFile])
    return ScoringOrder(
        reference=row.reference, data=row.data, files=files, out=row.out, name="", parent=row.id,
        **(options | {"project": row.project}),
    )  # fmt: skip


def _check(order: ScoringOrder, tiers: Mapping[str, Tier]) -> None:
    """Raise InvalidInput for what can't be."""
    bounds: list[tuple[str, float, float, float]] = [
        ("chunk", 1 if order.chunk is None else order.chunk, 1, MOST_CHUNK_ROWS),
        ("batch", 1 if order.batch is None else order.batch, 1, MOST_CHUNK_ROWS),
        ("number of rows that may fail", order.most_failed, 0, 1 << 40),
        ("priority", order.priority, PRIORITIES[0], PRIORITIES[-1]),
    ]  # fmt: skip
    for what, value, least, most in bounds:
        if not least <= value <= most:
            raise InvalidInput(f"The {what} is {least:g} to {most:g}, got {value:g}.")
    if order.keep is not None and (len(order.keep) > _MOST_KEPT or len(set(order.keep)) < len(order.keep)):
        raise InvalidInput(f"Columns to keep are named once each, at most {_MOST_KEPT} of them.")
    if order.tier not in tiers:
        raise InvalidInput(f"There is no tier {order.tier[:64]!r}.", hint=f"Tiers: {', '.join(sorted(tiers))}.")
