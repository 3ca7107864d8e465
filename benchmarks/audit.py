"""A log of a million events: how long its verification takes, and searches of it; on SQLite and, with --postgres URL, on PostgreSQL."""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from sqlalchemy import insert

from benchmarks.report import leave_place, milliseconds, percentile, table, write_section
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import HEAD, NO_HASH, hash_of
from unshelf.foundation.events.filters import EventFilter
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.events.tables import EventChainRow, EventRow
from unshelf.foundation.events.verification import verify_chain
from unshelf.foundation.ids import first_id_of
from unshelf.server.wiring.base import open_database

ACTIONS = [
    "key.created",
    "release.changed",
    "version.registered",
    "secret.used",
    "access.refused",
    "login.succeeded",
    "alias.set",
]
ACTORS = 500
BUSY = ACTORS
"""The number of an actor with a third of all events."""
RARE = "login.succeeded"
"""What this actor did ten times in a million events, and others often."""
SUBJECTS = 5000
DAYS = 365
STEP = 10_000
TITLE = "An event log of {:,} events"
HOW = """`make bench-audit ARGS="--postgres URL"`: a chained log of a year about 5,000 subjects, a third of it by one account and the
rest by 500 actors. It is verified once from the first event to the last, then searched: 200 searches of each kind, the newest 50 events
of each, and the page after it.

- "verify all" reads every event and computes its hash anew; it grows in step with the log, and is done by `unshelf audit verify`.
- Searches are what auditors ask: by actor, action, subject and time. Read p95: it should not grow with the log, as each is
  answered by an index."""

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-audit ARGS=…", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="how many events there are")
    parser.add_argument("--queries", type=int, default=200, help="how many searches of each kind")
    parser.add_argument("--postgres", help="the URL of an empty PostgreSQL database to measure too")
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    if options.docs:
        leave_place("audit", TITLE.format(options.events), HOW)
    rows: list[list[str]] = []
    with tempfile.TemporaryDirectory(prefix="unshelf-bench-") as scratch:
        urls = {"SQLite": "sqlite:///bench.db"} | ({"PostgreSQL": options.postgres} if options.postgres else {})
        for name, url in urls.items():
            database = open_database(url, Path(scratch))
            fill(database, options.events)
            rows += measure(name, database, queries=options.queries)
            database.dispose()
    shown = table(
        ["database, what", "p50 ms", "p95 ms", "longest ms"],
        [[f"{name}: {what}", *times] for name, what, *times in rows],
    )
    print(shown)
    if options.docs:
        body = f"{HOW}\n\n{shown}"
        console.print(f"written: {write_section('audit', TITLE.format(options.events), body)}")
    return 0


def measure(name: str, database: Database, *, queries: int) -> list[list[str]]:
    """Verify the log, then search it: one row a kind of query, of 50 events each."""
    start = time.perf_counter()
    report = verify_chain(database)
    seconds = time.perf_counter() - start
    if report.faults:
        raise SystemExit(f"the log is not as it was written: {report.faults[0]}")
    rows = [[name, "verify all", f"{seconds:.1f} s", "", ""]]
    events, chance, end = EventStore(database), random.Random(7), now()

    def a_week() -> dict[str, object]:
        since = end - timedelta(days=chance.randrange(7, DAYS))
        return {"since": since, "until": since + timedelta(days=7)}

    kinds: dict[str, Callable[[], dict[str, object]]] = {
        "the newest": dict,
        "an actor": lambda: {"actor": f"user {chance.randrange(ACTORS)}"},
        "an action": lambda: {"action": chance.choice(ACTIONS)},
        "a subject": lambda: {"subject": f"m{chance.randrange(SUBJECTS)}"},
        "a week": a_week,
        "an actor in a week": lambda: {"actor": f"user {chance.randrange(ACTORS)}", **a_week()},
        "an actor and an action": lambda: {
            "actor": f"user {chance.randrange(ACTORS)}",
            "action": chance.choice(ACTIONS),
        },
        "a frequent actor and an action that is rare of them": lambda: {"actor": f"user {BUSY}", "action": RARE},
        "a frequent project and a subject": lambda: {
            "project": f"p{BUSY % 50}",
            "subject": f"m{chance.randrange(SUBJECTS)}",
        },
        "a frequent project and an action": lambda: {"project": f"p{BUSY % 50}", "action": chance.choice(ACTIONS)},
    }
    for what, make in kinds.items():
        times = []
        for _ in range(queries):
            wanted = EventFilter(**make())  # type: ignore[arg-type]
            start = time.perf_counter()
            page = events.newest(wanted, limit=50)
            times.append((time.perf_counter() - start) * 1000)
        if page.next_cursor is not None:
            start = time.perf_counter()
            events.newest(wanted, limit=50, cursor=page.next_cursor)
            times.append((time.perf_counter() - start) * 1000)
        values = (percentile(times, 50), percentile(times, 95), max(times))
        rows.append([name, what, *(milliseconds(value) for value in values)])
    return rows


def fill(database: Database, events: int) -> None:
    """Write so many chained events of a year, as the product would have."""
    chance, end = random.Random(5), now()
    began, previous, at = time.monotonic(), NO_HASH, end - timedelta(days=DAYS)
    between = timedelta(days=DAYS) / events
    for first in range(1, events + 1, STEP):
        rows = []
        for sequence in range(first, min(first + STEP, events + 1)):
            at += between
            who, model = chance.randrange(ACTORS), f"m{chance.randrange(SUBJECTS)}"
            action = chance.choice(ACTIONS)
            if sequence % 3 == 0:  # a pipeline's account, which does one thing again and again, and seldom another
                who, action = BUSY, RARE if sequence % 30_000 == 0 else ACTIONS[0]
            row = {
                "sequence": sequence, "previous_hash": previous, "id": f"{first_id_of(at)[:16]}{sequence:010d}", "time": at,
                "actor_id": f"u{who}", "actor_kind": "user", "actor_label": f"user {who}", "action": action,
                "subject_kind": action.partition(".")[0], "subject": model, "project": f"p{who % 50}", "model": model,
                "before": {"version": who}, "after": {"version": who + 1, "share": 0.5}, "reason": "",
            }  # fmt: skip
            previous = hash_of({**row, "time": at.isoformat()})
            rows.append({**row, "hash": previous})
        with database.transaction() as session:
            session.execute(insert(EventRow), rows)
    with database.transaction() as session:
        session.merge(EventChainRow(id=HEAD, sequence=events, hash=previous))
    if database.engine.dialect.name == "postgresql":
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE events")  # as PostgreSQL does by itself, a minute later
    console.print(f"{events:,} events written in {time.monotonic() - began:.0f} s")


if __name__ == "__main__":
    raise SystemExit(main())
