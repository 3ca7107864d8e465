"""Search over many things: how long words and filters take, on SQLite and, with --postgres URL, on PostgreSQL.

Documents are written by the index itself, with words as frequent as in a language; each query is asked through the service, as an
actor with a role in some of the projects, whose permissions the database checks."""

import argparse
import contextlib
import random
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from benchmarks.report import leave_place, milliseconds, percentile, table, write_section
from unshelf.contracts.permissions import Permission
from unshelf.deploy.registry.subjects import model_kind
from unshelf.foundation.access.actors import Actor, Grant
from unshelf.foundation.access.scopes import project_scope
from unshelf.foundation.access.tables import ModelAccessRow
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.event import model_subject
from unshelf.foundation.events.store import EventStore
from unshelf.foundation.search import Document, SearchSource, SearchSources
from unshelf.foundation.subjects import Subjects
from unshelf.manage.search.index import SearchIndex
from unshelf.manage.search.service import SearchService
from unshelf.manage.search.tables import DocumentRow, StaleRow
from unshelf.manage.tags.tables import TagRow
from unshelf.server.wiring.base import open_database

VOCABULARY = 20_000
WORDS = 40
PROJECTS = 200
TAGS = 50
TITLE = "Search over {:,} things"
HOW = """`make bench-search ARGS="--postgres URL"`: words and filters over an index of documents of 40 words each, as frequent as in a
language, in 200 projects with 50 tags. The service is asked in its own process, 20 results a page, by somebody with a role in every
second project: the database checks permissions in the same query. 300 queries of each kind, after the index is filled.

- Read the column p95 against 100 ms, which each kind of query has to keep on both databases.
- "An unfinished word" is what somebody types; "everything" is the first page without words, "filters alone" has kind and tag only.
- HTTP and the page's drawing come on top; they are no part of this."""

console = Console()


def main() -> int:
    parser = argparse.ArgumentParser(prog="make bench-search ARGS=…", description=__doc__)
    parser.add_argument("--things", type=int, default=100_000, help="how many things are searched")
    parser.add_argument("--queries", type=int, default=300, help="how many queries of each kind")
    parser.add_argument("--postgres", help="the URL of an empty PostgreSQL database to measure too")
    parser.add_argument(
        "--keep", type=Path, help="a folder for the SQLite database, filled once and measured again and again"
    )
    parser.add_argument(
        "--no-docs", dest="docs", action="store_false", help="only print; leave docs/benchmarks.md as it is"
    )
    options = parser.parse_args()
    if options.docs:
        leave_place("search", TITLE.format(options.things), HOW)
    rows: list[list[str]] = []
    with contextlib.ExitStack() as stack:
        scratch = options.keep or stack.enter_context(tempfile.TemporaryDirectory(prefix="unshelf-bench-"))
        urls = {"SQLite": "sqlite:///bench.db"} | ({"PostgreSQL": options.postgres} if options.postgres else {})
        for name, url in urls.items():
            database = open_database(url, Path(scratch))
            rows += measure(name, database, things=options.things, queries=options.queries)
            database.dispose()
    shown = table(
        ["database, query", "p50 ms", "p95 ms", "longest ms"],
        [[f"{name}: {what}", *times] for name, what, *times in rows],
    )
    print(shown)
    if options.docs:
        body = f"{HOW}\n\n{shown}"
        console.print(f"written: {write_section('search', TITLE.format(options.things), body)}")
    return 0


def measure(name: str, database: Database, *, things: int, queries: int) -> list[list[str]]:
    """Fill a database and ask it: one row a kind of query."""
    subjects, sources = Subjects(), SearchSources()
    subjects.register(model_kind())
    sources.register(SearchSource(kind="model", names=select(StaleRow.name), documents=documents))
    index = SearchIndex(database, EventStore(database), subjects=subjects, sources=sources)
    began = time.monotonic()
    with database.read() as session:
        is_filled = session.scalar(select(DocumentRow.id).limit(1)) is not None
    if not is_filled:
        fill(database, things)
        index.refresh()
        console.print(f"{name}: {things:,} documents made in {time.monotonic() - began:.0f} s")
    search, chance = SearchService(database, subjects), random.Random(7)
    scopes = [project_scope(f"p{number}") for number in range(0, PROJECTS, 2)]
    grants = tuple(Grant(permissions=frozenset({Permission.MODEL_READ}), scope=scope) for scope in scopes)
    actor = Actor(id="u", kind="user", label="u", grants=grants)
    kinds = {
        "a word": lambda: word(chance),
        "two words": lambda: f"{word(chance)} {word(chance)}",
        "an unfinished word": lambda: word(chance)[:3],
        "a word and a project": lambda: f"{word(chance)} project:p{2 * chance.randrange(PROJECTS // 2)}",
        "a word and a tag": lambda: f"{word(chance)} tag:t{chance.randrange(TAGS)}",
        "a project": lambda: f"project:p{2 * chance.randrange(PROJECTS // 2)}",
        "everything": lambda: "",
        "filters alone": lambda: f"kind:model tag:t{chance.randrange(TAGS)}",
    }
    rows = []
    for what, make in kinds.items():
        times = []
        for _ in range(queries):
            text = make()
            start = time.perf_counter()
            search.find(actor, text, limit=20)
            times.append((time.perf_counter() - start) * 1000)
        rows.append(
            [name, what, *(milliseconds(value) for value in (percentile(times, 50), percentile(times, 95), max(times)))]
        )
    return rows


def fill(database: Database, things: int) -> None:
    """Write the places and tags of so many models, and mark all their documents as still to be made."""
    moment = now()
    for start in range(0, things, 5000):
        names = [f"m{number}" for number in range(start, min(start + 5000, things))]
        with database.transaction() as session:
            places = [
                {"model": name, "project": f"p{hash_of(name) % PROJECTS}", "visibility": "private"} for name in names
            ]
            session.execute(insert(ModelAccessRow), places)
            session.execute(
                insert(TagRow),
                [
                    {
                        "subject_kind": "model", "subject": name, "tag": f"t{hash_of(name) % TAGS}", "model": name, "project": None,
                        "set_at": moment, "set_by": "bench",
                    }
                    for name in names
                ],
            )  # fmt: skip
            session.execute(insert(StaleRow), [{"kind": "model", "name": name} for name in names])


def documents(_session: Session, names: Sequence[str]) -> list[Document]:
    """Documents of words that are as frequent as those of a language: the n-th with a chance of 1/n."""
    moment = now()
    found = []
    for name in names:
        chance = random.Random(hash_of(name))
        text = " ".join(word(chance) for _ in range(WORDS))
        subject = model_subject("model", name, name, project=f"p{hash_of(name) % PROJECTS}")
        owner = f"owner{hash_of(name) % 100}"
        found.append(
            Document(subject=subject, title=name, text=text, owner=owner, created_at=moment, page=f"/models/{name}")
        )
    return found


def word(chance: random.Random) -> str:
    """A word of the vocabulary, by Zipf's law."""
    rank = int(VOCABULARY ** chance.random())
    letters, number = "", rank * 7919 + 104729
    while number:
        number, letter = divmod(number, 26)
        letters += chr(ord("a") + letter)
    return letters


def hash_of(name: str) -> int:
    """A number that is the same in every run."""
    return int(name[1:]) * 2654435761 % 2**32


if __name__ == "__main__":
    raise SystemExit(main())
