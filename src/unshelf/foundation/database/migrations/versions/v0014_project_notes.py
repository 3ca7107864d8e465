"""Notes of projects."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "project_notes",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("project", sa.String(64), nullable=False),
        sa.Column("author_id", sa.String(200), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("edited_by", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_project_notes"),
    )
    op.create_index("ix_project_notes_project", "project_notes", ["project"])
    op.create_table(
        "project_note_texts",
        sa.Column("note", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("written_by", sa.String(200), nullable=False),
        sa.PrimaryKeyConstraint("note", "number", name="pk_project_note_texts"),
        sa.ForeignKeyConstraint(["note"], ["project_notes.id"], name="fk_project_note_texts_note_project_notes"),
    )
