"""Environments as people and other capabilities see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Deprecation:
    """Notice that an environment should not be used any more; it still can."""

    note: str
    successor: str
    """The one to use instead, such as `base:4`; empty: nothing was said."""
    at: datetime
    by: str

    @classmethod
    def read(cls, stored: dict[str, Any] | None) -> "Deprecation | None":
        """Return what a row keeps."""
        if stored is None:
            return None
        return cls(
            note=stored["note"], successor=stored["successor"], at=datetime.fromisoformat(stored["at"]),
            by=stored["by"],
        )  # fmt: skip

    def stored(self) -> dict[str, Any]:
        """Return it as a row keeps it."""
        return {"note": self.note, "successor": self.successor, "at": self.at.isoformat(), "by": self.by}

    def sentence(self, reference: str) -> str:
        """Write the warning for those who use it."""
        note = f": {self.note.rstrip('.')}." if self.note else "."
        successor = f" Use {self.successor} instead." if self.successor else ""
        return f"The environment {reference} is deprecated{note}{successor}"


@dataclass(frozen=True, kw_only=True)
class RequiredEnvironment:
    """An environment that somebody may use now, as the host needs it."""

    hash: str
    """The hash, which is to be recorded: a name may lead elsewhere tomorrow."""
    lock: str
    """The text of its pylock.toml."""
    python: str
    """The Python version, in full."""
    reference: str
    """`NAME:VERSION` where it was asked for by a name; empty: by its hash."""
    warning: str
    """A sentence for the user, where it is deprecated; empty: it is not."""
