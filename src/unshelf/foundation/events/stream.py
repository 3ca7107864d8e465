"""Live events as server-sent events: each line of the log as it is chained, from where a reader left off."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from unshelf.foundation.access.actors import Actor
from unshelf.foundation.events.event import LoggedEvent
from unshelf.foundation.events.store import EventStore

_POLL_SECONDS = 0.25
_POLLS_A_CHECK = 2
"""How often it is checked that the reader's token is still good: a user who is deactivated hears nothing a second later."""
_POLLS_A_SIGN = 20
"""How often it is checked that the reader is still there."""


async def follow_events(
    events: EventStore, actor: Actor, *, after: int | None, refresh: Callable[[Actor], Actor | None]
) -> AsyncIterator[bytes]:
    """Yield the events after a sequence (None: from now on) that the actor may read, until it may read nothing more.

    `refresh` gives the actor with what it may do now; None: its token is no good any more. Events of other processes come too:
    the table is polled."""
    position = await asyncio.to_thread(events.head) if after is None else after
    yield b": events follow\n\n"
    reader: Actor | None = actor
    for poll in _forever():
        if poll % _POLLS_A_CHECK == 0 and poll:
            reader = await asyncio.to_thread(refresh, actor)
        if poll % _POLLS_A_SIGN == 0 and poll:
            yield b": still here\n\n"
        if reader is None:
            return
        found, position = await asyncio.to_thread(events.following, position, reader=reader)
        for event in found:
            yield _encoded(event)
        if not found:
            await asyncio.sleep(_POLL_SECONDS)


def _forever() -> Any:
    poll = 0
    while True:
        yield poll
        poll += 1


def _encoded(event: LoggedEvent) -> bytes:
    data = msgspec.json.encode(plain_event(event))
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (event.sequence or 0, event.action.encode(), data)


def plain_event(event: LoggedEvent) -> dict[str, Any]:
    """The event as plain values, with the names that the API gives them."""
    return {
        "id": event.id,
        "sequence": event.sequence,
        "time": event.time,
        "actor": event.actor_label,
        "actor_id": event.actor_id,
        "actor_kind": event.actor_kind,
        "action": event.action,
        "subject": event.subject.name,
        "subject_kind": event.subject.kind,
        "project": event.subject.project,
        "model": event.subject.model,
        "detail": event.after or event.before or {},
        "before": event.before,
        "after": event.after,
        "reason": event.reason,
        "previous_hash": event.previous_hash,
        "hash": event.hash,
    }
