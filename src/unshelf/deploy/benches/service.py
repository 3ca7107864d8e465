"""The door to benches: begin, list, show, cancel, delete."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from unshelf.contracts.bundle import BundleFile
from unshelf.contracts.errors import Conflict, Forbidden, InvalidInput, NotFound
from unshelf.contracts.machine import MachineFacts
from unshelf.contracts.permissions import Permission
from unshelf.contracts.tiers import Tier
from unshelf.deploy.benches.bench import (
    ENDED,
    MOST_CALLERS,
    MOST_ROWS,
    MOST_SECONDS,
    Bench,
    BenchOrder,
    BenchState,
    TierLine,
)
from unshelf.deploy.benches.orders import unfit_reason
from unshelf.deploy.benches.tables import BenchRow
from unshelf.deploy.benches.work import BENCH, FOLLOWING, end_row, holder_of, lines_of, subject_of
from unshelf.deploy.registry.values import InspectedModel, must_take_rows
from unshelf.deploy.scorings.given_data import data_reference, dataset_source, uploaded_source
from unshelf.develop.data.service import DataService
from unshelf.develop.jobs.job import ENDED as JOB_ENDED
from unshelf.develop.jobs.service import JobService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.filters import in_visible_project
from unshelf.foundation.access.request_keys import begun_before
from unshelf.foundation.access.scopes import Scope, project_scope
from unshelf.foundation.blob_holds import BlobHolds, hold
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


@dataclass(frozen=True, kw_only=True)
class BenchDependencies:
    """Whatever benches stand on."""

    database: Database
    events: EventStore
    subjects: Subjects
    holds: BlobHolds
    loops: Loops
    data: DataService
    jobs: JobService
    tiers: TierService
    quotas: QuotaService
    inspect: Callable[[str], InspectedModel]
    machine: Callable[[], MachineFacts]
    scope_of: Callable[[str], Scope]
    sizes: Mapping[str, Tier]
    """The tiers of this server."""
    currency: str


class BenchService:
    """Keeps benches. A bench is its project's: who may read jobs there sees it, to all others it does not exist."""

    def __init__(self, parts: BenchDependencies) -> None:
        self._parts = parts

    def begin(self, actor: Actor, order: BenchOrder) -> Bench:
        """Begin a bench. The same key again begins nothing, and returns what it began.

        Raises NotFound for a version, data, tier or project that the actor may not see, Forbidden for what they may not use, InvalidInput
        for what can't be measured, Conflict for a paused version."""
        parts = self._parts
        if order.key is not None and (known := begun_before(parts.database, BenchRow, actor, order.key)) is not None:
            return self.show(actor, known)
        found = self._version(actor, order.reference)
        project = order.project or found.project
        actor.must_see(project_scope(project))
        actor.must(Permission.JOBS_RUN, project_scope(project))
        _check(order)
        source, files = self._source(actor, order)
        row = self._row(actor, order, found, project)
        row.source, row.tiers = (
            source,
            [msgspec.to_builtins(line) for line in self._lines(actor, order, found, project)],
        )
        sizes = {file.sha256: file.size for file in files}
        with (
            parts.holds.claim(actor if order.files else None, sizes) as session,
            parts.quotas.within(session, project=project, makers=[actor.label]),
        ):
            find_open_project(session, project)
            parts.quotas.must_allow_jobs(session, project)
            for line in lines_of(row):
                parts.tiers.must_use(session, actor, line.tier, project_scope(project))
            session.add(row)
            session.flush()
            hold(session, sizes, holder_of(row.id, "data"))
            after = {"model": f"{row.model}:{row.version}", "tiers": [line.tier for line in lines_of(row)]}
            parts.events.record(session, actor, "bench.begun", subject_of(row), after=after)
            parts.subjects.changed(session, BENCH, [row.id])
        parts.loops.wake(FOLLOWING)
        return self.show(actor, row.id)

    def list_for(
        self, actor: Actor, *, project: str | None = None, model: str | None = None, version: int | None = None, limit: int,
        cursor: str | None = None,
    ) -> Page[Bench]:  # fmt: skip
        """List the benches that the actor may see, the newest first."""
        query = select(BenchRow).where(in_visible_project(BenchRow.project, actor, Permission.JOBS_READ))
        for column, value in ((BenchRow.project, project), (BenchRow.model, model), (BenchRow.version, version)):
            if value is not None:
                query = query.where(column == value)
        with self._parts.database.read() as session:
            page = read_page(session, query, [SortKey(BenchRow.id, descending=True)], limit=limit, cursor=cursor)
        return Page([_bench(row) for row in page.items], page.next_cursor)

    def show(self, actor: Actor, id: str) -> Bench:
        """Return a bench. Raises NotFound."""
        with self._parts.database.read() as session:
            return _bench(_visible(session, actor, id))

    def cancel(self, actor: Actor, id: str) -> Bench:
        """End a bench and the job that it runs; one that has ended stays as it is."""
        parts, job = self._parts, None
        with parts.database.transaction() as session:
            row = _visible(session, actor, id, Permission.JOBS_RUN)
            if row.state not in ENDED:
                job = next((line.job for line in lines_of(row) if line.state == "measuring"), None)
                end_row(session, row, "cancelled", f"{actor.label} cancelled it.")
                parts.events.record(session, actor, "bench.cancelled", subject_of(row))
                parts.subjects.changed(session, BENCH, [row.id])
        if job is not None and (found := parts.jobs.state_of(job)) is not None and found.state not in JOB_ENDED:
            parts.jobs.cancel(actor, job)
        parts.loops.wake(FOLLOWING)
        return self.show(actor, id)

    def delete(self, actor: Actor, id: str) -> None:
        """Delete a bench that has ended. Raises NotFound, Conflict while it is not over."""
        with self._parts.database.transaction() as session:
            row = _visible(session, actor, id, Permission.JOBS_RUN)
            if row.state not in ENDED:
                raise Conflict("The bench is not over.", hint="Cancel it first.")
            before = {"model": f"{row.model}:{row.version}", "tiers": {line.tier: line.state for line in lines_of(row)}}
            self._parts.events.record(session, actor, "bench.deleted", subject_of(row), before=before)
            self._parts.subjects.removed(session, BENCH, [id])
            session.delete(row)

    def _version(self, actor: Actor, reference: str) -> InspectedModel:
        found = self._parts.inspect(reference)
        model, _ = found.version_named
        scope = self._parts.scope_of(model)
        actor.must_see(scope)
        actor.must(Permission.MODEL_PREDICT, scope)
        must_take_rows(found)
        return found

    def _lines(self, actor: Actor, order: BenchOrder, found: InspectedModel, project: str) -> list[TierLine]:
        """Return the tiers to measure on, with those that can't be. Raises NotFound, Forbidden."""
        parts = self._parts
        names = list(dict.fromkeys(order.tiers))
        for name in names:
            parts.tiers.must_exist(name)
        if not names:
            usable = parts.tiers.usable(actor, project)
            names = [name for name in parts.sizes if name in usable]
        if not names:
            raise Forbidden(f"{actor.label!r} may use no tier.", hint="`unshelf tiers` lists them.")
        machine = parts.machine()
        lines = []
        for name in names:
            reason = unfit_reason(parts.sizes[name], found.version.checks, machine)
            lines.append(TierLine(tier=name, state="unfit" if reason else "waiting", reason=reason))
        return lines

    def _row(self, actor: Actor, order: BenchOrder, found: InspectedModel, project: str) -> BenchRow:
        model, version = found.version_named
        options: dict[str, Any] = {name: getattr(order, name) for name in ("rows", "callers", "seconds", "warmup")}
        options["params"] = None if order.params is None else dict(order.params)
        return BenchRow(
            id=new_id(), project=project, model=model, version=version, reference=order.reference[:200], state="waiting",
            reason="It waits for its turn.", source=None, chunk=None, options=options, tiers=[], currency=self._parts.currency,
            request_key=order.key, created_at=now(), created_by=actor.label, actor_id=actor.id, started_at=None, ended_at=None,
        )  # fmt: skip

    def _source(self, actor: Actor, order: BenchOrder) -> tuple[dict[str, Any] | None, list[BundleFile]]:
        """Return the rows that were given, as they are stored, and the files that have to be held; None: none were."""
        if order.files and order.data:
            raise InvalidInput("A bench has data or uploaded files, not both.", hint="Leave one of them out.")
        if order.files:
            return uploaded_source(order.files), list(order.files)
        if not order.data:
            return None, []
        version = self._parts.data.dataset_version(actor, data_reference(order.data))
        if version is None:
            raise InvalidInput(
                f"{order.data[:200]} lies in a connection, which a bench does not read.",
                hint="Give a file, or a dataset: `unshelf data add` makes one of it.",
            )
        return dataset_source(version), version.files


