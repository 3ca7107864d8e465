"""The door to checks of versions: run one with somebody's own rows, list what was found."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from time import monotonic
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput, TooManyRequests
from unshelf.contracts.references import InvalidReference, parse_data_reference
from unshelf.deploy.checks.asking import Outcomes, Predict, ask_rows
from unshelf.deploy.checks.quality import NotComparable, quality_of
from unshelf.deploy.checks.report import CheckReport, Failure, Latency, Quality
from unshelf.deploy.checks.rows import fit_rows, json_rows, take_label
from unshelf.deploy.checks.tables import VersionCheckRow
from unshelf.deploy.registry.values import InspectedModel
from unshelf.develop.data.service import DataService
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.ids import new_id
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.foundation.subjects import Subjects
from unshelf.manage.audit.service import AuditService

_SECONDS = 300.0
_AT_ONCE = 4


@dataclass(frozen=True, kw_only=True)
class WantedCheck:
    """A check as somebody asks for it."""

    data: str | None
    rows: list[Any] | None
    most_rows: int
    label: str
    output: str


class CheckService:
    """Asks versions through the gateways' private door, with the purpose `check`, which nothing counts as use."""

    def __init__(
        self, database: Database, audit: AuditService, subjects: Subjects, *, data: DataService,
        inspect: Callable[[str], InspectedModel], predict: Predict, seconds: float = _SECONDS,
    ) -> None:  # fmt: skip
        """`seconds`: how long the rows of a check are asked for."""
        self._database = database
        self._audit = audit
        self._data = data
        self._inspect = inspect
        self._predict = predict
        self._seconds = seconds
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        subjects.on_removed(_forget)

    def run(self, actor: Actor, ref: str, wanted: WantedCheck) -> CheckReport:
        """Ask a version for the rows, and keep what came of it.

        Raises NotFound for a version that there is not and for data that the actor may not read, InvalidInput for rows that are none,
        Unavailable when no gateway answers."""
        found = self._inspect(ref)
        model, number = found.version_named
        with self._turn():
            rows = self._rows(actor, wanted)
            labels = take_label(rows, wanted.label) if wanted.label else None
            unused = fit_rows(rows, found)
            started_at, began = now(), monotonic()
            whole = found.version.manifest.output == "table"
            outcomes = ask_rows(
                self._predict, actor.label, f"{model}:{number}", rows, whole=whole, seconds=self._seconds
            )
        quality, note = _quality(labels, outcomes, wanted.output, whole=whole)
        report = CheckReport(
            id=new_id(), model=model, version=number, started_at=started_at, started_by=actor.label,
            seconds=round(monotonic() - began, 3), data=wanted.data or "", label=wanted.label, rows=outcomes.asked,
            answered=len(outcomes.outputs), not_asked=len(rows) - outcomes.asked, failed=dict(outcomes.failed),
            failures=outcomes.failures, unused=unused, latency=outcomes.latency(), quality=quality, note=note,
        )  # fmt: skip
        self._keep(actor, report)
        return report

    def list_of(self, ref: str, *, limit: int, cursor: str | None = None) -> Page[CheckReport]:
        """List the checks of a version, the newest first. Raises NotFound."""
        model, number = self._inspect(ref).version_named
        query = select(VersionCheckRow).where(VersionCheckRow.model == model, VersionCheckRow.version == number)
        with self._database.read() as session:
            keys = [SortKey(VersionCheckRow.id, descending=True)]
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
            return Page(page.map(_report), page.next_cursor)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold one of the few turns. Raises TooManyRequests when all are taken."""
        if not self._turns.acquire(blocking=False):
            raise TooManyRequests(f"{_AT_ONCE} checks are running already.", retry_after=10)
        try:
            yield
        finally:
            self._turns.release()

    def _rows(self, actor: Actor, wanted: WantedCheck) -> list[Any]:
        if (wanted.data is None) == (wanted.rows is None):
            raise InvalidInput("Give the rows, or a reference to data that leads to them.", hint="`rows` or `data`.")
        if wanted.rows is not None:
            return [dict(row) if isinstance(row, dict) else row for row in wanted.rows]
        try:
            reference = parse_data_reference(wanted.data or "")
        except InvalidReference as error:
            raise InvalidInput(f"{error}.") from None
        read = self._data.rows(actor, reference, rows=wanted.most_rows)
        rows = json_rows(read.chunks())
        if not rows:
            raise InvalidInput(f"{wanted.data} has no rows.")
        return rows

    def _keep(self, actor: Actor, report: CheckReport) -> None:
        found = asdict(report)
        own = {name: found.pop(name) for name in ("id", "model", "version", "started_at", "started_by", "data")}
        after = {
            "check": report.id, "data": report.data, "label": report.label, "rows": report.rows, "answered": report.answered,
        }  # fmt: skip
        with self._database.transaction() as session:
            session.add(VersionCheckRow(**own, found=found))
            self._audit.record(session, actor, "version.checked", f"{report.model}:{report.version}", after)


def _quality(
    labels: Sequence[Any] | None, outcomes: Outcomes, member: str, *, whole: bool
) -> tuple[Quality | None, str]:
    if labels is None:
        return None, ""
    if whole:
        return None, "The version's answer is one for all rows, which no label of a row is held against."
    places = sorted(outcomes.outputs)
    try:
        return quality_of(
            [labels[place] for place in places], [outcomes.outputs[place] for place in places], member
        ), ""
    except NotComparable as error:
        return None, str(error)


def _report(row: VersionCheckRow) -> CheckReport:
    found = dict(row.found)
    found["failures"] = [Failure(**each) for each in found["failures"]]
    found["latency"] = None if found["latency"] is None else Latency(**found["latency"])
    found["quality"] = None if found["quality"] is None else Quality(**found["quality"])
    return CheckReport(
        id=row.id, model=row.model, version=row.version, started_at=row.started_at, started_by=row.started_by, data=row.data,
        **found,
    )  # fmt: skip


def _forget(session: Session, kind: str, names: list[str]) -> None:
    """Forget the checks of versions that are removed."""
    if kind != "version":
        return
    for name in names:
        model, _, number = name.rpartition(":")
        of_version = (VersionCheckRow.model == model, VersionCheckRow.version == int(number))
        session.execute(delete(VersionCheckRow).where(*of_version))
