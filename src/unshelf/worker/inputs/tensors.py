"""Tensors: nested lists or V2 tensors to ndarrays, checked level by level."""

import importlib
import json
from collections.abc import Sequence
from itertools import chain
from math import prod
from typing import Any

from ..encoding.flatten import Ragged, flatten
from ..encoding.types import V2_DATATYPES
from ..encoding.v2_tensor import V2Tensor
from ..errors import RequestRefused, invalid
from .arrow import nested_values, refuse_double_names
from .columns import ColumnReader, Faults, shown
from .memory import ArrayMemory
from .request_inputs import RequestInputs
from .rows import is_carried_by


class TensorInputs:
    """A part's data is one (values, shape) a tensor, in the signature's order; values are a flat list or an ndarray.

    Parts whose free dimensions differ are of different groups."""

    def __init__(self, tensors: list[dict[str, Any]], memory: ArrayMemory, *, named: bool = False) -> None:
        """`named`: the model is given a dict also where there is only one tensor."""
        self._gives_dict = named or len(tensors) > 1
        self._numpy: Any = importlib.import_module("numpy")
        self._memory = memory
        self._tensors = {tensor["name"]: tensor for tensor in tensors}
        self._readers = {tensor["name"]: ColumnReader(tensor) for tensor in tensors}
        self._names = list(self._tensors)

    def from_rows(self, rows: Any) -> RequestInputs:
        """Nested arrays of one tensor's rows, or objects by tensor name; see Inputs."""
        if type(rows) is not list:
            raise invalid(f"The rows must be a list, got {shown(rows)}.", hint='Send {"inputs": [row, …]}.')
        if not rows:
            raise invalid("There are no rows to predict.", hint="Send at least one row.")
        only = self._names[0]
        if len(self._names) == 1 and not all(type(row) is dict for row in rows):
            return self._part({only: self._read(only, rows)})
        faults = Faults()
        for position, row in enumerate(rows):
            if type(row) is not dict:
                faults.add("an object by tensor name", shown(row), row=position)
            else:
                self._match(row.keys(), faults, row=position)
        faults.refuse()
        return self.from_columns({name: [row[name] for row in rows] for name in self._names})

    def from_columns(self, columns: dict[str, Any]) -> RequestInputs:
        """Nested arrays by tensor name, rows first; see Inputs."""
        faults = Faults()
        self._match(columns.keys(), faults)
        for name, values in columns.items():
            if type(values) is not list:
                faults.add("a list of rows", shown(values), column=name)
        faults.refuse()
        return self._part({name: self._read(name, columns[name]) for name in self._names})

    def from_split(self, names: list[str], rows: Any) -> RequestInputs:  # noqa: ARG002 - the shape of the door is the same for all
        """Tables are nothing for a model of tensors."""
        raise invalid("This model takes tensors, not the columns of a dataframe.", hint="Send `inputs` or `instances`.")

    def from_text(self, names: list[str], rows: list[list[str]]) -> RequestInputs:  # noqa: ARG002
        """Text has no tensors."""
        raise RequestRefused(
            415, "unsupported_media_type", "This model takes tensors, which CSV can not carry.", hint="Send JSON."
        )

    def from_tensors(self, tensors: list[V2Tensor]) -> RequestInputs:
        """One V2 tensor for each of the signature's; see Inputs."""
        faults = Faults()
        self._match([tensor.name for tensor in tensors], faults)
        faults.refuse()
        return self._part({tensor.name: self._read_wire(tensor) for tensor in tensors})

    def from_arrow(self, table: Any) -> RequestInputs:
        """A column for each tensor: of values, of lists or of fixed-shape tensors; see Inputs."""
        refuse_double_names(table)
        faults = Faults()
        self._match(table.column_names, faults)
        faults.refuse()
        return self._part({name: self._read_arrow(name, table.column(name)) for name in self._names})

    def build(self, parts: list[RequestInputs]) -> Any:
        """One ndarray, or a dict of name → ndarray; see Inputs."""
        arrays = {name: self._join(name, [part.data[name] for part in parts]) for name in self._names}
        return arrays if self._gives_dict else arrays[self._names[0]]

    def _join(self, name: str, pieces: list[tuple[Any, list[int]]]) -> Any:
        shape = [-1, *pieces[0][1][1:]]
        shape[0] = sum(piece[1][0] for piece in pieces)
        type_name = self._tensors[name]["type"]
        dtype = object if type_name == "string" else type_name
        if exact := self._tensors[name].get("dtype"):
            own = exact if type_name == "string" else type_name
            arrays = [self._numpy.array(values, dtype=own).reshape(-1) for values, _ in pieces]
            return self._numpy.concatenate(arrays).reshape(shape).astype(exact, copy=False)
        if all(isinstance(values, (list, tuple)) for values, _ in pieces):
            flat = pieces[0][0] if len(pieces) == 1 else list(chain.from_iterable([values for values, _ in pieces]))
            return self._numpy.array(flat, dtype=dtype).reshape(shape)
        arrays = [self._numpy.asarray(values, dtype=dtype).reshape(-1) for values, _ in pieces]
        return self._memory.joined(arrays, dtype).reshape(shape)

    def _part(self, data: dict[str, tuple[Any, list[int]]]) -> RequestInputs:
        rows = data[self._names[0]][1][0]
        faults = Faults()
        for name in self._names:
            if data[name][1][0] != rows:
                faults.add(f"{rows} rows, as in tensor {self._names[0]!a}", f"{data[name][1][0]} rows", column=name)
        faults.refuse()
        if not rows:
            raise invalid("There are no rows to predict.", hint="Send at least one row.")
        return RequestInputs(rows, data, tuple(tuple(data[name][1][1:]) for name in self._names))

    def _read(self, name: str, nested: list[Any]) -> tuple[Any, list[int]]:
        wanted: list[int] = self._tensors[name]["shape"]
        try:
            shape, flat = flatten(nested, depth=len(wanted))
        except Ragged as ragged:
            raise self._misshapen(name, nested, str(ragged)) from None
        if len(shape) == len(wanted) and self._fits(wanted, shape):
            return self._checked(name, flat, shape), shape
        raise self._misshapen(name, nested, f"shape {shape}")

    def _read_wire(self, tensor: V2Tensor) -> tuple[Any, list[int]]:
        spec = self._tensors[tensor.name]
        faults = Faults()
        if not is_carried_by(spec["type"], tensor.datatype):
            faults.add(f"datatype {V2_DATATYPES[spec['type']]}", f"datatype {tensor.datatype}", column=tensor.name)
        if len(tensor.shape) != len(spec["shape"]) or not self._fits(spec["shape"], tensor.shape):
            faults.add(f"shape {spec['shape']}", f"shape {tensor.shape}", column=tensor.name)
        faults.refuse()
        if tensor.raw is not None and tensor.datatype == V2_DATATYPES[spec["type"]]:
            dtype = self._numpy.dtype(spec["type"]).newbyteorder("<")
            return self._numpy.frombuffer(tensor.raw, dtype=dtype), tensor.shape
        return self._checked(tensor.name, tensor.flat(), tensor.shape, as_is=tensor.raw is not None), tensor.shape

    def _read_arrow(self, name: str, column: Any) -> tuple[Any, list[int]]:
        wanted: list[int] = self._tensors[name]["shape"]
        faults = Faults()
        values, shape = nested_values(column, self._readers[name], len(wanted), faults)
        if len(shape) != len(wanted) or not self._fits(wanted, shape):
            faults.add(f"shape {wanted}", f"shape {shape}", column=name)
        faults.refuse()
        return values, shape

    def _checked(self, name: str, flat: Sequence[Any], shape: list[int], *, as_is: bool = False) -> Sequence[Any]:
        reader = self._readers[name]
        if reader.accepts(flat):
            return flat
        faults = Faults()
        values = reader.read(flat, faults, as_is=as_is, row_of=lambda position: position // max(1, prod(shape[1:])))
        faults.refuse()
        return list(values)

    def _match(self, names: Any, faults: Faults, *, row: int | None = None) -> None:
        for name in self._names:
            if name not in names:
                faults.add(f"tensor {name!a}", "nothing: it is missing", row=row, column=name)
        for name in names:
            if name not in self._tensors:
                faults.add(
                    f"one of the tensors {', '.join(map(ascii, self._names))}",
                    "another",
                    row=row,
                    column=str(name)[:200],
                )

    @staticmethod
    def _fits(wanted: list[int], shape: list[int]) -> bool:
        return all(want in (-1, size) for want, size in zip(wanted, shape, strict=True))

    def _misshapen(self, name: str, nested: list[Any], got: str) -> RequestRefused:
        """The refusal for values that do not make the tensor's shape, with the first row that is to blame if one is."""
        wanted: list[int] = self._tensors[name]["shape"]
        expected = (
            f"{self._tensors[name]['type']} of shape {json.dumps(wanted[1:])} a row" if wanted[1:] else "a value a row"
        )
        faults = Faults()
        for position, row in enumerate(nested):
            try:
                shape, _ = flatten([row], depth=len(wanted))
                if len(shape) == len(wanted) and self._fits(wanted, shape):
                    continue
                reason = f"shape {shape[1:]}"
            except Ragged as ragged:
                reason = shown(row) if ragged.depth == 1 else str(ragged)
            faults.add(expected, reason, row=position, column=name)
        if not faults.errors:  # each row alone is fine: a free dimension differs between them
            faults.add(f"rows of one shape {json.dumps(wanted[1:])}", got, column=name)
        return faults.refusal()
