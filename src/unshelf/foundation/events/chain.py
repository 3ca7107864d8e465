"""The chain: events get their sequence and a hash over themselves and the event before, so that no later edit goes unseen.

The hash of an event is the SHA-256 of its fields as JSON with sorted names, the previous event's hash among them. Writers do not
wait for one another: they add events without a place, and `close_chain` gives each the next one."""

import hashlib
from typing import Any

import msgspec
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.tables import EventChainRow, EventRow

HEAD = 1
"""The id of the one row of EventChainRow."""
NO_HASH = "0" * 64
"""The previous hash of the first event."""
_EVENTS_A_TRANSACTION = 500
_encode = msgspec.json.Encoder(order="sorted").encode


def close_chain(database: Database) -> int:
    """Give every event that has no place yet the next one; how many. Safe in several processes at once."""
    chained = 0
    while _is_open(database):
        with database.transaction() as session:
            chained += _append(session)
    return chained


def chain_head(database: Database) -> tuple[int, str]:
    """Return the sequence and the hash of the last event in the chain; 0 and NO_HASH for an empty one."""
    with database.read() as session:
        head = session.get(EventChainRow, HEAD)
        return (head.sequence, head.hash) if head else (0, NO_HASH)


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


def hash_of(fields: dict[str, Any]) -> str:
    """Return the hash of an event's fields, `previous_hash` among them and the time in ISO 8601."""
    return hashlib.sha256(_encode(fields)).hexdigest()


def _hash_of(row: EventRow, sequence: int, previous_hash: str) -> str:
    return hash_of({
        "sequence": sequence, "previous_hash": previous_hash, "id": row.id, "time": row.time.isoformat(),
        "actor_id": row.actor_id, "actor_kind": row.actor_kind, "actor_label": row.actor_label, "action": row.action,
        "subject_kind": row.subject_kind, "subject": row.subject, "project": row.project, "model": row.model,
        "before": row.before, "after": row.after, "reason": row.reason,
    })  # fmt: skip
