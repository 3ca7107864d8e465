"""The table of values of predictions."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class PredictionValueRow(Base):
    """The values of a model's predictions."""

    __tablename__ = "prediction_values"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    rule: Mapped[dict[str, Any]] = mapped_column(JSON)
    """monitor.performance.value.rule.ValueRule."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(200))
