"""The event log on the wire."""

from datetime import datetime
from typing import Any

from pydantic import Field

from unshelf.foundation.web.schemas import AnswerModel, RequestModel


class AuditEvent(AnswerModel):
    """One event: something that was done, or refused."""

    id: str
    """Sorts by time."""
    sequence: int | None
    """The event's place in the chain; null: it gets one within a second."""
    time: datetime
    """When it happened."""
    actor: str
    """The actor's name for people."""
    actor_id: str
    """The id of the actor: of its key, or `system`."""
    actor_kind: str
    """user, service_account, group, system, or anonymous: a caller without a good token."""
    action: str
    """A noun and a verb, such as `key.created`."""
    subject: str
    """The reference or id of what it was done to."""
    subject_kind: str
    """A noun: `key`, `model`, `version` …"""
    project: str | None
    """Null: the installation."""
    model: str | None
    """The model that it concerns; null: the installation."""
    detail: dict[str, Any]
    """`after`, or `before` where there is no after."""
    before: dict[str, Any] | None
    """The values before the change; null: there were none, or none are noted."""
    after: dict[str, Any] | None
    """The values after the change."""
    reason: str
    """Why, as far as a reason was given."""
    previous_hash: str | None
    """The hash of the event before it in the chain."""
    hash: str | None
    """SHA-256 over the event and `previous_hash`."""


class AuditEvents(AnswerModel):
    """Events, newest first."""

    events: list[AuditEvent]
    """The items of this page."""
    next_cursor: str | None
    """Where the list goes on; null: here it ends."""


class AuditHeadAnswer(AnswerModel):
    """The last event of the log at a moment: kept elsewhere, it proves later that everything up to it is unchanged and still there."""

    sequence: int
    """The last event's place in the chain; 0: the log is empty."""
    hash: str
    """The last event's hash, which follows from all events up to it."""
    time: str
    """The moment of the export, in ISO 8601 and UTC."""
    key: str
    """The public key that the signature is good for, in base64. Empty: the operator has given no key, and nothing is signed."""
    signature: str
    """The Ed25519 signature in base64 of the lines `unshelf audit head 1`, sequence, hash and time, each with its line break."""


class AuditFault(AnswerModel):
    """A place where the log, or a file that is closed into it, is not as it was written."""

    path: str | None
    """The file of prediction records; null: the fault is in the log."""
    sequence: int | None
    """The event's place in the chain, or the event that closed the file; null: no event tells of the file."""
    detail: str
    """The fault in a sentence."""
    since: datetime | None
    """When the event was logged that is wrong, the last one before a gap, or when the file was closed: it is wrong since then at the
    earliest. Null: not known."""
    advice: str
    """Advice on how to go on from here."""


class AuditFiles(AnswerModel):
    """The files of prediction records that are closed into the log."""

    files: int
    """Files that must be there."""
    rows: int
    """Records in them."""
    pending: int
    """Files among them that are not closed into the log yet: that happens by the hour."""
    closed_at: datetime | None
    """When files were last closed into the log; null: never."""


class AuditChain(AnswerModel):
    """Result of verifying the whole log, and the files that are closed into it."""

    closed_to: int
    """The sequence up to which events are chained."""
    hash: str
    """The last event's hash: noted elsewhere, it proves later that everything up to it is unchanged."""
    pending: int
    """Events that have no place yet."""
    faults: list[AuditFault]
    """Empty: nothing was edited, deleted or reordered."""
    files: AuditFiles | None
    """Null: the files were not asked for."""


class AcceptedFile(RequestModel):
    """A difference that somebody answers for."""

    path: str = Field(min_length=1, max_length=300)
    """The file's path, as the verification names it."""
    reason: str = Field(min_length=1, max_length=2000)
    """Why it is right as it is now."""
