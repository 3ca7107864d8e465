"""Rows of data as versions are asked for them: JSON, without the label, and without columns that the version does not take."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.signature import Columns
from unshelf.deploy.registry.values import InspectedModel


def json_rows(chunks: Iterator[bytes]) -> list[dict[str, Any]]:
    """Return the rows of an Arrow stream as bodies have them."""
    table = pa.ipc.open_stream(b"".join(chunks)).read_all()
    return [{name: _json(value) for name, value in row.items()} for row in table.to_pylist()]


def take_label(rows: Sequence[Any], label: str) -> list[Any]:
    """Take the label out of the rows; return it of each. Raises InvalidInput where it is in none."""
    if not all(isinstance(row, dict) for row in rows) or not any(label in row for row in rows):
        raise InvalidInput(f"The rows have no column {label[:80]!r}.", hint="Name the column that holds the truth.")
    return [row.pop(label, None) for row in rows]


def fit_rows(rows: Sequence[Any], found: InspectedModel) -> list[str]:
    """Take columns out of the rows that the version does not take; return their names, in order."""
    signature = found.version.checks.signature
    if signature is None or not isinstance(signature.inputs, Columns):
        return []
    known = {column.name for column in signature.inputs.columns}
    extra = dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row if name not in known)
    if not any(known.intersection(row) for row in rows if isinstance(row, dict)):
        return []  # other names altogether: each row says what is wrong
    for row in rows:
        for name in extra:
            if isinstance(row, dict):
                row.pop(name, None)
    return list(extra)


def _json(value: Any) -> Any:
    """Return a value of a table as a body has it."""
    return value.isoformat() if isinstance(value, date | datetime) else value
