"""Publication of the routing state: an outbox in the database, and a loop that brings what it names to gateways and host.

The transaction of a change also writes which parts it made stale (`Publisher.mark_stale`). `publish` builds these parts
from the database and puts them in force; what fails is tried again until it succeeds."""

import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Literal, TypeVar

from sqlalchemy import BigInteger, Integer, String, delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.database.types import Base, UtcDateTime
from unshelf.foundation.loops.loops import PeriodicLoop
from unshelf.foundation.routing_folder import RoutingFolder

logger = logging.getLogger(__name__)

_Value = TypeVar("_Value")
Kind = Literal["models", "keys", "warm"]
Names = Callable[[Session], Iterable[str]]
Builder = Callable[[Session, Sequence[str]], Mapping[str, object]]

_RETRY_SECONDS = 0.25
_LOOK_SECONDS = 0.5
"""How often the outbox is looked at for what a control process left that ended between its commit and its publication."""
_CHECK_SECONDS = 5.0
"""How often the index is looked for although nothing was written."""
_SWEEP_SECONDS = 30.0
_REBUILD_SECONDS = 10.0
_NAMED_PARTS = 5
_NAMES_A_QUERY = 100
_OLD_TABLE = "routing.json"
"""The whole table in one file, as releases before the parts wrote it."""


class PublicationFailed(Exception):
    """Changes are committed that can't be put in force."""


