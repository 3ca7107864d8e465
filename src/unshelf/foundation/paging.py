"""Paging: a part of a list, read by the database from where the part before it ended."""

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Select, and_, or_
from sqlalchemy.orm import InstrumentedAttribute, Session

from unshelf.contracts.errors import InvalidInput
from unshelf.foundation.database.types import UtcDateTime
from unshelf.foundation.plain_values import fault_in

Row = TypeVar("Row")
Item = TypeVar("Item")
Other = TypeVar("Other")


@dataclass(frozen=True)
class Page(Generic[Item]):
    """A part of a list."""

    items: list[Item]
    next_cursor: str | None
    """Where the next part begins; None: this is the last one."""

    def map(self, convert: Callable[[Item], Other]) -> list[Other]:
        """The items, converted."""
        return [convert(item) for item in self.items]


class SortKey(NamedTuple):
    """A column that a list is sorted by."""

    column: InstrumentedAttribute[Any]
    descending: bool = False


def read_page(
    session: Session, query: Select[Row], keys: Sequence[SortKey], *, limit: int, cursor: str | None
) -> Page[Row]:
    """The first `limit` rows after the cursor. `keys` sort the rows and are unique together; rows are ORM entities.

    Raises InvalidInput for a cursor that this list did not give."""
    if cursor is not None:
        query = query.where(_after(keys, _decode_cursor(cursor, keys)))
    order = [key.column.desc() if key.descending else key.column.asc() for key in keys]
    rows = list(session.scalars(query.order_by(*order).limit(limit + 1)))
    if len(rows) <= limit:
        return Page(rows, None)
    last = rows[limit - 1]
    return Page(rows[:limit], encode_cursor([getattr(last, key.column.key) for key in keys]))


def encode_cursor(values: Sequence[object]) -> str:
    """The cursor that stands after a row with these sort values."""
    plain = [value.isoformat() if isinstance(value, datetime) else value for value in values]
    return base64.urlsafe_b64encode(json.dumps(plain, separators=(",", ":")).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, types: Sequence[type]) -> list[Any]:
    """The sort values of a cursor; InvalidInput unless they have these types."""
    try:
        values = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if isinstance(values, list) and len(values) == len(types) and not fault_in(values):
            return [_typed(value, expected) for value, expected in zip(values, types, strict=True)]
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        pass
    raise InvalidInput(
        "The cursor does not belong to this list.", hint="Send the next_cursor of the answer before, or leave it out."
    )


def _decode_cursor(cursor: str, keys: Sequence[SortKey]) -> list[Any]:
    return decode_cursor(cursor, [_type_of(key) for key in keys])


def _type_of(key: SortKey) -> type:
    return datetime if isinstance(key.column.type, UtcDateTime) else key.column.type.python_type


def _typed(value: object, expected: type) -> Any:
    if expected is datetime and isinstance(value, str):
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise ValueError("a moment without its time zone")
        return moment.astimezone(UTC)
    if type(value) is not expected:
        raise TypeError(f"{value!r} is no {expected.__name__}")
    return value


def _after(keys: Sequence[SortKey], values: Sequence[Any]) -> ColumnElement[bool]:
    """(a, b) > (x, y) spelled out, because each column may have its own direction."""
    choices = []
    for at, (key, value) in enumerate(zip(keys, values, strict=True)):
        same = [earlier.column == before for earlier, before in zip(keys[:at], values[:at], strict=True)]
        choices.append(and_(*same, key.column < value if key.descending else key.column > value))
    return or_(*choices)
