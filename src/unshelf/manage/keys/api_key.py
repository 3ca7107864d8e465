"""An API key, as services know it."""

from dataclasses import dataclass
from datetime import datetime

from unshelf.manage.limits import Limits


@dataclass(frozen=True, kw_only=True)
class ApiKey:
    """A key, without its token."""

    id: str
    name: str
    role: str
    project: str | None
    """The project whose models it is good for; None: of any."""
    models: list[str] | None
    """Glob patterns of model names; None: every model."""
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    limits: Limits | None

    @property
    def label(self) -> str:
        """The key's name in "by" and in events: with its id, because a name may be used again."""
        return self.name if self.name == self.id else f"{self.name} ({self.id})"
