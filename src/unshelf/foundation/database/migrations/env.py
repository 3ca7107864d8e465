"""Alembic's environment: run the migrations over the connection, and in the transaction, that `migrating` gives.

A migration imports nothing of ours: what it does must not change when the code does. Its types are SQLAlchemy's own; a moment is
`sa.DateTime(timezone=True)`."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
