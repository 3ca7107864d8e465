"""Service of labels: takes batches whole or not at all, keeps every label that was sent, and says which one counts."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta

from sqlalchemy import and_, delete, func, or_, select
from sqlalchemy.orm import Session

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.contracts.problems import InputError
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.paging import Page, SortKey, read_page
from unshelf.records.labels.label import (
    MOST_LABELS,
    Label,
    LabelRule,
    LabelsAdded,
    LabelSent,
    LabelSummary,
    canonical,
    day_told_by,
    faults_of,
    warnings_of,
)
from unshelf.records.labels.tables import LabelRow

_TARGETS_A_QUERY = 400
_MOST_FAULTS = 20

OnLabels = Callable[[Session, str, int], None]
"""Called in the transaction that stores labels, with their model and the last one's number."""
Target = tuple[bool, str, int]
"""Whether it is a key, the id or the key, and the row."""


class LabelService:
    """Takes labels, and reads them."""

    def __init__(self, database: Database, rule_of: Callable[[str], LabelRule]) -> None:
        """`rule_of`: the values that labels of a model may have. Raises NotFound for a model that there is not."""
        self._database = database
        self._rule_of = rule_of
        self._on_labels: list[OnLabels] = []
        self._after: list[Callable[[], None]] = []

    def on_labels(self, act: OnLabels, after: Callable[[], None]) -> None:
        """Have something done in the transaction that stores labels, and something after it."""
        self._on_labels.append(act)
        self._after.append(after)

    def add(self, actor: Actor, model: str, labels: Sequence[LabelSent], *, source: str = "") -> LabelsAdded:
        """Store a batch of labels, all or none.

        Raises NotFound, Forbidden, and InvalidInput, with each label that is wrong as far as twenty."""
        with self._database.read() as session:
            _require(session, actor, Permission.LABELS_WRITE, model)
        if not 1 <= len(labels) <= MOST_LABELS:
            raise InvalidInput(
                f"A batch has 1 to {MOST_LABELS:,} labels, not {len(labels):,}.", hint="Send them in several batches."
            )
        rule = self._rule_of(model)
        faults = faults_of(labels, rule)
        if not faults:
            with self._database.read() as session:
                faults = _stray_faults(session, model, labels)
        if faults:
            raise InvalidInput(
                f"{len(faults):,} of the {len(labels):,} labels can't be taken; none was stored.",
                hint="Mend or leave out those listed, and send the batch again.", errors=list(faults[:_MOST_FAULTS]),
            )  # fmt: skip
        with self._database.transaction() as session:
            _require(session, actor, Permission.LABELS_WRITE, model)
            writing = _Writing(session, actor, model, source)
            for label in _each_known(writing, labels):
                writing.add(label)
            session.flush()
            if writing.accepted:
                for act in self._on_labels:
                    act(session, model, writing.number)
        if writing.accepted:
            for then in self._after:
                then()
        return LabelsAdded(
            accepted=writing.accepted, duplicates=writing.duplicates, corrected=writing.corrected, waiting=writing.waiting,
            warnings=warnings_of(labels, rule),
        )  # fmt: skip

    def list_for(
        self, actor: Actor, model: str, *, prediction_id: str = "", key: str = "", history: bool = False, limit: int,
        cursor: str | None = None,
    ) -> Page[Label]:  # fmt: skip
        """List the labels of a model, those received last first; those of one prediction or one key.

        `history`: also those that were corrected. Raises NotFound and Forbidden."""
        query = select(LabelRow).where(LabelRow.model == model)
        if prediction_id:
            query = query.where(LabelRow.target == prediction_id, LabelRow.by_key.is_(False))
        if key:
            query = query.where(LabelRow.target == key, LabelRow.by_key.is_(True))
        if not history:
            query = query.where(LabelRow.is_latest.is_(True))
        with self._database.read() as session:
            _require(session, actor, Permission.RECORDS_READ, model)
            keys = [SortKey(LabelRow.number, descending=True)]
            page = read_page(session, query, keys, limit=limit, cursor=cursor)
            return Page(page.map(_label_of), page.next_cursor)

    def summary(self, actor: Actor, model: str) -> LabelSummary:
        """Return the labels of a model in numbers. Raises NotFound and Forbidden."""
        with self._database.read() as session:
            _require(session, actor, Permission.RECORDS_READ, model)
            return summary_of(session, model)

    def prune(self, days: int | None) -> int:
        """Delete labels of predictions that are older than records are kept; gives how many. None: records are kept for good.

        Labels by key, and of ids that tell no day, go by when they were received: what they are about is older than that."""
        if days is None:
            return 0
        received = now() - timedelta(days=days + 1)
        oldest = received.date().isoformat()
        with self._database.read() as session:
            last = session.scalar(select(func.max(LabelRow.number))) or 0  # kept, so that no number is given twice
            of_no_day = and_(LabelRow.day == "", LabelRow.received_at < received)
            is_old = (or_(and_(LabelRow.day != "", LabelRow.day < oldest), of_no_day), LabelRow.number < last)
            if session.scalar(select(LabelRow.number).where(*is_old).limit(1)) is None:
                return 0
        with self._database.transaction() as session:
            numbers = list(session.scalars(select(LabelRow.number).where(*is_old)))
            session.execute(delete(LabelRow).where(*is_old))
        return len(numbers)


