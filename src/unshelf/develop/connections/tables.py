"""The tables of connections and bindings. No row holds a credential that can be read without the key file of the home folder."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class ConnectionRow(Base):
    """One connection."""

    __tablename__ = "connections"

    name: Mapped[str] = mapped_column(ForeignKey("data_names.name"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    """local, s3, sql or https."""
    settings: Mapped[dict[str, str]] = mapped_column(JSON(none_as_null=True))
    """The settings that the kind has (develop.connections.kinds); none is secret."""
    credential_names: Mapped[list[str]] = mapped_column(JSON(none_as_null=True))
    key_id: Mapped[str] = mapped_column(String(32))
    """The key of the key file that sealed the credentials."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """The credentials as JSON, sealed (runtime.sealing)."""
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(200))


class BindingRow(Base):
    """One binding: a name that leads to other data, and can be led elsewhere."""

    __tablename__ = "data_bindings"

    name: Mapped[str] = mapped_column(ForeignKey("data_names.name"), primary_key=True)
    target: Mapped[str] = mapped_column(Text)
    """The reference that it leads to: `data://warehouse/public.orders`."""
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(200))
