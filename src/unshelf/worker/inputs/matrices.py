"""Tables of one numeric type, for NumPy and pandas: the hot path, where no value is touched in Python."""

import importlib
from itertools import chain
from operator import itemgetter
from typing import Any

from ..encoding.types import FLOATS, INTEGERS, V2_DATATYPES
from ..encoding.v2_tensor import V2Tensor
from .arrow import interleave, read_table
from .columns import ColumnReader
from .libraries.pandas_columns import labels_of
from .memory import ArrayMemory
from .request_inputs import RequestInputs
from .rows import columns_of_split, columns_of_text, columns_of_wire, read_columns, read_rows

_LIST = frozenset({list})
_DICT = frozenset({dict})


class MatrixInputs:
    """All columns have one numeric type. A part's data is a flat list in row-major order, or an array (n, columns)."""

    def __init__(self, columns: list[dict[str, Any]], container: str, memory: ArrayMemory) -> None:
        self._numpy: Any = importlib.import_module("numpy")
        self._memory = memory
        self._readers = [ColumnReader(column) for column in columns]
        self._any = self._readers[0]  # one type: each reader accepts the same plain values
        self._width = len(columns)
        self._widths = frozenset({self._width})
        self._type: str = columns[0]["type"]
        names = [reader.name for reader in self._readers]
        self._pick = itemgetter(*names) if self._width > 1 else lambda row, name=names[0]: (row[name],)
        self._frame: Any = None
        if container == "pandas":
            pandas = importlib.import_module("pandas")
            index = labels_of(columns)
            self._frame = lambda array: pandas.DataFrame(array, columns=index, copy=False)

    @staticmethod
    def fits(columns: list[dict[str, Any]], container: str) -> bool:
        """Whether a table can be read this way."""
        types = {column["type"] for column in columns}
        if container not in ("numpy", "pandas") or len(types) != 1:
            return False
        if any(
            column.get(fact) is not None for column in columns for fact in ("categories", "dtype", "missing", "items")
        ):
            return False
        (type_name,) = types
        if type_name in FLOATS:
            return True
        return type_name in (*INTEGERS, "bool") and not any(column.get("nullable") for column in columns)

    def from_rows(self, rows: Any) -> RequestInputs:
        """Rows as arrays or objects; see Inputs."""
        if type(rows) is list and rows:
            values: list[Any] | None = None
            if len(rows) == 1 and type(rows[0]) is list:  # what most callers send
                values = rows[0] if len(rows[0]) == self._width else None
            elif _LIST.issuperset(map(type, rows)):
                values = list(chain.from_iterable(rows)) if self._widths.issuperset(map(len, rows)) else None
            elif _DICT.issuperset(map(type, rows)) and self._widths.issuperset(map(len, rows)):
                try:
                    values = list(chain.from_iterable(map(self._pick, rows)))
                except KeyError:
                    values = None
            if values is not None and self._any.accepts(values):
                return RequestInputs(len(rows), values)
        return self._part(read_rows(rows, self._readers, bare=self._width == 1))

    def from_columns(self, columns: dict[str, Any]) -> RequestInputs:
        """Values by column; see Inputs."""
        return self._part(read_columns(columns, self._readers))

    def from_split(self, names: list[str], rows: Any) -> RequestInputs:
        """Arrays in the order of `names`; see Inputs."""
        if names == [reader.name for reader in self._readers]:
            return self.from_rows(rows)
        return self._part(read_columns(columns_of_split(names, rows, self._readers), self._readers))

    def from_text(self, names: list[str], rows: list[list[str]]) -> RequestInputs:
        """CSV fields; see Inputs."""
        return self._part(read_columns(columns_of_text(names, rows, self._readers), self._readers))

    def from_tensors(self, tensors: list[V2Tensor]) -> RequestInputs:
        """One tensor (n, columns) or one tensor a column; see Inputs."""
        only = tensors[0]
        if (
            len(tensors) == 1
            and only.raw is not None
            and only.shape[1:] == [self._width]
            and only.datatype == V2_DATATYPES[self._type]
            and only.shape[0] > 0
        ):
            dtype = self._numpy.dtype(self._type).newbyteorder("<")
            return RequestInputs(only.shape[0], self._numpy.frombuffer(only.raw, dtype=dtype).reshape(only.shape))
        return self._part(columns_of_wire(tensors, self._readers))

    def from_arrow(self, table: Any) -> RequestInputs:
        """The columns of an Arrow table; see Inputs."""
        columns = read_table(table, self._readers)
        array = self._memory.empty((table.num_rows, self._width), self._type)
        return RequestInputs(table.num_rows, interleave(columns, array))

    def build(self, parts: list[RequestInputs]) -> Any:
        """An ndarray or DataFrame of all rows; see Inputs."""
        pieces = [part.data for part in parts]
        if all(type(piece) is list for piece in pieces):
            array = self._array(pieces[0] if len(pieces) == 1 else list(chain.from_iterable(pieces)))
        elif len(pieces) == 1 and pieces[0].flags.writeable:
            array = pieces[0]  # made for this request alone
        else:
            arrays = [self._array(piece) if type(piece) is list else piece for piece in pieces]
            array = self._memory.joined(arrays, self._type)
        return array if self._frame is None else self._frame(array)

    def _array(self, data: list[Any]) -> Any:
        return self._numpy.array(data, dtype=self._type).reshape(-1, self._width)

    def _part(self, columns: list[Any]) -> RequestInputs:
        return RequestInputs(len(columns[0]), list(chain.from_iterable(zip(*columns, strict=True))))
