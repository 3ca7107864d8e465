"""The chain: events get their sequence and a hash over themselves and the event before, so that no later edit goes unseen.

The hash of an event is the SHA-256 of its fields as JSON with sorted names, the previous event's hash among them. Writers do not
wait for one another: they add events without a place, and `close_chain` gives each the next one."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.tables import EventChainRow, EventRow

HEAD = 1
"""The id of the one row of EventChainRow."""
NO_HASH = "0" * 64
"""The previous hash of the first event."""
_EVENTS_A_TRANSACTION = 500
_MOST_FAULTS = 100


@dataclass(frozen=True, kw_only=True)
class ChainFault:
    """A place where the chain is not as it was written."""

    sequence: int
    detail: str


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


def close_chain(database: Database) -> int:
    """Give every event that has no place yet the next one; how many. Safe in several processes at once."""
    chained = 0
    while _is_open(database):
        with database.transaction() as session:
            chained += _append(session)
    return chained


def verify_chain(database: Database, *, known: tuple[int, str] | None = None) -> ChainReport:
    """Look for edits, deletions and reordering. `known`: a sequence and its hash, as an earlier report gave them."""
    with database.read() as session:
        head = session.get(EventChainRow, HEAD)
        closed_to, head_hash = (head.sequence, head.hash) if head else (0, NO_HASH)
        pending = session.scalar(select(func.count()).where(EventRow.sequence.is_(None))) or 0
        faults: list[ChainFault] = []
        for fault in _faults(session, closed_to, head_hash, known):
            faults.append(fault)
            if len(faults) == _MOST_FAULTS:
                break
    return ChainReport(closed_to=closed_to, hash=head_hash, pending=pending, faults=faults)


def _is_open(database: Database) -> bool:
    with database.read() as session:
        return session.scalar(select(EventRow.id).where(EventRow.sequence.is_(None)).limit(1)) is not None


def _append(session: Session) -> int:
    """Chain the oldest events that have no place. Transactions that write take turns, so there is one end to append to."""
    head = session.get(EventChainRow, HEAD)
    if head is None:
        head = EventChainRow(id=HEAD, sequence=0, hash=NO_HASH)
        session.add(head)
    rows = session.scalars(
        select(EventRow).where(EventRow.sequence.is_(None)).order_by(EventRow.id).limit(_EVENTS_A_TRANSACTION)
    ).all()
    changes = []
    for row in rows:
        sequence, previous = head.sequence + 1, head.hash
        head.sequence, head.hash = sequence, _hash_of(row, sequence, previous)
        changes.append({"id": row.id, "sequence": sequence, "previous_hash": previous, "hash": head.hash})
    if changes:
        session.execute(update(EventRow), changes)
    return len(changes)


def _hash_of(row: EventRow, sequence: int, previous_hash: str) -> str:
    fields = {
        "sequence": sequence, "previous_hash": previous_hash, "id": row.id, "time": row.time.isoformat(),
        "actor_id": row.actor_id, "actor_kind": row.actor_kind, "actor_label": row.actor_label, "action": row.action,
        "subject_kind": row.subject_kind, "subject": row.subject, "project": row.project, "model": row.model,
        "before": row.before, "after": row.after, "reason": row.reason,
    }  # fmt: skip
    return hashlib.sha256(msgspec.json.encode(fields, order="sorted")).hexdigest()


def _faults(session: Session, closed_to: int, head_hash: str, known: tuple[int, str] | None) -> Iterator[ChainFault]:
    last, previous = 0, NO_HASH
    for row in _chained(session):
        sequence = row.sequence or 0
        if sequence != last + 1:
            missing = f"event {last + 1}" if sequence == last + 2 else f"events {last + 1} to {sequence - 1}"
            yield ChainFault(sequence=last + 1, detail=f"Missing: {missing}.")
        elif row.previous_hash != previous:
            yield ChainFault(
                sequence=sequence, detail="Does not follow the event before it: one of the two was changed or moved."
            )
        if row.hash != _hash_of(row, sequence, row.previous_hash or ""):
            yield ChainFault(sequence=sequence, detail="Changed since it was logged.")
        if known is not None and sequence == known[0] and row.hash != known[1]:
            yield ChainFault(
                sequence=sequence, detail="Has another hash than the one noted: the chain was written anew."
            )
        last, previous = sequence, row.hash or ""
    if last != closed_to:
        yield ChainFault(sequence=last + 1, detail=f"The chain ended at event {closed_to}, and ends at {last} now.")
    elif previous != head_hash:
        yield ChainFault(sequence=last, detail="Is not the event that the chain ended with.")
    if known is not None and known[0] > last:
        yield ChainFault(sequence=known[0], detail="Missing: the event whose hash was noted.")


def _chained(session: Session) -> Iterator[EventRow]:
    last = 0
    while True:
        rows = session.scalars(
            select(EventRow).where(EventRow.sequence > last).order_by(EventRow.sequence).limit(_EVENTS_A_TRANSACTION)
        ).all()
        yield from rows
        if len(rows) < _EVENTS_A_TRANSACTION:
            return
        last = rows[-1].sequence or last
        session.expunge_all()  # so that a long chain does not fill the memory
