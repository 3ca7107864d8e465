"""The tables of secrets and of their uses. No row holds a value that can be read without the key file of the home folder."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class SecretRow(Base):
    """One secret."""

    __tablename__ = "secrets"

    scope_kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    """The kind of thing that it belongs to: `model` or `project`."""
    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The name of the model or project."""
    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    """The environment variable that its value becomes."""
    key_id: Mapped[str] = mapped_column(String(32))
    """The key of the key file that sealed it."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The sealed value (runtime.sealing)."""
    revision: Mapped[int] = mapped_column(BigInteger)
    """The last change of any secret of its scope: the same in all rows of a scope, and greater than at any time before."""
    source: Mapped[str] = mapped_column(Text, default="")
    """Where the operator keeps the value, which is then in no row; empty: it is sealed here."""
    fingerprint: Mapped[str] = mapped_column(String(64), default="")
    """A keyed hash of the operator's value (runtime.sealing); empty: it is sealed here."""
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(200))


class SecretUseRow(Base):
    """The last revision of a model's secrets whose use by workers was logged."""

    __tablename__ = "secret_uses"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    revision: Mapped[int] = mapped_column(BigInteger)
