"""The audit trail's service: what the wings log about keys and models, and the trail as auditors read, verify and export it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy.orm import Session

from unshelf.contracts.protocols.audit import AuditHead
from unshelf.contracts.references import InvalidReference, parse_reference
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.access.model_scopes import scope_of
from unshelf.foundation.clock import now
from unshelf.foundation.database.engine import Database
from unshelf.foundation.events.chain import chain_head
from unshelf.foundation.events.event import LoggedEvent, Subject, model_subject
from unshelf.foundation.events.filters import EventFilter
from unshelf.foundation.events.store import ALL, EventStore
from unshelf.foundation.events.verification import ChainReport, verify_chain
from unshelf.foundation.paging import Page
from unshelf.manage.audit.signing import HeadSigner
from unshelf.records.ledger.verification import FilesReport, FilesVerifier

_OF_MODELS = frozenset({"model", "version", "alias", "release", "deploy", "secret"})


@dataclass(frozen=True, kw_only=True)
class AuditReport:
    """Result of verifying the log and the files that are closed into it."""

    chain: ChainReport
    files: FilesReport | None
    """None: the files were not asked for."""

    def as_plain(self) -> dict[str, Any]:
        """The report as the API has it: the faults of both in one list."""
        of_log = [{"path": None, **asdict(fault)} for fault in self.chain.faults]
        of_files = [] if self.files is None else [asdict(fault) for fault in self.files.faults]
        files = None if self.files is None else {**asdict(self.files), "faults": None}
        return {**asdict(self.chain), "faults": of_log + of_files, "files": files}


class AuditService:
    """Reads the event log, and adds to it where the subject follows from the action."""

    def __init__(
        self,
        database: Database,
        events: EventStore,
        signer: HeadSigner | None = None,
        files: FilesVerifier | None = None,
    ) -> None:
        """`signer`: signs heads; None: they are not signed. `files`: verifies the files of records; None: nothing does."""
        self._files = files
        self._database = database
        self._events = events
        self._signer = signer

    def record(
        self,
        session: Session,
        actor: Actor,
        action: str,
        subject: str,
        after: dict[str, Any] | None = None,
        *,
        before: dict[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Log an event in the caller's transaction, as `EventStore.record`. `subject` is a reference or an id of the kind that
        the action begins with."""
        kind = action.partition(".")[0]
        about = _subject_of(session, kind, subject)
        self.log(session, actor, action, about, before=before, after=after, reason=reason)

    def log(
        self,
        session: Session,
        actor: Actor,
        action: str,
        subject: Subject,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        reason: str = "",
    ) -> None:
        """Log an event about a subject that is known, as `EventStore.record`."""
        self._events.record(session, actor, action, subject, before=before, after=after, reason=reason)

    def find(self, wanted: EventFilter = ALL, *, limit: int, cursor: str | None = None) -> Page[LoggedEvent]:
        """List the events that a filter takes, newest first."""
        return self._events.newest(wanted, limit=limit, cursor=cursor)

    def export(self, wanted: EventFilter = ALL, *, after: int = 0) -> Iterator[list[LoggedEvent]]:
        """Yield the events after a sequence in the order of the chain, in steps: all that a filter takes of those chained by now."""
        return self._events.in_order(wanted, after=after)

    def head(self) -> AuditHead:
        """Return the last event of the chain, signed where the operator has given a key."""
        sequence, digest = chain_head(self._database)
        head = AuditHead(sequence=sequence, hash=digest, time=now().isoformat())
        return head if self._signer is None else self._signer.signed(head)

    def verify(self, known: tuple[int, str] | None = None, *, with_files: bool = True) -> AuditReport:
        """Look whether anything was edited, deleted or reordered since it was logged; `with_files`: and whether the files of prediction
        records are as they were closed into the log."""
        chain = verify_chain(self._database, known=known)
        return AuditReport(chain=chain, files=self._files.verify() if with_files and self._files is not None else None)


def _subject_of(session: Session, kind: str, name: str) -> Subject:
    if kind in _OF_MODELS:
        try:
            model = parse_reference(name).name
        except InvalidReference:  # such as an alias that was never valid; only readers of all events see it
            pass
        else:
            return model_subject(kind, name, model, project=scope_of(session, model).project)
    return Subject(kind=kind, name=name)
