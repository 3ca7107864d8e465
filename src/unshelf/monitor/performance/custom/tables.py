"""The tables of custom metrics: definitions by version, evaluations under way, and what each day was found to be."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Double, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class CustomMetricRow(Base):
    """A version of a metric. The one with the highest number counts, unless it was removed."""

    __tablename__ = "custom_metrics"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    definition: Mapped[dict[str, Any]] = mapped_column(JSON)
    """monitor.performance.custom.metric.MetricDefinition."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[str] = mapped_column(String(200))
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class CustomMetricRunRow(Base):
    """An evaluation under way: the days of a version of a model, and its job."""

    __tablename__ = "custom_metric_runs"
    __table_args__ = (Index("ix_custom_metric_runs_model", "model"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    model: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    metric: Mapped[str] = mapped_column(String(64))
    number: Mapped[int]
    """The version of the metric."""
    days: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Day → what its records and labels were, as CustomMetricDayRow has it, and how many of its rows have a label."""
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    """contracts.bundle.BundleFile of the plan, the code and the rows; they are held by the run until a job holds them."""
    job: Mapped[str | None] = mapped_column(String(26))
    """None: it is not submitted yet."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CustomMetricDayRow(Base):
    """The values of a metric on a day of a version."""

    __tablename__ = "custom_metric_days"

    model: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    metric: Mapped[str] = mapped_column(String(64), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    number: Mapped[int]
    """The version of the metric."""
    stamp: Mapped[str] = mapped_column(String(64))
    """The moment at which the sums of the day that it was evaluated on were stored: another one means other records or labels."""
    labelled: Mapped[int]
    """Rows with a label."""
    parts: Mapped[dict[str, Any]] = mapped_column(JSON)
    """Slice → monitor.performance.custom.metric.PartValue; empty: there is none."""
    problem: Mapped[str] = mapped_column(Text)
    """Why there is no value; empty: there is, or the day has no row with a label."""
    note: Mapped[str] = mapped_column(Text)
    """Remarks on the values, such as on slices that have none; empty: none."""
    seconds: Mapped[float] = mapped_column(Double)
    """The time that its job took."""
    evaluated_at: Mapped[datetime] = mapped_column(UtcDateTime)
