"""The table of decisions about alerts."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class AlertDecisionRow(Base):
    """One decision about an alert: what was chosen, by whom and why."""

    __tablename__ = "alert_decisions"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """Sorts by time."""
    alert: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), index=True)
    choice: Mapped[str] = mapped_column(String(16))
    """option.OptionName."""
    score: Mapped[int | None]
    """The score that the option had; null: it was none of the card's."""
    reason: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    """A sentence: what came of it."""
    policy: Mapped[str | None] = mapped_column(String(100))
    """The name of the policy that chose; null: a person or a program did."""
    by: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
