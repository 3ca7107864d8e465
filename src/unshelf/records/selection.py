"""Selections of predictions."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.records import PredictionRecord
from unshelf.contracts.references import InvalidReference, parse_reference

_STATUS = re.compile(r"[1-5][0-9][0-9]|[1-5]xx|error")
STATUS_RULE = "a status is a number (422), a class (4xx) or `error`, which is all from 400 on"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The predictions of a model, or of one version, with a status or any."""

    model: str
    version: int | None = None
    status: str = ""
    id: str = ""
    """The prediction's id; empty: any."""
    since_ns: int = 0
    """None that arrived before this Unix time."""

    def __post_init__(self) -> None:
        if self.status and _STATUS.fullmatch(self.status) is None:
            raise InvalidInput(f"{self.status[:40]!a} is no status to select by: {STATUS_RULE}.")

    def takes(self, record: PredictionRecord) -> bool:
        """Tell whether the selection has this record."""
        if (self.id and record.id != self.id) or record.time_ns < self.since_ns:
            return False
        return self.takes_facts(*addressed(record), record.status)

    def takes_facts(self, model: str, version: int, status: int) -> bool:
        """Tell whether the selection has a record of this model and version, as `addressed` returns them, but for id and time."""
        if model != self.model or self.version not in (None, version):
            return False
        if not self.status:
            return True
        if self.status == "error":
            return status >= 400
        return str(status).startswith(self.status.removesuffix("xx"))


_AGO = re.compile(r"(?P<count>[0-9]{1,9})(?P<unit>[smhdw])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
SINCE_RULE = (
    "write how long ago (30s, 10m, 2h, 7d) or a time as ISO 8601 (2026-11-29T14:00:00Z; UTC unless it says otherwise)"
)


def parse_since(text: str) -> datetime | None:
    """Return the moment that a text means; None for an empty one. Raises InvalidInput."""
    if not text:
        return None
    try:
        if match := _AGO.fullmatch(text):
            return datetime.now(UTC) - timedelta(**{_UNITS[match["unit"]]: int(match["count"])})
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput(f"{text[:40]!a} is no time: {SINCE_RULE}.") from None


def addressed(record: PredictionRecord) -> tuple[str, int]:
    """Return the model and the version that a prediction was for; version 0: none was named.

    A request that failed before they were found was for those that its reference names: a call to an unknown alias belongs in its
    model's log."""
    return addressed_by(record.model, record.version, record.reference)


def addressed_by(model: str, version: int, text: str) -> tuple[str, int]:
    """Do what `addressed` does, with these facts of a record."""
    if version:
        return model, version
    try:
        reference = parse_reference(text)
    except InvalidReference:
        return model, 0
    return reference.name, reference.version or 0
