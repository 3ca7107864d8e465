"""Tables with columns that a request may leave out: the model is then given a table without them."""

from collections.abc import Callable
from typing import Any

from ..encoding.v2_tensor import V2Tensor
from .request_inputs import Inputs, RequestInputs

Fields = list[dict[str, Any]]


class OptionalColumns:
    """Reads each request by the columns that it has. Requests with others are of another group.

    An optional column of which a request says nothing but null counts as left out."""

    def __init__(self, columns: Fields, plan: Callable[[Fields], Inputs]) -> None:
        """`plan` makes the reader of a table of these columns."""
        self._columns = columns
        self._optional = [column["name"] for column in columns if column.get("optional")]
        self._plan = plan
        self._plans: dict[tuple[str, ...], Inputs] = {}

    def from_rows(self, rows: Any) -> RequestInputs:
        """Rows as objects may lack optional columns; arrays have all of them. See Inputs."""
        if type(rows) is not list or not rows or not all(type(row) is dict for row in rows):
            return self._without(()).part(lambda inputs: inputs.from_rows(rows))
        absent = self._absent(lambda name: all(row.get(name) is None for row in rows))
        given = [name for name in self._optional if name not in absent]
        full = [{**dict.fromkeys(given), **{name: row[name] for name in row if name not in absent}} for row in rows]
        return self._without(absent).part(lambda inputs: inputs.from_rows(full))

    def from_columns(self, columns: dict[str, Any]) -> RequestInputs:
        """Values by column; see Inputs."""
        absent = self._absent(lambda name: _is_nothing(columns.get(name)))
        kept = {name: values for name, values in columns.items() if name not in absent}
        return self._without(absent).part(lambda inputs: inputs.from_columns(kept))

    def from_split(self, names: list[str], rows: Any) -> RequestInputs:
        """Arrays in the order of `names`; see Inputs."""
        absent = self._absent(lambda name: name not in names)
        return self._without(absent).part(lambda inputs: inputs.from_split(names, rows))

    def from_text(self, names: list[str], rows: list[list[str]]) -> RequestInputs:
        """CSV fields; see Inputs."""
        absent = self._absent(lambda name: name not in names)
        return self._without(absent).part(lambda inputs: inputs.from_text(names, rows))

    def from_tensors(self, tensors: list[V2Tensor]) -> RequestInputs:
        """A tensor a column, or one for all; see Inputs."""
        names = [tensor.name for tensor in tensors]
        known = any(name in names for name in (column["name"] for column in self._columns))
        absent = self._absent(lambda name: known and name not in names)
        return self._without(absent).part(lambda inputs: inputs.from_tensors(tensors))

    def from_arrow(self, table: Any) -> RequestInputs:
        """The columns of an Arrow table; see Inputs."""
        names = table.column_names
        absent = self._absent(lambda name: name not in names or _is_null(table.column(name)))
        kept = [name for name in names if name not in absent]
        table = table if len(kept) == len(names) else table.select(kept)
        return self._without(absent).part(lambda inputs: inputs.from_arrow(table))

    def build(self, parts: list[RequestInputs]) -> Any:
        """The table without the columns that these parts, which are of one group, left out; see Inputs."""
        absent, _ = parts[0].group
        inner = [RequestInputs(part.rows, part.data, part.group[1]) for part in parts]
        return self._without(absent).inputs.build(inner)

    def _absent(self, is_absent: Callable[[str], bool]) -> tuple[str, ...]:
        absent = tuple(name for name in self._optional if is_absent(name))
        return absent if len(absent) < len(self._columns) else ()  # a table of no columns would have no rows

    def _without(self, absent: tuple[str, ...]) -> "_Plan":
        if absent not in self._plans:
            self._plans[absent] = self._plan([column for column in self._columns if column["name"] not in absent])
        return _Plan(absent, self._plans[absent])


class _Plan:
    """The reader of a table without some columns."""

    def __init__(self, absent: tuple[str, ...], inputs: Inputs) -> None:
        self.inputs = inputs
        self._absent = absent

    def part(self, read: Callable[[Inputs], RequestInputs]) -> RequestInputs:
        """Return what `read` makes of a request, in a group of its own kind."""
        part = read(self.inputs)
        return RequestInputs(part.rows, part.data, (self._absent, part.group))


def _is_nothing(values: Any) -> bool:
    return values is None or (type(values) is list and all(value is None for value in values))


def _is_null(column: Any) -> bool:
    return bool(column.null_count == len(column)) and len(column) > 0
