"""Apps, their versions, and the tokens that open one."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "apps",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("title", sa.String(200), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("owner_kind", sa.String(16), nullable=False),
        sa.Column("owner_label", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_apps"),
    )
    op.create_index("ix_apps_model", "apps", ["model"])
    op.create_index("ix_apps_owner", "apps", ["owner"])
    op.create_table(
        "app_versions",
        sa.Column("app", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("restored", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["app"], ["apps.name"], name="fk_app_versions_app_apps"),
        sa.PrimaryKeyConstraint("app", "number", name="pk_app_versions"),
    )
    op.create_table(
        "app_tokens",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("app", sa.String(64), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("a_minute", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["app"], ["apps.name"], name="fk_app_tokens_app_apps"),
        sa.PrimaryKeyConstraint("id", name="pk_app_tokens"),
        sa.UniqueConstraint("token_sha256", name="uq_app_tokens_token_sha256"),
    )
    op.create_index("ix_app_tokens_app", "app_tokens", ["app"])
