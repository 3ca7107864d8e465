"""The tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Go to this revision."""
    _manage()
    _environments()
    _bundles()
    _models()
    _names()
    _deploys()


def _manage() -> None:
    """Keys, and the trail of what was done."""
    op.create_table(
        "audit_events",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("time", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.String(200), nullable=False),
        sa.Column("action", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_events"),
    )
    op.create_table(
        "keys",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("models", sa.JSON(), nullable=True),
        sa.Column("token_sha256", sa.String(64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_keys"),
        sa.UniqueConstraint("token_sha256", name="uq_keys_token_sha256"),
    )


def _environments() -> None:
    """Environments, and what holds them."""
    op.create_table(
        "environments",
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("lock", sa.Text(), nullable=False),
        sa.Column("python", sa.String(32), nullable=False),
        sa.Column("packages", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_environments"),
    )
    op.create_table(
        "environment_holds",
        sa.Column("environment", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(
            ["environment"], ["environments.hash"], name="fk_environment_holds_environment_environments"
        ),
        sa.PrimaryKeyConstraint("environment", "holder", name="pk_environment_holds"),
    )
    op.create_index("ix_environment_holds_holder", "environment_holds", ["holder"])


def _bundles() -> None:
    """Bundles, their files, and what holds them."""
    op.create_table(
        "bundles",
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_bundles"),
    )
    op.create_table(
        "bundle_files",
        sa.Column("bundle", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["bundle"], ["bundles.digest"], name="fk_bundle_files_bundle_bundles"),
        sa.PrimaryKeyConstraint("bundle", "sha256", name="pk_bundle_files"),
    )
    op.create_index("ix_bundle_files_sha256", "bundle_files", ["sha256"])
    op.create_table(
        "bundle_holds",
        sa.Column("bundle", sa.String(64), nullable=False),
        sa.Column("holder", sa.String(80), nullable=False),
        sa.ForeignKeyConstraint(["bundle"], ["bundles.digest"], name="fk_bundle_holds_bundle_bundles"),
        sa.PrimaryKeyConstraint("bundle", "holder", name="pk_bundle_holds"),
    )
    op.create_index("ix_bundle_holds_holder", "bundle_holds", ["holder"])


def _models() -> None:
    """Models and their versions."""
    op.create_table(
        "models",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("last_version", sa.Integer(), nullable=False),
        sa.Column("release", sa.JSON(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_models"),
    )
    op.create_table(
        "versions",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("bundle", sa.String(64), nullable=False),
        sa.Column("environment", sa.String(64), nullable=False),
        sa.Column("checks", sa.Text(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.ForeignKeyConstraint(["bundle"], ["bundles.digest"], name="fk_versions_bundle_bundles"),
        sa.ForeignKeyConstraint(["environment"], ["environments.hash"], name="fk_versions_environment_environments"),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name="fk_versions_model_models"),
        sa.PrimaryKeyConstraint("model", "number", name="pk_versions"),
    )
    op.create_index("ix_versions_bundle", "versions", ["bundle"])
    op.create_index("ix_versions_environment", "versions", ["environment"])


def _names() -> None:
    """Create the tables that point at versions: aliases and releases."""
    op.create_table(
        "aliases",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("alias", sa.String(64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model", "version"], ["versions.model", "versions.number"], name="fk_aliases_model_versions"
        ),
        sa.PrimaryKeyConstraint("model", "alias", name="pk_aliases"),
    )
    op.create_table(
        "releases",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("shares", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["model"], ["models.name"], name="fk_releases_model_models"),
        sa.PrimaryKeyConstraint("id", name="pk_releases"),
    )
    op.create_index("ix_releases_model", "releases", ["model"])


def _deploys() -> None:
    """Deploys and what happened in them."""
    op.create_table(
        "deploys",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("bundle", sa.String(64), nullable=False),
        sa.Column("release", sa.Boolean(), nullable=True),
        sa.Column("alias", sa.String(64), nullable=True),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("live", sa.Boolean(), nullable=True),
        sa.Column("error", sa.JSON(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_deploys"),
    )
    op.create_index("ix_deploys_model", "deploys", ["model"])
    op.create_index("ix_deploys_state", "deploys", ["state"])
    op.create_table(
        "deploy_events",
        sa.Column("deploy", sa.String(26), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["deploy"], ["deploys.id"], name="fk_deploy_events_deploy_deploys"),
        sa.PrimaryKeyConstraint("deploy", "position", name="pk_deploy_events"),
    )
