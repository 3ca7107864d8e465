"""The live stream of events: from where a reader left off, what it may read, for as long as its token is good."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.actors import actor
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events import stream
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.event import Subject, model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.stream import follow_events, plain_event

ADMIN = actor()


def record(database: Database, events: EventStore, *models: str | None) -> None:
    with database.transaction() as session:
        for model in models:
            subject = Subject(kind="key", name="k1") if model is None else model_subject("model", model, model)
            events.record(session, ADMIN, f"{subject.kind}.changed", subject, before={"a": 1})
    close_chain(database)


def followed(
    events: EventStore,
    reader: Actor,
    count: int,
    *,
    after: int | None = 0,
    begun: Callable[[], None] = lambda: None,
) -> list[dict[str, Any]]:
    """The next events for a reader; `begun` is called once it follows."""

    async def read() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        lines = follow_events(events, reader, after=after, refresh=lambda same: same)
        assert await anext(lines) == b": events follow\n\n"
        await asyncio.to_thread(begun)
        while len(found) < count:
            chunk = await anext(lines)
            fields = dict(line.split(": ", 1) for line in chunk.decode().splitlines() if line)
            data = json.loads(fields["data"])
            assert (fields["id"], fields["event"]) == (str(data["sequence"]), data["action"])
            found.append(data)
        return found

    return asyncio.run(asyncio.wait_for(read(), 20))


def test_a_reader_goes_on_after_its_place(database: Database, events: EventStore) -> None:
    record(database, events, "iris", None, "wine")
    assert [event["sequence"] for event in followed(events, ADMIN, 2, after=1)] == [2, 3]


def test_a_reader_without_a_place_hears_only_what_comes(database: Database, events: EventStore) -> None:
    record(database, events, "iris")
    (event,) = followed(events, ADMIN, 1, after=None, begun=lambda: record(database, events, "wine"))
    assert event["subject"] == "wine"


def test_a_reader_of_some_models_hears_of_no_others(database: Database, events: EventStore) -> None:
    record(database, events, "wine", None, "iris")
    (event,) = followed(events, actor("predict", ["iris"]), 1)
    assert event["model"] == "iris"
    assert [one["model"] for one in followed(events, actor("predict"), 2)] == ["wine", "iris"]


def test_a_stream_ends_once_its_token_is_good_no_more(
    database: Database, events: EventStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "_POLL_SECONDS", 0.0)
    record(database, events, *["iris"] * 3)
    checked: list[Actor] = []

    def revoked(reader: Actor) -> None:
        checked.append(reader)

    async def read() -> list[bytes]:
        return [line async for line in follow_events(events, ADMIN, after=0, refresh=revoked)]

    lines = asyncio.run(asyncio.wait_for(read(), 20))
    assert checked == [ADMIN]
    assert sum(line.startswith(b"id: ") for line in lines) == 3


def test_an_event_shows_what_it_was_before_where_nothing_came_after(database: Database, events: EventStore) -> None:
    record(database, events, "iris")
    (event,) = events.newest(limit=1).items
    shown = plain_event(event)
    assert (shown["detail"], shown["after"], shown["actor"], shown["subject_kind"]) == (
        {"a": 1}, None, ADMIN.label, "model",
    )  # fmt: skip
