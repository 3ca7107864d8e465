"""Releases own what is live: a mark on one row of a model's releases in place of a copy of the shares with the model."""

import secrets
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Go to this revision."""
    with op.batch_alter_table("releases") as releases:
        releases.add_column(sa.Column("live", sa.Boolean(), nullable=False, server_default=sa.false()))
    _mark_live()
    with op.batch_alter_table("releases") as releases:
        releases.alter_column("live", existing_type=sa.Boolean(), existing_nullable=False, server_default=None)
    op.create_index(
        "uq_releases_live", "releases", ["model"], unique=True, sqlite_where=sa.text("live"),
        postgresql_where=sa.text("live"),
    )  # fmt: skip
    with op.batch_alter_table("models") as models:
        models.drop_column("release")


def _mark_live() -> None:
    """Mark the newest row of each model that says what is live; where none does, add one."""
    models = sa.table("models", sa.column("name", sa.String()), sa.column("release", sa.JSON()))
    releases = sa.table(
        "releases", sa.column("id", sa.String()), sa.column("model", sa.String()), sa.column("shares", sa.JSON()),
        sa.column("live", sa.Boolean()), sa.column("created_at", sa.DateTime(timezone=True)),
        sa.column("created_by", sa.String()), sa.column("undone_at", sa.DateTime(timezone=True)),
    )  # fmt: skip
    connection = op.get_bind()
    newest: dict[str, list[Any]] = {}
    history = sa.select(releases).where(releases.c.undone_at.is_(None)).order_by(releases.c.id.desc())
    for row in connection.execute(history):
        newest.setdefault(row.model, []).append(row)
    for model in connection.execute(sa.select(models)).all():
        if not model.release:
            continue
        found = next((row.id for row in newest.get(model.name, []) if row.shares == model.release), None)
        if found is not None:
            connection.execute(sa.update(releases).where(releases.c.id == found).values(live=True))
            continue
        fields = {
            "id": _new_id(), "model": model.name, "shares": model.release, "live": True, "created_by": "system",
            "created_at": datetime.now(UTC), "undone_at": None,
        }  # fmt: skip
        connection.execute(sa.insert(releases).values(**fields))


def _new_id() -> str:
    """An id that sorts after all given so far: 48 bits of Unix milliseconds, then 80 random ones."""
    number = (int(datetime.now(UTC).timestamp() * 1000) << 80) | secrets.randbits(80)
    return "".join("0123456789abcdefghjkmnpqrstvwxyz"[number >> shift & 31] for shift in range(125, -1, -5))
