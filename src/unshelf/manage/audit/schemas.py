"""The audit trail on the wire."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class AuditEvent(BaseModel):
    """One thing that was done."""

    model_config = ConfigDict(from_attributes=True)

    time: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]


class AuditEvents(BaseModel):
    """The last events, newest first."""

    events: list[AuditEvent]
