"""The tables of monitors that somebody set or changed, and of what monitors found."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Double, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class MonitorRow(Base):
    """A monitor that somebody added, or a default one as somebody changed it."""

    __tablename__ = "monitors"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    """The kind, where it is a default one."""
    kind: Mapped[str] = mapped_column(String(16))
    version: Mapped[int | None]
    """None: those that are live."""
    window: Mapped[str] = mapped_column("length", String(8))
    reference: Mapped[str] = mapped_column(String(250))
    columns: Mapped[list[str]] = mapped_column(JSON)
    threshold: Mapped[float | None] = mapped_column(Double)
    """None: the usual one of the kind and the model's support level."""
    thresholds: Mapped[dict[str, float]] = mapped_column(JSON)
    severity: Mapped[str | None] = mapped_column(String(16))
    """None: the usual one."""
    measure: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """contracts.monitoring.monitors.PerformanceMeasure, but for what is as usual; None: all is."""
    paused: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    changed_by: Mapped[str] = mapped_column(String(200))


class MonitorResultRow(Base):
    """The result of a monitor in a window of a version. No foreign key: it goes with its model, as records do, or with age."""

    __tablename__ = "monitor_results"
    __table_args__ = (Index("ix_monitor_results_until", "until"), Index("ix_monitor_results_open", "complete", "until"))

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    monitor: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """0: all versions together."""
    since: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    complete: Mapped[bool]
    status: Mapped[str] = mapped_column(String(16))
    rows: Mapped[int] = mapped_column(BigInteger)
    value: Mapped[float | None] = mapped_column(Double)
    threshold: Mapped[float] = mapped_column(Double)
    reference: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(Text)
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """monitor.monitors.judging.verdict.MeasuredColumn of each column, the worst first."""
    looks: Mapped[int]
    """How often its rows were judged: the chance of a false alarm is shared by all looks."""
    judged_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