class PublicationRow(Base):
    """The outbox: one part that a committed change made stale. The row goes when the part is in force."""

    __tablename__ = "publication"
    # A number is never used again, so that deleting what was published can't take a later row with it.
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    part: Mapped[str] = mapped_column(String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class GenerationRow(Base):
    """The number of the last generation; one row."""

    __tablename__ = "publication_generation"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    generation: Mapped[int] = mapped_column(BigInteger)


class Publisher:
    """Publishes the routing state from what the wings contribute; safe with several threads and control processes."""

    def __init__(self, database: Database, run_folder: Path) -> None:
        self._database = database
        self._folder = RoutingFolder(run_folder)
        self._old_table = run_folder / _OLD_TABLE
        self._contributions: dict[str, tuple[Names, Builder]] = {}
        self._lock = threading.Lock()
        self._published: set[int] = set()
        """Rows that are in force and not deleted yet."""
        self._generation = self._stored_generation = 0
        self._failing = ""
        self._unbuilt: set[str] = set()
        """Parts that can't be built, and stay as they were."""
        self._stopping = threading.Event()
        self._verified, self._swept_at, self._rebuilt_at = False, time.monotonic(), time.monotonic()

    def contribute(self, kind: Kind, names: Names, build: Builder) -> None:
        """Have parts of a kind built: `names` gives all there are, `build` the content of those asked for that exist.

        The only part of the kind `warm` has the empty name."""
        self._contributions[kind] = (names, build)

    def mark_stale(self, session: Session, *parts: str) -> None:
        """Note, in the transaction of a change, which parts have to be published for it; then call `publish`."""
        moment = now()
        session.add_all(PublicationRow(part=part, created_at=moment) for part in parts)

    @property
    def is_behind(self) -> bool:
        """Whether a committed change could not be published yet and waits for the next attempt."""
        return bool(self._failing)

    def publish(self) -> bool:
        """Put every change in force that was committed before this call; False when that has to be tried again later."""
        return self._attempt()

    def verify(self) -> bool:
        """Build all parts anew, some at a time: puts right what was damaged, or made by another release.

        False when that has to be tried again; a part that can't be built is logged, and no reason for that."""
        with self._database.read() as session:
            parts = {_part(kind, name) for kind, (names, _) in self._contributions.items() for name in names(session)}
        index = self._folder.index()
        parts |= set(() if index is None else index.parts)  # some of these may be gone
        for again in _chunks(sorted(parts)):
            if self._stopping.is_set():
                return False
            self._attempt(again)
            if self.is_behind:
                return False
        return True

    def start(self) -> None:
        """Publish what was left; the loop does the rest."""
        self._old_table.unlink(missing_ok=True)
        self.publish()

    def loop(self) -> PeriodicLoop:
        """Describe the loop that verifies everything once, and goes on trying what fails."""
        return PeriodicLoop(
            name="publication", act=self._work, every=_LOOK_SECONDS, retry=_RETRY_SECONDS, everywhere=True,
            after_changes=True,
        )  # fmt: skip

    def stop(self) -> None:
        """End a verification that is under way; what is not published yet stays in the outbox."""
        self._stopping.set()

    def _work(self) -> float:
        self._verified = self._verified or self.verify()
        if self.publish():
            self._forget_published()
        if self.is_behind:
            raise PublicationFailed(self._failing)
        if time.monotonic() - self._swept_at > _SWEEP_SECONDS:
            self._swept_at = time.monotonic()
            with self._folder.lock():
                self._folder.sweep()
        self._rebuild()
        return _CHECK_SECONDS

    def _rebuild(self) -> None:
        """Try parts again that can't be built, from time to time; raise PublicationFailed for as long as there are some."""
        if self._unbuilt and time.monotonic() - self._rebuilt_at > _REBUILD_SECONDS:
            self._rebuilt_at = time.monotonic()
            self._attempt(sorted(self._unbuilt))
        if self._unbuilt:
            parts = sorted(self._unbuilt)
            more = f" and {len(parts) - _NAMED_PARTS} more" if len(parts) > _NAMED_PARTS else ""
            raise PublicationFailed(f"can't be built, and stay as they were: {', '.join(parts[:_NAMED_PARTS])}{more}")

    def _attempt(self, again: Sequence[str] = ()) -> bool:
        with self._lock:
            try:
                done = self._publish(again)
            except (OSError, SQLAlchemyError) as error:
                self._note_failure(error)
                return False
            if self._failing:
                self._failing = ""
                logger.info("the routing state is published again")
            return done

    def _publish(self, again: Sequence[str]) -> bool:
        """Build what is stale, and these parts again, and replace the index if that changes it; False when a part failed."""
        if not again and self._folder.has_index() and not self._pending():
            return True
        began = time.perf_counter()
        with self._folder.lock():
            index = self._folder.index()
            before = {} if index is None else index.parts
            build = _Build(self._contributions, self._folder, before)
            with self._database.read() as session:
                rows = self._pending(session)
                if index is None:
                    parts, tried = build.everything(session), set(self._unbuilt)
                else:
                    stale = dict.fromkeys([*rows.values(), *again])
                    parts, tried = build.stale(session, stale, verify=bool(again)), set(stale)
                if index is None or parts != before:
                    generation = self._next_generation(session, 0 if index is None else index.generation)
                    self._folder.put_index(generation, parts)
                    took = round((time.perf_counter() - began) * 1000, 1)
                    logger.info(
                        "published", extra={"generation": generation, "changes": len(rows), "milliseconds": took}
                    )
            self._published.update(rows)
            self._unbuilt = (self._unbuilt - tried) | set(build.failed)
            return not build.failed

    def _pending(self, session: Session | None = None) -> dict[int, str]:
        """The rows of the outbox that are not published yet."""
        if session is None:
            with self._database.read() as own:
                return self._pending(own)
        rows = session.execute(select(PublicationRow.id, PublicationRow.part))
        return {row: part for row, part in rows if row not in self._published}

    def _next_generation(self, session: Session, published: int) -> int:
        """A number above every earlier one, of this and other control processes.

        The clock keeps numbers growing when an older database was restored; the index and the database, when the clock went
        back. The database stores it when the rows are deleted: a commit here would delay the change."""
        stored = session.scalar(select(GenerationRow.generation).where(GenerationRow.id == 1)) or 0
        self._generation = max(stored + 1, published + 1, self._generation + 1, time.time_ns() // 1_000_000)
        return self._generation

    def _forget_published(self) -> None:
        """Delete the rows that are in force, and store the generation."""
        with self._lock:
            if not self._published and self._stored_generation == self._generation:
                return
            with self._database.transaction() as session:
                for ids in _chunks(sorted(self._published)):
                    session.execute(delete(PublicationRow).where(PublicationRow.id.in_(ids)))
                row = session.get(GenerationRow, 1, with_for_update=True)
                if row is None:
                    session.add(GenerationRow(id=1, generation=self._generation))
                else:
                    row.generation = max(row.generation, self._generation)
            self._stored_generation = self._generation
            self._published.clear()

    def _note_failure(self, error: Exception) -> None:
        text = str(error) or type(error).__name__
        if text != self._failing:
            logger.error("a change can't be published yet; it is tried again", extra={"error": text})
        self._failing = text


class _Build:
    """Builds parts in one state of the database. One that can't be built stays as it was, and the rest goes on."""

    def __init__(
        self, contributions: Mapping[str, tuple[Names, Builder]], folder: RoutingFolder, before: Mapping[str, str]
    ) -> None:
        self._contributions = contributions
        self._folder = folder
        self._before = before
        self.failed: list[str] = []

    def everything(self, session: Session) -> dict[str, str]:
        """All parts that there are, each verified on disk."""
        parts: dict[str, str] = {}
        for kind, (names, _) in self._contributions.items():
            for some in _chunks(names(session)):
                parts |= self._parts(session, kind, some, verify=True)
        return parts

    def stale(self, session: Session, stale: Iterable[str], *, verify: bool) -> dict[str, str]:
        """The parts in force, with these built anew; `verify` also looks at the files of those that did not change."""
        parts = dict(self._before)
        by_kind: dict[str, list[str]] = {}
        for part in stale:
            parts.pop(part, None)
            kind, _, name = part.partition("/")
            by_kind.setdefault(kind, []).append(name)
        for kind, names in by_kind.items():
            for some in _chunks(names):
                parts |= self._parts(session, kind, some, verify=verify)
        return parts

    def _parts(self, session: Session, kind: str, names: Sequence[str], *, verify: bool = False) -> dict[str, str]:
        _, build = self._contributions[kind]
        try:
            built = build(session, names)
        except (OSError, SQLAlchemyError):
            raise
        except Exception:
            if len(names) > 1:
                return {part: digest for name in names for part, digest in self._parts(session, kind, [name]).items()}
            part = _part(kind, names[0])
            logger.exception("a part of the routing state can't be built; it stays as it was", extra={"part": part})
            self.failed.append(part)
            return {part: self._before[part]} if part in self._before else {}
        return {_part(kind, name): self._folder.put(content, verify=verify) for name, content in built.items()}


def _part(kind: str, name: str) -> str:
    return f"{kind}/{name}" if name else kind


def _chunks(values: Iterable[_Value]) -> Iterator[list[_Value]]:
    """The values in lists that fit into one query."""
    rest = iter(values)
    while some := list(islice(rest, _NAMES_A_QUERY)):
        yield some
