"""The tables of budgets, and of the thresholds that were reached."""

from datetime import datetime

from sqlalchemy import JSON, Double, String
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class BudgetRow(Base):
    """The budget of one project, or of the installation."""

    __tablename__ = "budgets"

    project: Mapped[str] = mapped_column(String(64), primary_key=True)
    """`*`: the installation."""
    amount: Mapped[float] = mapped_column(Double)
    """The most that a month may cost."""
    thresholds: Mapped[list[int]] = mapped_column(JSON(none_as_null=True))
    """Percentages of it at which people hear of it."""
    stops: Mapped[str] = mapped_column(String(16))
    """nothing or jobs: what does not begin any more once it is spent."""
    is_operators: Mapped[bool]
    """Whether somebody set it who may set all quotas: then only such people change it."""
    spent: Mapped[float] = mapped_column(Double)
    """The cost of the month when it was last looked at."""
    month: Mapped[str] = mapped_column(String(7))
    """The month of `spent`."""
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by: Mapped[str] = mapped_column(String(200))
    set_by_id: Mapped[str] = mapped_column(String(200))


class BudgetAlertRow(Base):
    """A threshold that was reached, of which people heard."""

    __tablename__ = "budget_alerts"

    project: Mapped[str] = mapped_column(String(64), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    threshold: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
