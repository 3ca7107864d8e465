"""Comments and watches of any subject, and events found by what they are about."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    """Go to this revision."""
    op.create_table(
        "comments",
        sa.Column("id", sa.String(26), nullable=False),
        sa.Column("subject_kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("mentions", sa.JSON(), nullable=False),
        sa.Column("author_kind", sa.String(16), nullable=False),
        sa.Column("author_id", sa.String(200), nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("deleted_by", sa.String(200), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_comments"),
    )
    op.create_index("ix_comments_subject", "comments", ["subject_kind", "subject"])
    op.create_table(
        "comment_texts",
        sa.Column("comment", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["comment"], ["comments.id"], name="fk_comment_texts_comment_comments"),
        sa.PrimaryKeyConstraint("comment", "number", name="pk_comment_texts"),
    )
    op.create_table(
        "watches",
        sa.Column("watcher_kind", sa.String(16), nullable=False),
        sa.Column("watcher", sa.String(200), nullable=False),
        sa.Column("subject_kind", sa.String(32), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("model", sa.String(64), nullable=True),
        sa.Column("project", sa.String(64), nullable=True),
        sa.Column("reason", sa.String(16), nullable=False),
        sa.Column("is_muted", sa.Boolean(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("watcher_kind", "watcher", "subject_kind", "subject", name="pk_watches"),
    )
    op.create_index("ix_watches_subject", "watches", ["subject_kind", "subject"])
    op.create_index("ix_events_subject", "events", ["subject_kind", "subject"])
    op.create_index("ix_events_project", "events", ["project"])
