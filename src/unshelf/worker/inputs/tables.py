"""Tables of any columns, in whichever container the model's code takes."""

import importlib
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from ..encoding.v2_tensor import V2Tensor
from .arrow import python_values, read_cells, read_table
from .arrow_containers import ARROW_CONTAINERS, ArrowColumns, join
from .containers import CONTAINERS, ONE_COLUMN, reader_of
from .memory import ArrayMemory
from .request_inputs import RequestInputs
from .rows import columns_of_split, columns_of_text, columns_of_wire, read_columns, read_rows


class TableInputs:
    """A part's data is the list of its checked columns, in the signature's order."""

    def __init__(self, columns: list[dict[str, Any]], container: str, memory: ArrayMemory) -> None:
        self._readers = [reader_of(column, container) for column in columns]
        self._only = len(columns) == 1
        self._keeps_lists = container in ONE_COLUMN
        self._columns = [_given(column) for column in columns]
        self._container = container
        self._memory = memory
        self._contain: Callable[[list[Sequence[Any]]], Any] = CONTAINERS[container](self._columns)

    def from_rows(self, rows: Any) -> RequestInputs:
        """Rows as arrays, objects or, for the container `values`, bare values; see Inputs."""
        bare = self._keeps_lists
        if self._only and not bare:
            bare = type(rows) is list and bool(rows) and type(rows[0]) not in (list, dict)
        return self._part(read_rows(rows, self._readers, bare=bare, lists_are_values=self._keeps_lists))

    def from_columns(self, columns: dict[str, Any]) -> RequestInputs:
        """Values by column; see Inputs."""
        return self._part(read_columns(columns, self._readers))

    def from_split(self, names: list[str], rows: Any) -> RequestInputs:
        """Arrays in the order of `names`; see Inputs."""
        return self.from_columns(columns_of_split(names, rows, self._readers))

    def from_text(self, names: list[str], rows: list[list[str]]) -> RequestInputs:
        """CSV fields; see Inputs."""
        return self.from_columns(columns_of_text(names, rows, self._readers))

    def from_tensors(self, tensors: list[V2Tensor]) -> RequestInputs:
        """One tensor (n, columns) or one tensor a column; see Inputs."""
        return self._part(columns_of_wire(tensors, self._readers))

    def from_arrow(self, table: Any) -> RequestInputs:
        """The columns of an Arrow table, which stay one where the container can be filled from it; see Inputs."""
        columns = read_table(table, self._readers)
        pairs = list(zip(columns, self._readers, strict=True))
        if self._container in ARROW_CONTAINERS:
            return self._arrow_part(
                table.num_rows, ArrowColumns([read_cells(column, reader) for column, reader in pairs])
            )
        return self._part([python_values(column, reader) for column, reader in pairs])

    def build(self, parts: list[RequestInputs]) -> Any:
        """The container with all rows; see Inputs."""
        if parts[0].group is ArrowColumns:
            columns = join([part.data for part in parts])
            return ARROW_CONTAINERS[self._container](self._columns, self._readers, columns, self._memory)
        if len(parts) == 1:
            return self._contain(parts[0].data)
        return self._contain(
            [list(chain.from_iterable(pieces)) for pieces in zip(*[part.data for part in parts], strict=True)]
        )

    def _part(self, columns: list[Sequence[Any]]) -> RequestInputs:
        return RequestInputs(len(columns[0]), columns)

    def _arrow_part(self, rows: int, columns: ArrowColumns) -> RequestInputs:
        return RequestInputs(rows, columns, ArrowColumns)


class OpenTableInputs(TableInputs):
    """Tables whose categoricals also take values that are none of their categories.

    The unseen values of a request become categories after the known ones, whose codes stay as they are. Only requests with the same
    unseen values share a batch, so that no caller's values show in the categories of another's table."""

    def __init__(self, columns: list[dict[str, Any]], container: str, memory: ArrayMemory) -> None:
        super().__init__(columns, container, memory)
        self._open = [place for place, column in enumerate(self._columns) if column.get("unseen")]
        self._known = {place: frozenset(self._columns[place]["categories"]) for place in self._open}

    @staticmethod
    def fits(columns: list[dict[str, Any]], container: str) -> bool:
        """Whether a container has categoricals, and one of these columns is such an open one."""
        return container in _WITH_CATEGORICALS and any(_given(column).get("unseen") for column in columns)

    def build(self, parts: list[RequestInputs]) -> Any:
        """The container with all rows; see Inputs."""
        group = parts[0].group
        if type(group) is not tuple:
            return super().build(parts)
        inner, unseen = group
        fields = list(self._columns)
        for place, values in zip(self._open, unseen, strict=True):
            fields[place] = {**fields[place], "categories": [*fields[place]["categories"], *values]}
        table = TableInputs(fields, self._container, self._memory)
        return table.build([RequestInputs(part.rows, part.data, inner) for part in parts])

    def _part(self, columns: list[Sequence[Any]]) -> RequestInputs:
        unseen = tuple(self._sorted(place, frozenset(columns[place])) for place in self._open)
        return RequestInputs(len(columns[0]), columns, (None, unseen) if any(unseen) else None)

    def _arrow_part(self, rows: int, columns: ArrowColumns) -> RequestInputs:
        unique = importlib.import_module("pyarrow.compute").unique
        values = [unique(columns.columns[place]).to_pylist() for place in self._open]
        unseen = tuple(self._sorted(place, frozenset(each)) for place, each in zip(self._open, values, strict=True))
        return RequestInputs(rows, columns, (ArrowColumns, unseen) if any(unseen) else ArrowColumns)

    def _sorted(self, place: int, values: frozenset[Any]) -> tuple[Any, ...]:
        """The values that are none of a column's categories; in an order that does not depend on that of the rows."""
        kind = type(self._columns[place]["categories"][0])
        unseen = values - self._known[place]
        return tuple(sorted(value for value in unseen if type(value) is kind and value == value))  # noqa: PLR0124 - NaN is a gap


_WITH_CATEGORICALS = frozenset({"pandas", "series", "polars", "polars_series"})


def _given(column: dict[str, Any]) -> dict[str, Any]:
    """The column as its container has it: categories that only limit plain values are nothing to it."""
    if column.get("categories") is None or column.get("categorical", True):
        return column
    return {name: value for name, value in column.items() if name not in ("categories", "ordered", "unseen")}
