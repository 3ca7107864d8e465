"""Answers to alerts: support, lives, groups, decisions, policies; formats of webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0054"
down_revision = "0053"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("alerts") as alerts:
        alerts.add_column(sa.Column("resolved_because", sa.Text(), nullable=False, server_default=sa.text("''")))
    with op.batch_alter_table("webhooks") as webhooks:
        webhooks.add_column(sa.Column("format", sa.String(16), nullable=False, server_default="unshelf"))
    op.create_table(
        "support",
        sa.Column("scope_kind", sa.String(16), nullable=False),
        sa.Column("scope", sa.String(64), nullable=False),
        sa.Column("level", sa.String(16), nullable=True),
        sa.Column("owner_kind", sa.String(16), nullable=True),
        sa.Column("owner", sa.String(26), nullable=True),
        sa.Column("escalate_kind", sa.String(16), nullable=True),
        sa.Column("escalate_to", sa.String(26), nullable=True),
        sa.Column("escalate_after", sa.Integer(), nullable=True),
        sa.Column("set_at", _MOMENT, nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("scope_kind", "scope", name="pk_support"),
    )
    op.create_index("ix_support_owner", "support", ["owner"])
    _create_lives()
    _create_decisions()
    _create_policies()


def _create_lives() -> None:
    op.create_table(
        "alert_groups",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("model", sa.String(64), nullable=True),
        sa.Column("window", sa.String(100), nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("told_at", _MOMENT, nullable=True),
        sa.Column("told_severity", sa.String(16), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_groups"),
    )
    op.create_index("ix_alert_groups_model", "alert_groups", ["model", "began_at"])
    op.create_table(
        "alert_lives",
        sa.Column("alert", sa.String(26), nullable=False),
        sa.Column("group_id", sa.String(26), nullable=True),
        sa.Column("acknowledged_at", _MOMENT, nullable=True),
        sa.Column("acknowledged_by", sa.String(200), nullable=True),
        sa.Column("snoozed_until", _MOMENT, nullable=True),
        sa.Column("snoozed_by", sa.String(200), nullable=True),
        sa.Column("assignee_kind", sa.String(16), nullable=True),
        sa.Column("assignee", sa.String(26), nullable=True),
        sa.Column("assignee_name", sa.String(200), nullable=True),
        sa.Column("assigned_by", sa.String(200), nullable=True),
        sa.Column("ignored", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("ignored_by", sa.String(200), nullable=True),
        sa.Column("told_at", _MOMENT, nullable=True),
        sa.Column("escalations", sa.Integer(), nullable=False),
        sa.Column("escalated_at", _MOMENT, nullable=True),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("alert", name="pk_alert_lives"),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name="fk_alert_lives_alert_alerts", ondelete="CASCADE"),
    )
    op.create_index("ix_alert_lives_group_id", "alert_lives", ["group_id"])
    op.create_index("ix_alert_lives_assignee", "alert_lives", ["assignee"])


def _create_decisions() -> None:
    op.create_table(
        "alert_decisions",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("alert", sa.String(26), nullable=False),
        sa.Column("choice", sa.String(16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("policy", sa.String(100), nullable=True),
        sa.Column("by", sa.String(200), nullable=False),
        sa.Column("by_id", sa.String(200), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_decisions"),
        sa.ForeignKeyConstraint(["alert"], ["alerts.id"], name="fk_alert_decisions_alert_alerts", ondelete="CASCADE"),
    )
    op.create_index("ix_alert_decisions_alert", "alert_decisions", ["alert"])


def _create_policies() -> None:
    op.create_table(
        "alert_policies",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("model", sa.String(64), nullable=True),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("act", sa.String(16), nullable=False),
        sa.Column("start_kind", sa.String(32), nullable=True),
        sa.Column("start_target", sa.String(200), nullable=True),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_policies"),
        sa.UniqueConstraint("project", "name", name="uq_alert_policies_project"),
    )
    op.create_index("ix_alert_policies_model", "alert_policies", ["model"])
    op.create_table(
        "alert_policy_acts",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("policy", sa.String(26), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("alert", sa.String(26), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alert_policy_acts"),
        sa.ForeignKeyConstraint(
            ["policy"], ["alert_policies.id"], name="fk_alert_policy_acts_policy_alert_policies", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_alert_policy_acts_model", "alert_policy_acts", ["policy", "model", "at"])
    op.create_index("ix_alert_policy_acts_alert", "alert_policy_acts", ["alert"])
