"""Intake of records: each counts once by its id, whatever is sent twice and whatever is killed when.

A batch becomes a segment aside; one transaction notes its records' ids and its name; then it gets its place among the segments. What is
killed before the transaction left a file that counts for nothing, and what is killed after it is finished by the next control."""

import hashlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from unshelf.codecs.redaction import Redaction, redaction_for
from unshelf.contracts.errors import Conflict, InvalidInput, NotFound, UnshelfError
from unshelf.contracts.permissions import Permission
from unshelf.contracts.problems import InputError
from unshelf.contracts.routing import Share
from unshelf.contracts.signature import Signature
from unshelf.deploy.elsewhere.record import MOST_RECORDS, CheckedRecord, RecordSent, Unfit, checked
from unshelf.deploy.elsewhere.segments import Sender, TakenSegments
from unshelf.deploy.elsewhere.tables import TakenRecordRow, TakenSegmentRow
from unshelf.deploy.registry import lookup
from unshelf.deploy.registry.version_facts import VersionFacts
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.ids import new_id
from unshelf.foundation.loops.loops import PeriodicLoop

LOOP = "taken-records"
MOST_FAULTS = 20
_DAY_NS = 86_400 * 1_000_000_000
_DIGESTS_A_QUERY = 500
_TEND_SECONDS = 5.0
_REFERENCE_CHARACTERS = 200


@dataclass(frozen=True, kw_only=True)
class RecordsTaken:
    """Numbers of a batch."""

    accepted: int = 0
    duplicates: int = 0
    """Records that were taken before, by their ids."""
    refused: int = 0
    faults: list[InputError] = field(default_factory=list)
    """The first of those that were refused: row, column, what is expected there, what came."""

    def plus(self, other: "RecordsTaken") -> "RecordsTaken":
        """Return the numbers of both."""
        return RecordsTaken(
            accepted=self.accepted + other.accepted, duplicates=self.duplicates + other.duplicates,
            refused=self.refused + other.refused, faults=[*self.faults, *other.faults][:MOST_FAULTS],
        )  # fmt: skip


@dataclass(frozen=True)
class _Version:
    signature: Signature
    redaction: Redaction | None


class _Raced(Exception):
    """Another batch with some of the same records was faster."""


