"""The event log over HTTP: the list, and the proof that nothing was changed."""

import json
from collections.abc import Callable
from typing import cast

import pytest
from sqlalchemy import update

from tests.support.actors import actor
from tests.support.asgi import caller_of
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import close_chain
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.tables import EventRow
from unshelf.foundation.web.routers import ApiRouter
from unshelf.manage.audit.routes import accepted_files_router, router
from unshelf.manage.audit.service import AuditService
from unshelf.records.ledger.closing import RecordsLedger

ADMIN = actor()
PATHS = ("/audit", "/audit/chain", "/audit/head", "/audit/export")


class Accepted:
    """Stands in for the ledger: notes what is accepted."""

    def __init__(self) -> None:
        self.accepted: list[tuple[str, str, str]] = []

    def accept(self, actor: Actor, path: str, reason: str) -> None:
        self.accepted.append((actor.id, path, reason))


def routes_of(
    database: Database,
    audit: AuditService,
    refresh: Callable[[Actor], Actor | None] = lambda same: same,
) -> ApiRouter:
    return router(audit, EventStore(database), refresh)


@pytest.fixture
def _events(database: Database, audit: AuditService) -> None:
    with database.transaction() as session:
        for version in (1, 2):
            audit.record(session, ADMIN, "alias.set", "iris@best", {"version": version})
    close_chain(database)


@pytest.mark.usefixtures("_events")
def test_events_are_listed_newest_first_by_page(database: Database, audit: AuditService) -> None:
    call = caller_of(ADMIN, routes_of(database, audit))
    first = call("GET", "/audit", params={"limit": 1}).json()
    rest = call("GET", "/audit", params={"limit": 1, "cursor": first["next_cursor"]}).json()
    assert [event["after"] for event in (*first["events"], *rest["events"])] == [{"version": 2}, {"version": 1}]
    assert (first["events"][0]["subject"], first["events"][0]["model"]) == ("iris@best", "iris")


@pytest.mark.usefixtures("_events")
def test_an_edit_breaks_the_proof(database: Database, audit: AuditService) -> None:
    call = caller_of(ADMIN, routes_of(database, audit))
    proof = call("GET", "/audit/chain").json()
    assert (proof["closed_to"], proof["pending"], proof["faults"]) == (2, 0, [])
    noted = {"sequence": proof["closed_to"], "hash": proof["hash"]}
    assert call("GET", "/audit/chain", params=noted).json()["faults"] == []
    with database.transaction() as session:
        session.execute(update(EventRow).where(EventRow.sequence == 1).values(actor_label="bob"))
    assert call("GET", "/audit/chain", params=noted).json()["faults"] != []


@pytest.mark.parametrize(
    "known", [{"sequence": 1}, {"hash": "0" * 64}, {"sequence": 0, "hash": "0" * 64}, {"sequence": 1, "hash": "x"}]
)
def test_a_known_event_is_a_sequence_with_its_hash(
    database: Database, audit: AuditService, known: dict[str, object]
) -> None:
    call = caller_of(ADMIN, routes_of(database, audit))
    assert call("GET", "/audit/chain", params=known).status_code == 422


@pytest.mark.parametrize("place", ["", "x", "-1", "٣", str(2**63)])
def test_a_place_in_the_stream_is_a_number(database: Database, audit: AuditService, place: str) -> None:
    call = caller_of(ADMIN, routes_of(database, audit))
    answer = call("GET", "/events", headers={"last-event-id": place.encode()})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.usefixtures("_events")
def test_the_stream_goes_on_after_a_place(
    database: Database, audit: AuditService, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a key that is revoked meanwhile, then the stream ends by itself."""
    monkeypatch.setattr("unshelf.foundation.events.stream._POLL_SECONDS", 0.0)
    call = caller_of(ADMIN, routes_of(database, audit, lambda _actor: None))
    answer = call("GET", "/events", headers={"last-event-id": "1"})
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert [line for line in answer.text.splitlines() if line.startswith("id:")] == ["id: 2"]


def test_the_log_is_for_administrators(database: Database, audit: AuditService) -> None:
    call = caller_of(actor("deploy"), routes_of(database, audit))
    assert [call("GET", path).status_code for path in PATHS] == [403] * 4


@pytest.mark.usefixtures("_events")
def test_filters_an_export_and_the_head(database: Database, audit: AuditService) -> None:
    call = caller_of(ADMIN, routes_of(database, audit))
    assert len(call("GET", "/audit", params={"action": "alias.set", "model": "iris"}).json()["events"]) == 2
    assert call("GET", "/audit", params={"actor": "nobody"}).json()["events"] == []
    assert call("GET", "/audit", params={"since": "9999-12-31T23:59:59-23:00"}).status_code == 422
    lines = [json.loads(line) for line in call("GET", "/audit/export").text.splitlines()]
    assert [line["sequence"] for line in lines] == [1, 2]
    head = call("GET", "/audit/head").json()
    assert (head["sequence"], head["hash"], head["key"], head["signature"]) == (2, lines[1]["hash"], "", "")


def test_a_difference_is_accepted_with_a_reason() -> None:
    ledger = Accepted()
    routes = accepted_files_router(cast(RecordsLedger, ledger))
    call, body = caller_of(ADMIN, routes), {"path": "p", "reason": "r"}
    assert call("POST", "/audit/accepted-files", json=body).status_code == 204
    assert call("POST", "/audit/accepted-files", json=body | {"reason": ""}).status_code == 422
    assert ledger.accepted == [(ADMIN.id, "p", "r")]
    assert caller_of(actor("deploy"), routes)("POST", "/audit/accepted-files", json=body).status_code == 403
