"""Which predictions are wanted."""

import re
from dataclasses import dataclass

from unshelf.contracts.records import PredictionRecord
from unshelf.contracts.references import InvalidReference, parse_reference
from unshelf.foundation.errors import InvalidInput

_STATUS = re.compile(r"[1-5][0-9][0-9]|[1-5]xx|error")
STATUS_RULE = "a status is a number (422), a class (4xx) or `error`, which is all from 400 on"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The predictions of a model, or of one version, with a status or any."""

    model: str
    version: int | None = None
    status: str = ""

    def __post_init__(self) -> None:
        if self.status and _STATUS.fullmatch(self.status) is None:
            raise InvalidInput(f"{self.status[:40]!a} is no status to select by: {STATUS_RULE}")

    def takes(self, record: PredictionRecord) -> bool:
        """Whether the record is one of them."""
        return self.takes_facts(*addressed(record), record.status)

    def takes_facts(self, model: str, version: int, status: int) -> bool:
        """Whether a record for this model and version, as `addressed` tells them, is one of them."""
        if model != self.model or self.version not in (None, version):
            return False
        if not self.status:
            return True
        if self.status == "error":
            return status >= 400
        return str(status).startswith(self.status.removesuffix("xx"))


def addressed(record: PredictionRecord) -> tuple[str, int]:
    """The model and the version that a prediction was for. One that failed before they were found was for those its
    reference names: a call to an alias that is not there belongs into its model's log. Version 0: none was named."""
    return addressed_by(record.model, record.version, record.reference)


def addressed_by(model: str, version: int, text: str) -> tuple[str, int]:
    """`addressed` by these facts of a record."""
    if version:
        return model, version
    try:
        reference = parse_reference(text)
    except InvalidReference:
        return model, 0
    return reference.name, reference.version or 0
