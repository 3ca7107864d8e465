"""The event log over HTTP: as a list, as a stream, and whether it is unchanged."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.events.event import LoggedEvent
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.stream import follow_events, plain_event
from unshelf.foundation.web.guard import CurrentActor, requires, requires_token
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import stream_answer
from unshelf.manage.audit.schemas import AuditChain, AuditEvent, AuditEvents
from unshelf.manage.audit.service import AuditService

_MOST_SEQUENCE = 2**63 - 1


def router(audit: AuditService, events: EventStore, refresh: Callable[[Actor], Actor | None]) -> APIRouter:
    """`GET /audit`, `GET /audit/chain` and `GET /events`. `refresh`: as `follow_events` takes it."""
    routes = APIRouter(tags=["audit"])

    @routes.get("/audit", dependencies=[requires(Permission.AUDIT_READ)])
    def list_audit(limit: Limit = 100, cursor: Cursor = None) -> AuditEvents:
        """List what was done in this installation, newest first."""
        page = audit.recent(limit, cursor)
        return AuditEvents(events=page.map(_shown), next_cursor=page.next_cursor)

    @routes.get("/audit/chain", dependencies=[requires(Permission.AUDIT_READ)])
    def verify_audit(
        sequence: Annotated[int | None, Query(ge=1, le=_MOST_SEQUENCE)] = None,
        hash: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None,
    ) -> AuditChain:
        """Verify that no event was edited, deleted or reordered, and that the event noted earlier still has its hash."""
        if (sequence is None) != (hash is None):
            raise InvalidInput("A sequence and its hash go together.")
        known = None if sequence is None or hash is None else (sequence, hash)
        return AuditChain.model_validate(audit.verify(known))

    @routes.get(
        "/events",
        dependencies=[requires_token()],
        response_class=StreamingResponse,
        responses=stream_answer(
            "text/event-stream", "Events: `data` is an AuditEvent, `id` its sequence, `event` its action."
        ),
    )
    def follow_events_live(
        actor: CurrentActor, last_event_id: Annotated[str | None, Header(max_length=20)] = None
    ) -> StreamingResponse:
        """Follow events as they happen, as server-sent events; with `Last-Event-ID`, from the one after it."""
        after = None if last_event_id is None else _sequence_of(last_event_id)
        lines = follow_events(events, actor, after=after, refresh=refresh)
        return StreamingResponse(lines, media_type="text/event-stream", headers={"cache-control": "no-store"})

    return routes


def _shown(event: LoggedEvent) -> AuditEvent:
    return AuditEvent.model_validate(plain_event(event))


def _sequence_of(text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) <= _MOST_SEQUENCE:
        return int(text)
    raise InvalidInput("Last-Event-ID is the id of an event of this stream: a number.")
