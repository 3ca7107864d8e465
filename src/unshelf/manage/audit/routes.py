"""The event log over HTTP: as a list, as a stream, as lines, its head, and whether it is unchanged."""

from collections.abc import Callable, Iterator
from datetime import UTC
from typing import Annotated

import msgspec
from fastapi import Depends, Header, Query
from fastapi.responses import StreamingResponse

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.permissions import Permission
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.events.event import LoggedEvent
from unshelf.foundation.events.filters import EventFilter
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.stream import follow_events, plain_event
from unshelf.foundation.web.guard import CurrentActor, requires, requires_token
from unshelf.foundation.web.paging import Cursor, Limit
from unshelf.foundation.web.problems import problem_answers, stream_answer
from unshelf.foundation.web.routers import ApiRouter
from unshelf.foundation.web.schemas import Moment
from unshelf.manage.audit.schemas import AcceptedFile, AuditChain, AuditEvent, AuditEvents, AuditHeadAnswer
from unshelf.manage.audit.service import AuditService
from unshelf.records.ledger.closing import RecordsLedger

_MOST_SEQUENCE = 2**63 - 1


def _wanted(
    *,
    actor: Annotated[str | None, Query(max_length=200, description="The actor's id, or its name for people.")] = None,
    action: Annotated[str | None, Query(max_length=64, description="Such as `key.created`.")] = None,
    subject: Annotated[str | None, Query(max_length=200, description="The subject's reference or id.")] = None,
    subject_kind: Annotated[str | None, Query(max_length=32, description="Such as `key` or `version`.")] = None,
    project: Annotated[str | None, Query(max_length=64, description="Events of this project.")] = None,
    model: Annotated[str | None, Query(max_length=64, description="Events that concern this model.")] = None,
    since: Annotated[Moment | None, Query(description="The earliest moment.")] = None,
    until: Annotated[Moment | None, Query(description="The moment before which they happened.")] = None,
) -> EventFilter:
    try:
        since, until = (moment and moment.astimezone(UTC) for moment in (since, until))
    except OverflowError:
        raise InvalidInput("A moment lies outside of the years that there are.") from None
    return EventFilter(
        actor=actor, action=action, subject=subject, subject_kind=subject_kind, project=project, model=model, since=since,
        until=until,
    )  # fmt: skip


Wanted = Annotated[EventFilter, Depends(_wanted)]


def router(audit: AuditService, events: EventStore, refresh: Callable[[Actor], Actor | None]) -> ApiRouter:
    """`/audit`, `/audit/export`, `/audit/head`, `/audit/chain` and `/events`. `refresh`: as `follow_events` takes it."""
    routes = ApiRouter(tags=["audit"])

    @routes.get("/audit", dependencies=[requires(Permission.AUDIT_READ)])
    def list_audit(wanted: Wanted, limit: Limit = 100, cursor: Cursor = None) -> AuditEvents:
        """List what was done in this installation, newest first."""
        page = audit.find(wanted, limit=limit, cursor=cursor)
        return AuditEvents(events=page.map(_shown), next_cursor=page.next_cursor)

    @routes.get(
        "/audit/export",
        dependencies=[requires(Permission.AUDIT_READ)],
        response_class=StreamingResponse,
        responses=stream_answer(
            "application/x-ndjson", "Events in the order of the chain, each an AuditEvent on a line."
        ),
    )
    def export_audit(
        wanted: Wanted, after: Annotated[int, Query(ge=0, le=_MOST_SEQUENCE, description="Events after this one.")] = 0
    ) -> StreamingResponse:
        """Export events as JSON lines, in the order of the chain: all that are chained by now."""
        lines = _lines(audit.export(wanted, after=after))
        return StreamingResponse(lines, media_type="application/x-ndjson", headers={"cache-control": "no-store"})

    @routes.get("/audit/head", dependencies=[requires(Permission.AUDIT_READ)])
    def show_audit_head() -> AuditHeadAnswer:
        """Return the last event's sequence and hash, signed with the operator's key: to be kept elsewhere."""
        return AuditHeadAnswer.model_validate(audit.head())

    @routes.get("/audit/chain", dependencies=[requires(Permission.AUDIT_READ)])
    def verify_audit(
        sequence: Annotated[int | None, Query(ge=1, le=_MOST_SEQUENCE)] = None,
        hash: Annotated[str | None, Query(pattern="^[0-9a-f]{64}$")] = None,
        files: Annotated[bool, Query(description="Whether to read the files of prediction records too.")] = True,
    ) -> AuditChain:
        """Verify that no event was edited, deleted or reordered, that the event noted earlier still has its hash, and that the files of
        prediction records are as they were closed into the log."""
        if (sequence is None) != (hash is None):
            raise InvalidInput("A sequence and its hash go together.")
        known = None if sequence is None or hash is None else (sequence, hash)
        return AuditChain.model_validate(audit.verify(known, with_files=files).as_plain())

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


def accepted_files_router(ledger: RecordsLedger) -> ApiRouter:
    """`/audit/accepted-files`."""
    routes = ApiRouter(tags=["audit"])

    @routes.post(
        "/audit/accepted-files",
        status_code=204,
        responses=problem_answers("not_found"),
        dependencies=[requires(Permission.PLATFORM_MANAGE)],
    )
    def accept_file(wanted: AcceptedFile, actor: CurrentActor) -> None:
        """Take a file of prediction records as it is now, or its absence, for right from here on. That is an event, with the reason."""
        ledger.accept(actor, wanted.path, wanted.reason)

    return routes


def _lines(steps: Iterator[list[LoggedEvent]]) -> Iterator[bytes]:
    for step in steps:
        yield b"".join(msgspec.json.encode(plain_event(event)) + b"\n" for event in step)


def _shown(event: LoggedEvent) -> AuditEvent:
    return AuditEvent.model_validate(plain_event(event))


def _sequence_of(text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) <= _MOST_SEQUENCE:
        return int(text)
    raise InvalidInput("Last-Event-ID is the id of an event of this stream: a number.")
