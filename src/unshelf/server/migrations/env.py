"""What Alembic runs around the migrations: they go over the connection that `migrating` gives."""

from alembic import context

from unshelf.foundation.database import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,  # SQLite can, though Alembic does not count on it: a migration is there whole or not at all
    transaction_per_migration=True,
    render_as_batch=True,  # SQLite alters a table by copying it
)
with context.begin_transaction():
    context.run_migrations()