class _Writing:
    """The storing of one batch."""

    def __init__(self, session: Session, actor: Actor, model: str, source: str) -> None:
        self._session = session
        self._actor, self._model, self._source = actor, model, source
        self._moment = now()
        self.number = session.scalar(select(func.max(LabelRow.number))) or 0
        self.known: dict[Target, LabelRow] = {}
        self.accepted = self.duplicates = self.corrected = self.waiting = 0

    def read(self, labels: Sequence[LabelSent]) -> None:
        """Read what is known of the targets of some labels."""
        targets = {_target(label)[1] for label in labels}
        rows = self._session.scalars(
            select(LabelRow).where(
                LabelRow.model == self._model, LabelRow.target.in_(targets), LabelRow.is_latest.is_(True)
            )
        )
        self.known |= {(row.by_key, row.target, row.row): row for row in rows}

    def add(self, label: LabelSent) -> None:
        """Store a label unless it says what is known."""
        target, value = _target(label), canonical(label.value)
        names_row = label.row is not None
        before = self.known.get(target)
        if before is not None and (before.value, before.names_row) == (value, names_row):
            self.duplicates += 1
            return
        self.number += 1
        by_key, text, place = target
        row = LabelRow(
            number=self.number, model=self._model, by_key=by_key, target=text, row=place, names_row=names_row, value=value,
            day="" if by_key else day_told_by(text), at=label.at, received_at=self._moment, received_by=self._actor.label,
            source=self._source, is_latest=True, is_joined=before is not None and before.is_joined, request_rows=None,
        )  # fmt: skip
        if before is not None:
            before.is_latest = False
            self.corrected += 1
        self._session.add(row)
        self.known[target] = row
        self.accepted += 1
        self.waiting += not row.is_joined


def summary_of(session: Session, model: str) -> LabelSummary:
    """Return the labels of a model in numbers."""
    of_model = LabelRow.model == model
    query = select(LabelRow.is_latest, LabelRow.is_joined, func.count(), func.count(LabelRow.request_rows)).where(
        of_model
    )
    counts: dict[tuple[bool, bool], int] = {}
    strays = 0
    for is_latest, is_joined, count, stray in session.execute(query.group_by(LabelRow.is_latest, LabelRow.is_joined)):
        counts[bool(is_latest), bool(is_joined)] = count
        strays += stray if is_latest and not is_joined else 0
    ends = session.execute(select(func.min(LabelRow.received_at), func.max(LabelRow.received_at)).where(of_model)).one()
    joined, waiting = counts.get((True, True), 0), counts.get((True, False), 0)
    return LabelSummary(
        model=model, labels=joined + waiting, joined=joined, waiting=waiting - strays, strays=strays,
        corrections=counts.get((False, True), 0) + counts.get((False, False), 0), first_at=ends[0], last_at=ends[1],
    )  # fmt: skip


def latest_numbers(session: Session, model: str) -> dict[str, int]:
    """Return the number of the last label of each day of predictions; of those whose id tells no day under an empty text."""
    query = select(LabelRow.day, func.max(LabelRow.number)).where(LabelRow.model == model).group_by(LabelRow.day)
    return {day: number for day, number in session.execute(query)}  # noqa: C416 - rows are no tuples of this type


def has_labels(session: Session, model: str) -> bool:
    """Whether any label of a model's predictions is known."""
    return session.scalar(select(LabelRow.number).where(LabelRow.model == model).limit(1)) is not None


def labels_of(session: Session, model: str, days: Sequence[str]) -> Iterator[LabelRow]:
    """Yield the labels that count of predictions whose ids tell these days; an empty text: those that tell none.

    A prediction that arrives around midnight may bear the id of a day beside its own."""
    query = select(LabelRow).where(LabelRow.model == model, LabelRow.is_latest.is_(True), LabelRow.day.in_(days))
    yield from session.scalars(query.execution_options(yield_per=10_000))


