"""Tables with columns that a row may leave out, because they have a default: it is put where nothing is."""

from collections.abc import Callable
from copy import deepcopy
from math import prod
from typing import Any

from ..encoding.json_codec import dumps
from ..encoding.types import V2_DATATYPES
from ..encoding.v2_tensor import V2Tensor
from ..errors import CannotLoad, RequestRefused
from .arrow import constant
from .columns import ColumnReader, Faults
from .containers import reader_of
from .request_inputs import Inputs, RequestInputs
from .rows import columns_of_split, columns_of_text

_DICT = frozenset({dict})


class DefaultColumns:
    """Completes each request and gives it to the reader of the whole table. Requests with all columns are passed on as they are.

    A null is no absence: it is a gap where the column is nullable, and a fault elsewhere."""

    def __init__(self, columns: list[dict[str, Any]], container: str, inputs: Inputs) -> None:
        """`inputs` reads the whole table. Raises CannotLoad for a default that its own column does not take."""
        self._inputs = inputs
        self._width = len(columns)
        self._readers = {column["name"]: reader_of(column, container) for column in columns}
        self._optional = frozenset(column["name"] for column in columns if column.get("optional"))
        self._defaults = {column["name"]: column["default"] for column in columns if "default" in column}
        self._mutable = any(isinstance(value, (list, dict)) for value in self._defaults.values())
        for name, value in self._defaults.items():
            _check_default(self._readers[name], value)

    def from_rows(self, rows: Any) -> RequestInputs:
        """Rows as objects, each of which may lack columns with a default; arrays have all columns. See Inputs."""
        if type(rows) is list and not _DICT.isdisjoint(map(type, rows)):
            width = self._width
            rows = [self._whole(row) if type(row) is dict and len(row) < width else row for row in rows]
        try:
            return self._inputs.from_rows(rows)
        except RequestRefused:
            # A row with as many columns as there are may have a wrong one and lack one with a default, which is no fault.
            known = self._readers.keys()
            if type(rows) is not list or all(type(row) is not dict or row.keys() <= known for row in rows):
                raise
            return self._inputs.from_rows([self._whole(row) if type(row) is dict else row for row in rows])

    def from_columns(self, columns: dict[str, Any]) -> RequestInputs:
        """Values by column; see Inputs."""
        absent = self._absent(columns.__contains__)
        if not absent:
            return self._inputs.from_columns(columns)
        given = next(iter(columns.values()), ())
        rows = len(given) if type(given) in (list, tuple) else 0
        return self._inputs.from_columns({**columns, **{name: self._repeated(name, rows) for name in absent}})

    def from_split(self, names: list[str], rows: Any) -> RequestInputs:
        """Arrays in the order of `names`; see Inputs."""
        if not self._absent(names.__contains__):
            return self._inputs.from_split(names, rows)
        return self.from_columns(columns_of_split(names, rows, self._expected(names)))

    def from_text(self, names: list[str], rows: list[list[str]]) -> RequestInputs:
        """CSV fields; an empty one is a gap, and only a column that the header does not name takes its default. See Inputs."""
        if not self._absent(names.__contains__):
            return self._inputs.from_text(names, rows)
        return self.from_columns(columns_of_text(names, rows, self._expected(names)))

    def from_tensors(self, tensors: list[V2Tensor]) -> RequestInputs:
        """A tensor a column, or one of all columns; see Inputs."""
        names = {tensor.name for tensor in tensors}
        if names.isdisjoint(self._readers):  # one for all, or none that is known
            return self._inputs.from_tensors(tensors)
        shape = tensors[0].shape
        rows = (
            prod(shape) if shape[1:] in ([], [1]) else 0
        )  # any other shape is refused: no values stand behind its size
        absent = [self._tensor(name, rows) for name in self._absent(names.__contains__)]
        return self._inputs.from_tensors([*tensors, *absent] if absent else tensors)

    def from_arrow(self, table: Any) -> RequestInputs:
        """The columns of an Arrow table; see Inputs."""
        for name in self._absent(table.column_names.__contains__):
            table = table.append_column(name, constant(self._defaults[name], self._readers[name], table.num_rows))
        return self._inputs.from_arrow(table)

    def build(self, parts: list[RequestInputs]) -> Any:
        """The whole table; see Inputs."""
        return self._inputs.build(parts)

    def _absent(self, is_given: Callable[[str], bool]) -> list[str]:
        return [name for name in self._defaults if not is_given(name)]

    def _whole(self, row: dict[str, Any]) -> dict[str, Any]:
        if self._mutable:
            return {**{name: deepcopy(self._defaults[name]) for name in self._absent(row.__contains__)}, **row}
        return {**self._defaults, **row}

    def _repeated(self, name: str, rows: int) -> list[Any]:
        """One value a row; lists and objects new for each, since the model may change them."""
        value = self._defaults[name]
        return [deepcopy(value) for _ in range(rows)] if isinstance(value, (list, dict)) else [value] * rows

    def _tensor(self, name: str, rows: int) -> V2Tensor:
        kind, values = self._readers[name].type, self._repeated(name, rows)
        if kind == "json":  # V2 has it as text
            values = [dumps(self._defaults[name])] * rows
        return V2Tensor(name, V2_DATATYPES[kind], [rows], values=values)

    def _expected(self, names: list[str]) -> list[ColumnReader]:
        """The readers of the columns that a table under these names must have."""
        absent = {*self._defaults, *self._optional} - set(names)
        return [reader for name, reader in self._readers.items() if name not in absent]


def _check_default(reader: ColumnReader, value: Any) -> None:
    faults = Faults()
    reader.read([value], faults)
    if faults.errors:
        fault = faults.errors[0]
        raise CannotLoad(
            f"the default of the column {reader.name!r} is {fault['got']}, which the column does not take (expected {fault['expected']})",
            hint="Give it a default of its own type: [signature] in unshelf.toml, or unshelf.deploy(..., signature=...).",
        )
