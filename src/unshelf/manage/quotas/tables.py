"""The table of quotas."""

from datetime import datetime

from sqlalchemy import BigInteger, Float, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class QuotaRow(Base):
    """A quota, or an increase of one that was granted until a moment. What is used is in no table: it follows from what there is."""

    __tablename__ = "quotas"
    __table_args__ = (Index("ix_quotas_account", "account_kind", "account"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    account_kind: Mapped[str] = mapped_column(String(16))
    """project, user or installation."""
    account: Mapped[str] = mapped_column(String(64))
    """The project's name, the user's id, or `*`: each one without a quota of its own; also of the installation."""
    cores: Mapped[float | None] = mapped_column(Float)
    """Null, like the others: not limited."""
    memory_bytes: Mapped[int | None] = mapped_column(BigInteger)
    gpus: Mapped[int | None]
    disk_bytes: Mapped[int | None] = mapped_column(BigInteger)
    replicas: Mapped[int | None]
    request: Mapped[str | None] = mapped_column(String(26))
    """The id of the request that granted the increase; null: it is the quota itself."""
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(200))
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When an increase ends; null: when it is taken away."""
