"""The kinds that the search index has, and users who find something by what they are to it."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Go to this revision. No kind has a row, so that all documents are made anew after the start."""
    op.create_table(
        "search_kinds",
        sa.Column("kind", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("kind", name="pk_search_kinds"),
    )
    op.add_column("search_documents", sa.Column("person", sa.String(200), nullable=True))
    op.create_index("ix_search_documents_person", "search_documents", ["person"])
    op.create_index("ix_search_documents_kind", "search_documents", ["kind", "id"])
