"""The event log: one chained table in place of the audit trail, whose events move into it."""

import re
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_ROWS_A_STEP = 1000
_OF_MODELS = ("model", "version", "alias", "release", "deploy")


def upgrade() -> None:
    """Go to this revision."""
    events = op.create_table(
        "events",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=True),
        sa.Column("previous_hash", sa.String(64), nullable=True),
        sa.Column("hash", sa.String(64), nullable=True),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("actor_kind", sa.String(16), nullable=False),
        sa.Column("actor_label", sa.String(200), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject_kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("project", sa.String(64), nullable=True),
        sa.Column("model", sa.String(64), nullable=True),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_events"),
        sa.UniqueConstraint("sequence", name="uq_events_sequence"),
    )
    op.create_index("ix_events_model", "events", ["model"])
    op.create_table(
        "event_chain",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_chain"),
    )
    _move_audit(events)
    op.drop_table("audit_events")


def _move_audit(events: sa.Table) -> None:
    """Copy the audit trail, step by step; events get their place in the chain when control starts."""
    audit = sa.table(
        "audit_events", sa.column("id", sa.String()), sa.column("time", sa.DateTime(timezone=True)),
        sa.column("actor", sa.String()), sa.column("action", sa.String()), sa.column("subject", sa.String()),
        sa.column("detail", sa.JSON()),
    )  # fmt: skip
    connection, last = op.get_bind(), ""
    while True:
        step = sa.select(audit).where(audit.c.id > last).order_by(audit.c.id).limit(_ROWS_A_STEP)
        rows = connection.execute(step).all()
        if not rows:
            return
        connection.execute(sa.insert(events), [_event_of(row) for row in rows])
        last = rows[-1].id


def _event_of(row: Any) -> dict[str, object]:
    kind = row.action.partition(".")[0]
    named = re.fullmatch(r"([a-z0-9][a-z0-9._-]{0,63})([:@].*)?", row.subject) if kind in _OF_MODELS else None
    with_id = re.fullmatch(r".* \(([0-9a-z]+)\)", row.actor, re.DOTALL)
    return {
        "id": row.id,
        "time": row.time,
        "actor_id": with_id[1] if with_id else row.actor,
        "actor_kind": "system" if row.actor == "system" else "service_account",
        "actor_label": row.actor,
        "action": row.action,
        "subject_kind": kind,
        "subject": row.subject,
        "project": "default" if named else None,
        "model": named[1] if named else None,
        "before": None,
        "after": row.detail or None,
        "reason": "",
    }
