"""Indexes for what an actor did of one kind, in the event log."""

from alembic import op

revision = "0039"
down_revision = "0038"


def upgrade() -> None:
    """Go to this revision."""
    for actor in ("actor_id", "actor_label"):
        op.create_index(f"ix_events_{actor}_action", "events", [actor, "action", "id"])