def counting_labels(
    session: Session, model: str, ids: Sequence[str], keys: Sequence[str]
) -> tuple[dict[tuple[str, int, bool], tuple[int, str]], dict[str, tuple[int, str]]]:
    """Return the labels that count of some predictions and keys, each with its number and its value as JSON.

    Those of predictions by id, row, and whether the sender named the row; those of keys by key."""
    by_id: dict[tuple[str, int, bool], tuple[int, str]] = {}
    by_key: dict[str, tuple[int, str]] = {}
    for targets, is_key in ((ids, False), (keys, True)):
        different = list(dict.fromkeys(targets))
        for start in range(0, len(different), _TARGETS_A_QUERY):
            some = different[start : start + _TARGETS_A_QUERY]
            query = select(LabelRow).where(
                LabelRow.model == model, LabelRow.target.in_(some), LabelRow.is_latest.is_(True), LabelRow.by_key.is_(is_key)
            )  # fmt: skip
            for row in session.scalars(query):
                if is_key:
                    by_key[row.target] = (row.number, row.value)
                else:
                    by_id[row.target, row.row, row.names_row] = (row.number, row.value)
    return by_id, by_key


def days_around(day: str) -> list[str]:
    """Return a day, the one before and the one after it."""
    middle = date.fromisoformat(day)
    return [(middle + timedelta(days=away)).isoformat() for away in (-1, 0, 1)]


def models_with_labels(session: Session) -> list[str]:
    """Return the models that have labels."""
    return list(session.scalars(select(LabelRow.model).distinct().order_by(LabelRow.model)))


def mark_joined(session: Session, numbers: Sequence[int]) -> None:
    """Note that the predictions of these labels were found."""
    for start in range(0, len(numbers), _TARGETS_A_QUERY):
        some = numbers[start : start + _TARGETS_A_QUERY]
        for row in session.scalars(select(LabelRow).where(LabelRow.number.in_(some), LabelRow.is_joined.is_(False))):
            row.is_joined, row.request_rows = True, None
        session.flush()


def mark_strays(session: Session, strays: Mapping[int, int]) -> None:
    """Note of labels, by number, how many rows their request has, which has not the row that they name."""
    numbers = list(strays)
    for start in range(0, len(numbers), _TARGETS_A_QUERY):
        some = numbers[start : start + _TARGETS_A_QUERY]
        for row in session.scalars(select(LabelRow).where(LabelRow.number.in_(some))):
            row.request_rows = strays[row.number]
        session.flush()


def _stray_faults(session: Session, model: str, labels: Sequence[LabelSent]) -> list[InputError]:
    """Return the labels of rows that their requests are known not to have; `row` is the place of the label in the batch, from 0."""
    by_id: dict[str, list[int]] = {}
    for place, label in enumerate(labels):
        if label.row and label.prediction_id is not None:
            by_id.setdefault(label.prediction_id, []).append(place)
    found: list[InputError] = []
    targets = list(by_id)
    for start in range(0, len(targets), _TARGETS_A_QUERY):
        some = targets[start : start + _TARGETS_A_QUERY]
        query = select(LabelRow.target, func.min(LabelRow.request_rows)).where(
            LabelRow.model == model, LabelRow.target.in_(some), LabelRow.by_key.is_(False), LabelRow.request_rows.is_not(None)
        )  # fmt: skip
        for target, known in session.execute(query.group_by(LabelRow.target)):
            rows = int(known or 0)
            expected = f"a row from 0 to {rows - 1}, as the request has"
            beyond = [place for place in by_id[target] if (labels[place].row or 0) >= rows]
            found += [InputError(row=at, column="row", expected=expected, got=str(labels[at].row)) for at in beyond]
    return sorted(found, key=lambda each: each.row or 0)


def _each_known(writing: _Writing, labels: Sequence[LabelSent]) -> Iterator[LabelSent]:
    """Yield the labels in their order, each after what is known of its target was read."""
    for start in range(0, len(labels), _TARGETS_A_QUERY):
        some = labels[start : start + _TARGETS_A_QUERY]
        writing.read(some)
        yield from some


def _target(label: LabelSent) -> Target:
    if label.key is not None:
        return True, label.key, 0
    return False, label.prediction_id or "", label.row or 0


def _require(session: Session, actor: Actor, permission: Permission, model: str) -> None:
    scope = scope_of(session, model)
    actor.must_see(scope)
    actor.must(permission, scope)


def _label_of(row: LabelRow) -> Label:
    return Label(
        number=row.number, model=row.model, prediction_id=None if row.by_key else row.target,
        key=row.target if row.by_key else None, row=row.row if row.names_row else None, value=json.loads(row.value),
        at=row.at, received_at=row.received_at, received_by=row.received_by, source=row.source, is_latest=row.is_latest,
        is_joined=row.is_joined, request_rows=row.request_rows,
    )  # fmt: skip
