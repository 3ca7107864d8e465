"""Tables of any columns, in whichever container the model's code takes."""

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from ..wire import WireTensor
from .arrow import python_values, read_table
from .arrow_containers import ARROW_CONTAINERS, ArrowColumns, join
from .columns import ColumnReader
from .containers import CONTAINERS
from .memory import ArrayMemory
from .parts import Part
from .rows import columns_of_split, columns_of_text, columns_of_wire, read_columns, read_rows


class TableInputs:
    """A part's data is the list of its checked columns, in the signature's order."""

    def __init__(self, columns: list[dict[str, Any]], container: str, memory: ArrayMemory) -> None:
        self._readers = [ColumnReader(column) for column in columns]
        self._bare = container == "values"
        self._columns = columns
        self._container = container
        self._memory = memory
        self._contain: Callable[[list[Sequence[Any]]], Any] = CONTAINERS[container](columns)

    def from_rows(self, rows: Any) -> Part:
        """Rows as arrays, objects or, for the container `values`, bare values; see Inputs."""
        return _part(read_rows(rows, self._readers, bare=self._bare))

    def from_columns(self, columns: dict[str, Any]) -> Part:
        """Values by column; see Inputs."""
        return _part(read_columns(columns, self._readers))

    def from_split(self, names: list[str], rows: Any) -> Part:
        """Arrays in the order of `names`; see Inputs."""
        return self.from_columns(columns_of_split(names, rows, self._readers))

    def from_text(self, names: list[str], rows: list[list[str]]) -> Part:
        """CSV fields; see Inputs."""
        return self.from_columns(columns_of_text(names, rows, self._readers))

    def from_tensors(self, tensors: list[WireTensor]) -> Part:
        """One tensor (n, columns) or one tensor a column; see Inputs."""
        return _part(columns_of_wire(tensors, self._readers))

    def from_arrow(self, table: Any) -> Part:
        """The columns of an Arrow table, which stay one where the container can be filled from it; see Inputs."""
        columns = read_table(table, self._readers)
        if self._container in ARROW_CONTAINERS:
            return Part(table.num_rows, ArrowColumns(columns), ArrowColumns)
        values = [python_values(column, reader.type) for column, reader in zip(columns, self._readers, strict=True)]
        return Part(table.num_rows, values)

    def build(self, parts: list[Part]) -> Any:
        """The container with all rows; see Inputs."""
        if parts[0].group is ArrowColumns:
            columns = join([part.data for part in parts])
            return ARROW_CONTAINERS[self._container](self._columns, columns, self._memory)
        if len(parts) == 1:
            return self._contain(parts[0].data)
        return self._contain(
            [list(chain.from_iterable(pieces)) for pieces in zip(*[part.data for part in parts], strict=True)]
        )


def _part(columns: list[Sequence[Any]]) -> Part:
    return Part(len(columns[0]), columns)
