"""Service of diagnoses: why a model's data drifted or its quality fell, with the rows behind each bar."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput, NotFound
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.monitor.columns.column_roles import ColumnRoles
from unshelf.monitor.diagnosis.bins import binned
from unshelf.monitor.diagnosis.changes import changes_of
from unshelf.monitor.diagnosis.diagnosis import (
    Change,
    ColumnDiagnosis,
    DiagnosedRows,
    DiagnosisQuestion,
    DriftDiagnosis,
    QualityDiagnosis,
)
from unshelf.monitor.diagnosis.drift import DriftDiagnoses
from unshelf.monitor.diagnosis.losses import QualityDiagnoses
from unshelf.monitor.diagnosis.questions import AskedFor, DiagnosisQuestions, Resolved
from unshelf.monitor.diagnosis.records import ROW_FACTS, BarChoice, DiagnosisQueries, is_in_bin, is_in_slice, list_rows
from unshelf.monitor.diagnosis.truths import with_truths
from unshelf.monitor.windows.service import WindowService
from unshelf.monitor.windows.window import INPUT, OUTPUT

_CHANGES_BEFORE = timedelta(days=14)
"""How long before a window changes are shown: what explains a problem was changed before it."""
_LOOKED_THROUGH = 5000
"""The newest rows of which those with a wrong answer are listed."""


@dataclass(frozen=True, kw_only=True)
class RowsWanted:
    """The bar whose rows are wanted."""

    column: str = ""
    bin: str = ""
    """The name of a bin of the column; empty: all."""
    slice: str = ""
    """`COLUMN=VALUE`, the column as profiles have it; empty: all."""
    step: datetime | None = None
    wrong: bool = False
    """Only rows with a label, those with the greatest loss first."""
    limit: int = 100


class DiagnosisService:
    """Looks into problems of models. Everything that is made of values of records takes the right to read them."""

    def __init__(
        self, database: Database, windows: WindowService, queries: DiagnosisQueries, *, questions: DiagnosisQuestions,
        drift: DriftDiagnoses, quality: QualityDiagnoses, roles_of: Callable[[str, int], ColumnRoles],
    ) -> None:  # fmt: skip
        self._database = database
        self._windows = windows
        self._queries = queries
        self._questions = questions
        self._drift = drift
        self._quality = quality
        self._roles_of = roles_of

    def resolve(self, actor: Actor, wanted: AskedFor) -> Resolved:
        """Return what is asked about in full. Raises NotFound, Forbidden and InvalidInput."""
        self._windows.must_read(actor, wanted.model)
        return self._questions.resolve(actor, wanted)

    def drift(self, actor: Actor, asked: DiagnosisQuestion) -> DriftDiagnosis:
        """Return the columns by their part in a drift. Raises NotFound and Forbidden."""
        self._windows.must_read(actor, asked.model)
        return self._drift.rank(asked, self._changes(actor, asked))

    def column(
        self, actor: Actor, asked: DiagnosisQuestion, column: str, slices: Sequence[str] = ()
    ) -> ColumnDiagnosis:
        """Return where the drift of a column comes from. Raises NotFound and Forbidden."""
        self._windows.must_read(actor, asked.model)
        return self._drift.look_into(asked, column, slices)

    def quality(self, actor: Actor, asked: DiagnosisQuestion) -> QualityDiagnosis:
        """Return where a change of quality comes from. Raises NotFound and Forbidden."""
        self._windows.must_read(actor, asked.model)
        return self._quality.explain(asked, self._changes(actor, asked))

    def rows(self, actor: Actor, asked: DiagnosisQuestion, wanted: RowsWanted) -> DiagnosedRows:
        """Return the newest rows behind a bar: what was recorded of them, so without what its owner had redacted.

        Raises NotFound, Forbidden, InvalidInput, and what a query raises."""
        self._windows.must_read(actor, asked.model)
        before, _, after = self._drift.profiles(asked)
        if after is None:
            return DiagnosedRows(columns=ROW_FACTS, rows=(), truncated=False, sql="")
        conditions = []
        if wanted.bin:
            old = None if before is None else before.columns.get(wanted.column)
            new = after.columns.get(wanted.column)
            if old is None or new is None or type(old) is not type(new):
                raise NotFound(f"There is no column {wanted.column[:80]!a} that has bins in this time.")
            bins = binned(old, new)
            if bins.place_of is None or wanted.bin not in bins.labels:
                raise InvalidInput(
                    f"{wanted.bin[:80]!a} is no bin of {wanted.column[:80]!a} whose rows are known.",
                    hint=f"Its bins are {', '.join(bins.labels[:10])}.",
                )
            conditions.append(is_in_bin(wanted.column, bins.place_of, bins.labels.index(wanted.bin)))
        if wanted.slice:
            conditions.append(self._slice(asked, wanted.slice))
        choice = BarChoice(conditions=tuple(conditions), step=wanted.step)
        limit = max(wanted.limit, _LOOKED_THROUGH) if wanted.wrong else wanted.limit
        found = list_rows(self._queries, asked, choice, sorted(after.columns, key=_order), limit)
        if found.rows:
            found = self._with_truths(asked, found, only_wrong=wanted.wrong)
        return replace(
            found, rows=found.rows[: wanted.limit], truncated=found.truncated or len(found.rows) > wanted.limit
        )

    def _slice(self, asked: DiagnosisQuestion, text: str) -> str:
        column, is_slice, value = text.partition("=")
        name = column if column.startswith((INPUT, OUTPUT)) else f"{INPUT}{column}"
        if not is_slice or not self._drift.has_column(asked, name):
            raise InvalidInput(
                f"{text[:80]!a} is no slice.", hint="It is COLUMN=VALUE of an input, such as carrier=UA."
            )
        return is_in_slice(name, self._drift.naming(asked, name), value)

    def _with_truths(self, asked: DiagnosisQuestion, found: DiagnosedRows, *, only_wrong: bool) -> DiagnosedRows:
        try:
            roles = self._roles_of(asked.model, asked.version)
        except NotFound:  # records outlive their version
            roles = ColumnRoles()

        def read(act: Callable[[Session], Any]) -> Any:
            with self._database.read() as session:
                return act(session)

        return with_truths(read, asked.model, roles, found, only_wrong=only_wrong)

    def _changes(self, actor: Actor, asked: DiagnosisQuestion) -> tuple[Change, ...]:
        return changes_of(self._database, actor, asked.model, asked.since - _CHANGES_BEFORE, asked.until)


def _order(column: str) -> tuple[bool, str]:
    return not column.startswith(OUTPUT), column
