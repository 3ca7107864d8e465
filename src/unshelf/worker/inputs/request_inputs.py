"""The interface of every kind of inputs, and the checked inputs of one request that wait to become part of a batch."""

from typing import Any, Protocol

from ..encoding.v2_tensor import V2Tensor


class RequestInputs:
    """The checked inputs of one request. Only parts of the same `group` fit into one batch."""

    __slots__ = ("data", "group", "rows")

    def __init__(self, rows: int, data: Any, group: Any = None) -> None:
        self.rows = rows
        self.data = data
        self.group = group


class Inputs(Protocol):
    """Reads bodies that were parsed already. Every `from_…` raises Refused (422) for what the signature does not take."""

    def from_rows(self, rows: Any) -> RequestInputs:
        """Rows as in a native call: a list of objects by column, of arrays in column order, or of nested arrays."""

    def from_columns(self, columns: dict[str, Any]) -> RequestInputs:
        """Column (or tensor) name → all its values."""

    def from_split(self, names: list[str], rows: Any) -> RequestInputs:
        """Rows as arrays in the order of these column names."""

    def from_text(self, names: list[str], rows: list[list[str]]) -> RequestInputs:
        """The fields of a CSV file under these column names. Raises Refused (415) where text can't stand for the inputs."""

    def from_tensors(self, tensors: list[V2Tensor]) -> RequestInputs:
        """The tensors of an Open Inference V2 request."""

    def from_arrow(self, table: Any) -> RequestInputs:
        """A pyarrow Table: columns by name, or a column of (nested) lists for each tensor."""

    def build(self, parts: list[RequestInputs]) -> Any:
        """The container that the model is given for these parts, one after the other; new for each call."""