class RecordIntake:
    """Takes records of models that run elsewhere."""

    def __init__(
        self, database: Database, segments: TakenSegments, *, live: Callable[[Session, str], list[Share]],
        facts_of: Callable[[str, int], VersionFacts], days: int | None,
    ) -> None:  # fmt: skip
        """`live`: the shares of a model's release. `days`: how long records are kept; None: for good."""
        self._database = database
        self._segments = segments
        self._live = live
        self._facts_of = facts_of
        self._days = days

    def loop(self) -> PeriodicLoop:
        """Return the loop that finishes what was cut off, in each control for itself."""
        return PeriodicLoop(name=LOOP, act=self.tend, every=_TEND_SECONDS, everywhere=True)

    def find(self, actor: Actor, reference: str) -> tuple[str, int]:
        """Return the model and the version that records are of. Raises NotFound, Forbidden, Conflict for one that runs here."""
        named = lookup.reference_from(reference)
        with self._database.read() as session:
            scope = scope_of(session, named.name)
            actor.must_see(scope)
            actor.must(Permission.RECORDS_WRITE, scope)
            model = lookup.find_model(session, named.name)
            row = lookup.named_version(session, model, named, self._live(session, model.name))
            if row.environment is not None:
                raise _runs_here(model.name, row.number)
            return model.name, row.number

    def take(self, actor: Actor, reference: str, sent: Sequence[RecordSent], *, first_row: int = 0) -> RecordsTaken:
        """Take a batch: what fits counts once by its id, what does not is named with the reason. Out of order is in order.

        `first_row`: the number of the first one in what it is a part of. Raises as `find`, and InvalidInput where none fits."""
        if not 1 <= len(sent) <= MOST_RECORDS:
            raise InvalidInput(
                f"A batch has 1 to {MOST_RECORDS:,} records, not {len(sent):,}.", hint="Send them in several batches."
            )
        model, version = self.find(actor, reference)
        versions: dict[int, _Version | None] = {}
        now_ns = time.time_ns()
        oldest_ns = 0 if self._days is None else now_ns - self._days * _DAY_NS
        good, faults, refused = [], list[InputError](), 0
        for row, each in enumerate(sent, first_row):
            number = version if each.version is None else each.version
            if number not in versions:
                versions[number] = self._version(model, number)
            own = versions[number]
            try:
                if own is None:
                    raise Unfit("version", f"a version of {model} that runs elsewhere", number)
                good.append(checked(each, number, own.signature, now_ns=now_ns, oldest_ns=oldest_ns))
            except Unfit as unfit:
                refused += 1
                if len(faults) < MOST_FAULTS:
                    faults.append(unfit.at(row))
        redactions = {number: own.redaction for number, own in versions.items() if own is not None}
        sender = Sender(model, reference[:_REFERENCE_CHARACTERS], actor.id, redactions)
        taken = self._store(sender, good)
        return replace(taken, refused=refused, faults=faults)

    def tend(self) -> float | None:
        """Finish what a killed control left, and let segments that were held long enough become Parquet."""
        with self._database.read() as session:
            waiting = list(session.scalars(select(TakenSegmentRow.name)))
        for name in waiting:
            self._place(name)
        self._segments.release(only_late=True)
        self._segments.sweep()
        return None

    def release(self) -> None:
        """Let all that was taken become Parquet now."""
        self._segments.release()

    def prune(self, days: int | None) -> int:
        """Forget ids of records that are older than records are kept; gives how many."""
        if days is None:
            return 0
        oldest = (now() - timedelta(days=days + 1)).timestamp() // 86_400
        with self._database.read() as session:
            old = session.scalar(select(TakenRecordRow.day).where(TakenRecordRow.day < oldest).limit(1))
        if old is None:
            return 0
        with self._database.transaction() as session:
            gone = session.execute(delete(TakenRecordRow).where(TakenRecordRow.day < oldest))
            return int(getattr(gone, "rowcount", 0))

    def _version(self, model: str, number: int) -> _Version | None:
        try:
            facts = self._facts_of(model, number)
        except NotFound:
            return None
        if not facts.manifest.runs_elsewhere or facts.signature is None:
            return None
        return _Version(facts.signature, redaction_for(facts.manifest.recording, facts.signature))

    def _store(self, sender: Sender, good: Sequence[CheckedRecord]) -> RecordsTaken:
        named: dict[bytes, CheckedRecord] = {}
        for record in good:
            id = record.id or new_id()
            named.setdefault(_digest(sender.model, id), record if record.id else replace(record, id=id))
        while True:
            with self._database.read() as session:
                known = _known(session, list(named))
            new = {digest: record for digest, record in named.items() if digest not in known}
            taken = RecordsTaken(accepted=len(new), duplicates=len(good) - len(new))
            if not new:
                return taken
            name = self._segments.write(sender, list(new.values()))
            try:
                with self._database.transaction() as session:
                    if _known(session, list(new)):
                        raise _Raced
                    rows = [{"digest": digest, "day": each.time_ns // _DAY_NS} for digest, each in new.items()]
                    session.execute(insert(TakenRecordRow), rows)
                    session.add(TakenSegmentRow(name=name))
            except _Raced:
                self._segments.discard(name)
                continue
            self._place(name)
            return taken

    def _place(self, name: str) -> None:
        self._segments.publish(name)
        with self._database.transaction() as session:
            session.execute(delete(TakenSegmentRow).where(TakenSegmentRow.name == name))


def _digest(model: str, id: str) -> bytes:
    return hashlib.blake2b(f"{model}\0{id}".encode(), digest_size=16).digest()


def _known(session: Session, digests: list[bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for start in range(0, len(digests), _DIGESTS_A_QUERY):
        some = digests[start : start + _DIGESTS_A_QUERY]
        found.update(session.scalars(select(TakenRecordRow.digest).where(TakenRecordRow.digest.in_(some))))
    return found


def _runs_here(model: str, version: int) -> UnshelfError:
    return Conflict(
        f"{model}:{version} runs here, so that its predictions are recorded as they are answered.",
        hint="Records are sent for models that run elsewhere: `unshelf models register`.",
    )
