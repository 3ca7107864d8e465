"""Keys of requests: the same key again begins nothing new."""

from typing import Any

from sqlalchemy import select

from unshelf.contracts.errors import Conflict
from unshelf.foundation.access.actors import Actor
from unshelf.foundation.database.engine import Database


def begun_before(database: Database, table: Any, actor: Actor, key: str) -> str | None:
    """Return the id of what the actor began with a key; None: nothing was. Raises Conflict for a key that is another's.

    `table`: has `id`, `request_key` and `created_by`."""
    with database.read() as session:
        found = session.execute(select(table.id, table.created_by).where(table.request_key == key)).one_or_none()
    if found is None:
        return None
    if found.created_by != actor.label:
        raise Conflict("Something else was begun with the same key.", hint="Choose a new, random key for each request.")
    return str(found.id)
