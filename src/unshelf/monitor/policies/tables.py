"""The tables of policies about alerts, and of what these did."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from unshelf.foundation.database.types import Base, UtcDateTime


class AlertPolicyRow(Base):
    """One policy: what is done without anybody about alerts of a model, or of a project's models."""

    __tablename__ = "alert_policies"
    __table_args__ = (UniqueConstraint("project", "name"), Index("ix_alert_policies_model", "model"))

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    name: Mapped[str] = mapped_column(String(100))
    project: Mapped[str] = mapped_column(String(64))
    model: Mapped[str | None] = mapped_column(String(64))
    """Null: every model of the project."""
    kinds: Mapped[list[Any]] = mapped_column(JSON)
    """The kinds of alert that it answers."""
    severity: Mapped[str] = mapped_column(String(16))
    """The least severity: warning or critical."""
    act: Mapped[str] = mapped_column(String(16))
    """policy.PolicyAct."""
    start_kind: Mapped[str | None] = mapped_column(String(32))
    start_target: Mapped[str | None] = mapped_column(String(200))
    """The thing that `start` starts."""
    hours: Mapped[int]
    """The hours within which it acts once on a model."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by: Mapped[str] = mapped_column(String(200))
    actor_id: Mapped[str] = mapped_column(String(200))
    """The actor whose rights it needs."""


class AlertPolicyActRow(Base):
    """One time that a policy acted. It is stored before the act, so that a crash repeats none."""

    __tablename__ = "alert_policy_acts"
    __table_args__ = (Index("ix_alert_policy_acts_model", "policy", "model", "at"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    policy: Mapped[str] = mapped_column(ForeignKey("alert_policies.id", ondelete="CASCADE"))
    model: Mapped[str] = mapped_column(String(64))
    alert: Mapped[str] = mapped_column(String(26), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(Text)
    """A sentence: what came of it; empty: the server stopped while it acted, or it is acting now."""
    error: Mapped[str] = mapped_column(Text)
    """Why it could not act; empty: it did."""
