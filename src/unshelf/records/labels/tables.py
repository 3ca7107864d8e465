"""The table of labels: one row a label as it was sent; a correction is a further row."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class LabelRow(Base):
    """A label. No foreign key: labels outlive their model, as records do."""

    __tablename__ = "labels"
    __table_args__ = (
        Index("ix_labels_target", "model", "target", "row", "by_key"),
        Index("ix_labels_model_number", "model", "number"),
        Index("ix_labels_model_day", "model", "is_latest", "day"),
    )

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Counts up in the order in which labels were received: of a target's labels the one with the highest number counts."""
    model: Mapped[str] = mapped_column(String(64))
    by_key: Mapped[bool]
    """Whether the target is a value of the business key; else a prediction's id."""
    target: Mapped[str] = mapped_column(String(200))
    row: Mapped[int]
    """The row of the request, from 0; 0 of a label by key."""
    names_row: Mapped[bool]
    """Whether the sender named the row; without it a label is true only of a request of one row."""
    value: Mapped[str] = mapped_column(Text)
    """As JSON."""
    day: Mapped[str] = mapped_column(String(10))
    """The day (UTC) that a prediction's id tells of; empty where it tells none."""
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the truth was observed; None: the sender did not say."""
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    received_by: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(200))
    """Where it came from, as the sender says."""
    is_latest: Mapped[bool]
    """Whether it counts; False: it was corrected."""
    is_joined: Mapped[bool]
    """Whether its prediction was found in the archive."""
    request_rows: Mapped[int | None]
    """The rows of its request, where these do not reach to its row; None: they do, or the request was not found yet."""
