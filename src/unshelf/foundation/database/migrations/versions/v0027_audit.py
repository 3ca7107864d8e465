"""The event log is searched by actor, action, subject, project and model: an index each, which sorts as the log is read."""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Go to this revision."""
    for name in ("ix_events_subject", "ix_events_project", "ix_events_model"):
        op.drop_index(name, "events")
    for name in ("actor_id", "actor_label", "action", "subject", "subject_kind", "project", "model"):
        op.create_index(f"ix_events_{name}", "events", [name, "id"])
