"""Named environments with their versions, who may use those that are restricted, and the builds that make them."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"


def upgrade() -> None:
    """Go to this revision."""
    op.add_column("environments", sa.Column("bytes", sa.BigInteger(), nullable=True))
    op.create_table(
        "named_environments",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("project", sa.String(64), nullable=True),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False),
        sa.Column("deprecation", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_named_environments"),
    )
    op.create_index("ix_named_environments_project", "named_environments", ["project"])
    op.create_table(
        "named_environment_versions",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("environment", sa.String(64), nullable=False),
        sa.Column("origin", sa.JSON(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("deprecation", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(
            ["name"], ["named_environments.name"], name="fk_named_environment_versions_name_named_environments"
        ),
        sa.ForeignKeyConstraint(
            ["environment"], ["environments.hash"], name="fk_named_environment_versions_environment_environments"
        ),
        sa.PrimaryKeyConstraint("name", "number", name="pk_named_environment_versions"),
    )
    op.create_index("ix_named_environment_versions_environment", "named_environment_versions", ["environment"])
    op.create_table(
        "environment_rights",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("holder_kind", sa.String(16), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["name"], ["named_environments.name"], name="fk_environment_rights_name_named_environments"
        ),
        sa.PrimaryKeyConstraint("name", "holder_kind", "holder", name="pk_environment_rights"),
    )
    _create_builds()


def _create_builds() -> None:
    op.create_table(
        "environment_builds",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("project", sa.String(64), nullable=True),
        sa.Column("wanted", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("actor_id", sa.String(200), nullable=False),
        sa.Column("actor_kind", sa.String(16), nullable=False),
        sa.Column("cancelled_by", sa.String(200), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_environment_builds"),
    )
    for column in ("name", "project", "state"):
        op.create_index(f"ix_environment_builds_{column}", "environment_builds", [column])
    op.create_table(
        "environment_build_events",
        sa.Column("build", sa.String(26), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["build"], ["environment_builds.id"], name="fk_environment_build_events_build_environment_builds"
        ),
        sa.PrimaryKeyConstraint("build", "position", name="pk_environment_build_events"),
    )
