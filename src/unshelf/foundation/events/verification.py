"""Verification of the event log: every event read as the database holds it, and held against its hash and its neighbours."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Select, Text, cast, func, select, type_coerce
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import HEAD, NO_HASH, hash_of
from unshelf.foundation.events.tables import EventChainRow, EventRow

_EVENTS_A_PAGE = 5000
_MOST_FAULTS = 100
_RESTORE = (
    "Compare with a backup or an export from before, and restore the database from it; keep this copy as evidence."
)
_decode = json.JSONDecoder().raw_decode
_encode = json.JSONEncoder(allow_nan=False).encode
_NAMES = (
    "sequence", "previous_hash", "hash", "id", "time", "actor_id", "actor_kind", "actor_label", "action", "subject_kind", "subject",
    "project", "model", "before", "after", "reason",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ChainFault:
    """A place where the chain is not as it was written."""

    sequence: int
    detail: str
    since: datetime | None = None
    """When the event was logged that is wrong, or the last one before a gap: the fault is younger. None: not known."""
    advice: str = _RESTORE


@dataclass(frozen=True, kw_only=True)
class ChainReport:
    """Result of verifying the whole chain."""

    closed_to: int
    """The sequence up to which events are chained."""
    hash: str
    """The last event's hash: noted elsewhere, it proves later that everything up to it is unchanged."""
    pending: int
    """Events that have no place yet."""
    faults: list[ChainFault]
    """Empty: nothing was edited, deleted or reordered. At most a hundred."""


def verify_chain(database: Database, *, known: tuple[int, str] | None = None) -> ChainReport:
    """Look for edits, deletions and reordering. `known`: a sequence and its hash, as an earlier report gave them."""
    with database.read() as session:
        head = session.get(EventChainRow, HEAD)
        closed_to, head_hash = (head.sequence, head.hash) if head else (0, NO_HASH)
        pending = session.scalar(select(func.count()).where(EventRow.sequence.is_(None))) or 0
        faults = list(islice(_faults(session, closed_to, head_hash, known), _MOST_FAULTS))
    return ChainReport(closed_to=closed_to, hash=head_hash, pending=pending, faults=faults)


def _faults(session: Session, closed_to: int, head_hash: str, known: tuple[int, str] | None) -> Iterator[ChainFault]:
    last, previous = 0, NO_HASH
    since: object = None
    noted, noted_hash = known or (0, "")
    try:
        for row in _chained(session):
            sequence, previous_hash, claimed, time = row[0], row[1], row[2], row[4]
            if sequence != last + 1:
                missing = f"event {last + 1}" if sequence == last + 2 else f"events {last + 1} to {sequence - 1}"
                yield ChainFault(sequence=last + 1, detail=f"Missing: {missing}.", since=_moment(since))
            elif previous_hash != previous:
                detail = "Does not follow the event before it: one of the two was changed or moved."
                yield ChainFault(sequence=sequence, detail=detail, since=_moment(time))
            if claimed != _computed(row):
                yield ChainFault(sequence=sequence, detail="Changed since it was logged.", since=_moment(time))
            if sequence == noted and claimed != noted_hash:
                detail = "Has another hash than the one noted: the chain was written anew."
                yield ChainFault(sequence=sequence, detail=detail, since=_moment(time))
            last, previous, since = sequence, claimed or "", time
    except DatabaseError as error:  # a page of the file that is no page any more
        detail = f"The events after {last} can't be read: {error.orig}."
        yield ChainFault(sequence=last + 1, detail=detail, since=_moment(since))
        return
    if last != closed_to:
        detail = f"The chain ended at event {closed_to}, and ends at {last} now."
        yield ChainFault(sequence=last + 1, detail=detail, since=_moment(since))
    elif previous != head_hash:
        yield ChainFault(sequence=last, detail="Is not the event that the chain ended with.", since=_moment(since))
    if noted > last:
        yield ChainFault(sequence=noted, detail="Missing: the event whose hash was noted.", since=_moment(since))


def _computed(row: Sequence[Any]) -> str | None:
    """The hash that a row should have; None where a value is none that we write."""
    sequence, previous_hash, _, id, time, actor_id, actor_kind, actor_label, action, subject_kind, *rest = row
    subject, project, model, before, after, reason = rest
    try:
        return hash_of({
            "sequence": sequence, "previous_hash": previous_hash or "", "id": id, "time": _iso(time), "actor_id": actor_id,
            "actor_kind": actor_kind, "actor_label": actor_label, "action": action, "subject_kind": subject_kind, "subject": subject,
            "project": project, "model": model, "before": before and _value_of(before), "after": after and _value_of(after),
            "reason": reason,
        })  # fmt: skip
    except (ValueError, TypeError, RecursionError, StopIteration):
        return None


def _value_of(text: str) -> Any:
    """The value of a JSON text. Raises ValueError for any text but the one that our encoder writes, so that no byte can change unseen."""
    value, end = _decode(text)
    if value is None or end != len(text) or _encode(value) != text:
        raise ValueError(text)
    return value


def _iso(time: datetime | str) -> str:
    """The time as it is hashed. SQLite keeps text, which is taken as it stands, so that no character of it can change unseen."""
    if isinstance(time, datetime):
        return time.astimezone(UTC).isoformat()
    day, space, clock = time[:10], time[10:11], time[11:]
    if space != " " or clock[8:9] != "." or len(clock) != len("00:00:00.000000"):
        raise ValueError(time)
    return f"{day}T{clock.removesuffix('.000000')}+00:00"


def _moment(time: object) -> datetime | None:
    try:
        found = datetime.fromisoformat(time) if isinstance(time, str) else time
    except ValueError:
        return None
    if not isinstance(found, datetime):
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _chained(session: Session) -> Iterator[Sequence[Any]]:
    """The rows of the chain, in the order of `_NAMES`, with SQLite's times and all JSON as text."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    as_text = type_coerce if is_sqlite else cast
    columns = [getattr(EventRow, name) for name in _NAMES]
    for name in ("before", "after", *(["time"] if is_sqlite else [])):
        columns[_NAMES.index(name)] = as_text(getattr(EventRow, name), Text)
    query = select(*columns).order_by(EventRow.sequence).limit(_EVENTS_A_PAGE)
    last = 0
    while True:
        rows = _rows(session, query.where(EventRow.sequence > last))
        yield from rows
        if len(rows) < _EVENTS_A_PAGE:
            return
        last = rows[-1][0]


def _rows(session: Session, query: Select[Any]) -> Sequence[Any]:
    try:
        return session.execute(query).all()
    except OperationalError:
        if session.get_bind().dialect.name != "sqlite":
            raise
        with _any_bytes(session):  # a text that is none: its event is named as changed, and the others are read
            return session.execute(query).all()


@contextmanager
def _any_bytes(session: Session) -> Iterator[None]:
    raw: Any = session.connection().connection.dbapi_connection
    raw.text_factory = lambda value: value.decode(errors="surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = str
