"""Quotas, prices of tiers and rights to them, and what is counted: sizes of files, tiers and replicas of versions."""

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

_ROWS_AT_ONCE = 500


def upgrade() -> None:
    """Go to this revision."""
    _add_quotas()
    _add_tiers()
    op.create_table(
        "counted_uploads",
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("uploaded_by", sa.String(200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "project", "uploaded_by", name="pk_counted_uploads"),
    )
    op.create_index("ix_counted_uploads_uploaded_at", "counted_uploads", ["uploaded_at"])
    _add("bundle_files", sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))
    _add("blob_holds", sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))
    _add(
        "versions",
        sa.Column("tier", sa.String(64), nullable=False, server_default="small"),
        sa.Column("min_replicas", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("max_replicas", sa.Integer(), nullable=False, server_default="1"),
    )
    _count_versions()
    _count_datasets()
    _end_defaults("bundle_files", {"size": sa.BigInteger()})
    _end_defaults("blob_holds", {"size": sa.BigInteger()})
    _end_defaults("versions", {"tier": sa.String(64), "min_replicas": sa.Integer(), "max_replicas": sa.Integer()})


def _add_quotas() -> None:
    op.create_table(
        "quotas",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("account_kind", sa.String(16), nullable=False),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("cores", sa.Float(), nullable=True),
        sa.Column("memory_bytes", sa.BigInteger(), nullable=True),
        sa.Column("gpus", sa.Integer(), nullable=True),
        sa.Column("disk_bytes", sa.BigInteger(), nullable=True),
        sa.Column("replicas", sa.Integer(), nullable=True),
        sa.Column("request", sa.String(26), nullable=True),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.String(200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_quotas"),
    )
    op.create_index("ix_quotas_account", "quotas", ["account_kind", "account"])


def _add_tiers() -> None:
    op.create_table(
        "tiers",
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("price", sa.Numeric(18, 6), nullable=True),
        sa.Column("currency", sa.String(16), nullable=False),
        sa.Column("restricted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_tiers"),
    )
    op.create_table(
        "tier_rights",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("tier", sa.String(64), nullable=False),
        sa.Column("holder_kind", sa.String(16), nullable=False),
        sa.Column("holder", sa.String(64), nullable=False),
        sa.Column("request", sa.String(26), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(200), nullable=False),
        sa.Column("created_by_id", sa.String(200), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_tier_rights"),
    )
    op.create_index("ix_tier_rights_tier", "tier_rights", ["tier"])
    op.create_index("ix_tier_rights_expires_at", "tier_rights", ["expires_at"])


def _add(table: str, *columns: sa.Column[Any]) -> None:
    with op.batch_alter_table(table) as altered:
        for column in columns:
            altered.add_column(column)


def _end_defaults(table: str, columns: dict[str, Any]) -> None:
    """Rows that were there have their values: a new one without is a fault."""
    with op.batch_alter_table(table) as altered:
        for name, kind in columns.items():
            altered.alter_column(name, existing_type=kind, existing_nullable=False, server_default=None)


def _count_versions() -> None:
    """Take sizes, tiers and replicas out of the manifests."""
    connection = op.get_bind()
    digests = list(connection.execute(sa.text("SELECT digest FROM bundles")).scalars())
    for start in range(0, len(digests), _ROWS_AT_ONCE):
        wanted = sa.text("SELECT digest, manifest FROM bundles WHERE digest IN :some").bindparams(
            sa.bindparam("some", expanding=True)
        )
        for digest, text in connection.execute(wanted, {"some": digests[start : start + _ROWS_AT_ONCE]}).all():
            manifest = json.loads(text)
            sizes = [{"b": digest, "f": file["sha256"], "s": file["size"]} for file in manifest["files"]]
            if sizes:
                connection.execute(
                    sa.text("UPDATE bundle_files SET size = :s WHERE bundle = :b AND sha256 = :f"), sizes
                )
            scaling = manifest.get("scaling") or {}
            values = {"d": digest, "t": (manifest.get("resources") or {}).get("tier", "small")}
            values |= {"least": scaling.get("min", 0), "most": scaling.get("max", 1)}
            connection.execute(
                sa.text("UPDATE versions SET tier = :t, min_replicas = :least, max_replicas = :most WHERE bundle = :d"),
                values,
            )


def _count_datasets() -> None:
    """Take sizes out of the lists of datasets' files."""
    connection = op.get_bind()
    versions = connection.execute(sa.text("SELECT name, number, files FROM dataset_versions")).all()
    for name, number, files in versions:
        listed = json.loads(files) if isinstance(files, str) else files
        sizes = [{"h": f"dataset/{name}@{number}", "f": file["sha256"], "s": file["size"]} for file in listed]
        if sizes:
            connection.execute(sa.text("UPDATE blob_holds SET size = :s WHERE holder = :h AND sha256 = :f"), sizes)
