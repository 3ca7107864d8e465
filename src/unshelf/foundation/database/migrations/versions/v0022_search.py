"""The search index; all that there is gets its document after the start."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "search_documents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("model", sa.String(64), nullable=True),
        sa.Column("project", sa.String(64), nullable=True),
        sa.Column("title", sa.String(500), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("owner", sa.String(200), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("page", sa.String(300), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("vector", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_search_documents"),
    )
    op.create_index("ix_search_documents_subject", "search_documents", ["kind", "name"], unique=True)
    op.create_index("ix_search_documents_vector", "search_documents", ["vector"], postgresql_using="gin")
    for column in ("model", "project", "owner", "created_at"):
        op.create_index(f"ix_search_documents_{column}", "search_documents", [column])
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE search_text USING fts5(title, body, prefix='2 3', tokenize='unicode61 remove_diacritics 0')"
        )
    op.create_table(
        "search_stale",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name="pk_search_stale"),
    )
    for kind, names in {
        "project": "select name from projects",
        "model": "select name from models where removed_at is null",
        "version": "select model || ':' || cast(number as varchar) from versions",
        "alert": "select id from alerts",
    }.items():
        column = names.removeprefix("select ").partition(" from ")[0]
        rest = names.partition(" from ")[2]
        op.execute(f"insert into search_stale (kind, name) select '{kind}', {column} from {rest}")  # noqa: S608