def _check(order: BenchOrder) -> None:
    """Raise InvalidInput for what can't be."""
    bounds: list[tuple[str, float, float, float]] = [
        ("number of rows of a request", order.rows, 1, MOST_ROWS), ("number of callers", order.callers, 1, MOST_CALLERS),
        ("time of a measurement", order.seconds, 0.1, MOST_SECONDS), ("warm-up", order.warmup, 0, MOST_SECONDS),
    ]  # fmt: skip
    for what, value, least, most in bounds:
        if not least <= value <= most:
            raise InvalidInput(f"The {what} is {least:g} to {most:g}, got {value:g}.")


def _visible(session: Session, actor: Actor, id: str, permission: Permission = Permission.JOBS_READ) -> BenchRow:
    row = session.get(BenchRow, id)
    if row is None or not actor.may(Permission.JOBS_READ, project_scope(row.project)):
        raise NotFound(f"There is no bench {id[:80]!a}, or you may not see it.", hint="`unshelf benches` lists them.")
    actor.must(permission, project_scope(row.project))
    return row


def _bench(row: BenchRow) -> Bench:
    lines: Sequence[TierLine] = lines_of(row)
    return Bench(
        id=row.id, project=row.project, model=row.model, version=row.version, reference=row.reference,
        state=cast(BenchState, row.state), reason=row.reason, data="" if row.source is None else row.source["label"],
        currency=row.currency, tiers=list(lines), created_at=row.created_at, created_by=row.created_by, started_at=row.started_at,
        ended_at=row.ended_at, **row.options,
    )  # fmt: skip
