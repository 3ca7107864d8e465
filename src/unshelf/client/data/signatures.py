"""Signatures inferred from example data: what a model takes, seen from what it was shown."""

from typing import Any, cast, get_args

import msgspec

from unshelf.client.data.columns import check_is_plain, column_of, merge, numpy_dtype
from unshelf.client.data.data_types import kind_of, type_name
from unshelf.client.data.dtypes import label_fields, type_of_dtype
from unshelf.client.data.plain_columns import values_column
from unshelf.client.errors import InvalidModel, InvalidRows
from unshelf.client.frameworks.saved_model import ContainerHint
from unshelf.contracts.signature import Column, Columns, Container, Signature, Tensor, Tensors, TensorType

_ARRAYS = ("numpy_array", "torch_tensor")
_PLAIN = frozenset({"lists", "dicts", "columns", "values"})
"""The containers of Python's own values."""


def infer(
    example: Any,
    baseline: Any = None,
    *,
    hint: ContainerHint = "columns",
    feature_names: list[str] | None = None,
    container: Container | None = None,
) -> Signature:
    """Return the signature of a model that takes data like `example`; `baseline` (training data) only says more about gaps and types.

    `hint` says what a two-dimensional array means to the model and `container` overrides what its code is given.
    Raises InvalidModel."""
    try:
        return _infer(example, baseline, hint=hint, feature_names=feature_names, container=container)
    except InvalidRows as error:
        raise InvalidModel(error.detail, hint=error.hint) from error


def _infer(
    example: Any, baseline: Any, *, hint: ContainerHint, feature_names: list[str] | None, container: Container | None
) -> Signature:
    inputs = _inputs(example, hint=hint, feature_names=feature_names, container=container)
    if baseline is not None and isinstance(inputs, Columns):
        seen = _inputs(baseline, hint=hint, feature_names=feature_names, container=container)
        inputs = _with_baseline(inputs, seen)
    return Signature(inputs=inputs)


def as_told(signature: Signature, tensors: list[Tensor] | None) -> Signature:
    """Return the signature with the tensors that the model's own file tells, where the example was given as such tensors."""
    inputs = signature.inputs
    if tensors is None or not isinstance(inputs, Tensors) or len(tensors) != len(inputs.tensors):
        return signature
    ranks = {tensor.name: len(tensor.shape) for tensor in inputs.tensors}
    if len(tensors) == 1:
        ranks = {tensors[0].name: len(inputs.tensors[0].shape)}
    if any(ranks.get(tensor.name) != len(tensor.shape) for tensor in tensors):
        return signature
    return Signature(inputs=Tensors(tensors=tensors), outputs=signature.outputs)


def _inputs(
    data: Any, *, hint: ContainerHint, feature_names: list[str] | None, container: Container | None
) -> Columns | Tensors:
    if container == "tensors":
        hint = "tensors"
    if tensors := _tensors(data, hint):
        # The loaders of frameworks find a single tensor by themselves; code gets what it was shown.
        return Tensors(tensors=tensors, named=hint != "tensors" and kind_of(data) == "mapping")
    columns, natural = _columns(data, feature_names)
    if not columns:
        raise InvalidModel("The example has no columns.", hint="Give a few rows of what the model takes.")
    _check_names_differ([column.name for column in columns])
    if container is not None and container != natural and not {container, natural} <= _PLAIN:
        # What an example is in one library says nothing of what another makes of it.
        columns = [msgspec.structs.replace(column, dtype=None, missing=None, items=None) for column in columns]
    return Columns(columns=columns, container=container or natural)


def _tensors(data: Any, hint: ContainerHint) -> list[Tensor]:
    """Return the tensors that `data` is; none when it is a table."""
    kind = kind_of(data)
    if kind in _ARRAYS:
        if data.ndim == 0:
            raise InvalidModel("The example can't be a single number.", hint="Give a few rows of what the model takes.")
        return [_tensor("input", data)] if hint == "tensors" or data.ndim > 2 else []
    if kind == "mapping" and all(kind_of(value) in _ARRAYS for value in data.values()):
        if hint == "tensors" or any(value.ndim > 1 for value in data.values()):
            return [_tensor(str(name), value) for name, value in data.items()]
        return []
    if kind == "sequence" and hint == "tensors" and data:
        if isinstance(data[0], dict):
            return [_nested_tensor(str(name), [row[name] for row in data]) for name in data[0]]
        return [_nested_tensor("input", data)]
    return []


def _tensor(name: str, array: Any) -> Tensor:
    kind = type_of_dtype(str(array.dtype).removeprefix("torch."))
    if kind not in get_args(TensorType) or array.ndim == 0:
        raise InvalidModel(
            f"Tensor {name!r} of {array.dtype} with {array.ndim} dimensions can't be a model's input.",
            hint="Give an array of numbers, booleans or texts whose first dimension counts the rows.",
        )
    if kind_of(array) == "numpy_array":
        check_is_plain(array)
    dtype = numpy_dtype(array) if kind_of(array) == "numpy_array" else None
    shape = [-1, *(int(size) for size in array.shape[1:])]
    return Tensor(name=name, type=cast(TensorType, kind), shape=shape, dtype=dtype)


def _nested_tensor(name: str, rows: Any) -> Tensor:
    """Return the tensor that nested lists write. JSON does not give the width of floats: 32 bits, as tensor models have them."""
    shape: list[int] = []
    level = list(rows)
    while level and isinstance(level[0], list | tuple):
        sizes = {len(entry) for entry in level if isinstance(entry, list | tuple)}
        shape.append(sizes.pop() if len(sizes) == 1 else -1)
        level = [value for entry in level for value in entry]
    kind = values_column(name, level).type
    if kind not in get_args(TensorType):
        raise InvalidModel(f"Tensor {name!r} mixes kinds of values.", hint="Give nested lists of numbers of one kind.")
    return Tensor(name=name, type=cast(TensorType, "float32" if kind == "float64" else kind), shape=[-1, *shape])


def _columns(data: Any, names: list[str] | None) -> tuple[list[Column], Container]:
    """Return the columns of a table, and what the model's code was given when it was shown one like it."""
    kind = kind_of(data)
    if kind == "pandas_frame":
        return [_labelled(label, data.iloc[:, place]) for place, label in enumerate(data.columns)], "pandas"
    if kind == "polars_frame":
        return [column_of(column.name, column) for column in data.get_columns()], "polars"
    if kind in _ARRAYS and data.ndim == 2:
        width = data.shape[1]
        return [
            column_of(name, data[:, place]) for place, name in enumerate(_names(width, names, "the example"))
        ], "numpy"
    if kind == "pandas_series" and not hasattr(data, "iloc"):
        raise InvalidModel(f"The example can't be {type_name(data)}.", hint="Make a Series of it: index.to_series().")
    if kind in _ONE_COLUMN:
        label = getattr(data, "name", "x0")
        fields = {"name": "x0", "label": label} if label in (None, "") else label_fields(label)
        return [msgspec.structs.replace(column_of(fields["name"], data), **fields)], _ONE_COLUMN[kind]
    if kind == "mapping":
        container = _container_of_columns(data)
        return [_labelled(label, values) for label, values in data.items()], container
    if kind == "sequence" and data:
        return _from_rows(data, names)
    raise InvalidModel(
        "The example is empty." if kind == "sequence" else f"The example can't be {type_name(data)}.",
        hint="Give a few rows: a NumPy array, a pandas or polars DataFrame, a list of rows or a dict of columns.",
    )


_ONE_COLUMN: dict[str, Container] = {
    "numpy_array": "vector", "torch_tensor": "values", "pandas_series": "series", "polars_series": "polars_series",
}  # fmt: skip


def _labelled(label: Any, values: Any) -> Column:
    """Return the column under its label."""
    fields = label_fields(label)
    return msgspec.structs.replace(column_of(fields["name"], values), **fields)


def _container_of_columns(data: Any) -> Container:
    """Return whether a dict of columns holds lists or arrays. Raises InvalidModel."""
    kinds = {kind_of(values) for values in data.values()}
    if kinds == {"numpy_array"}:
        return "arrays"
    if kinds <= {"sequence"}:
        return "columns"
    if not any(kind_of(values) in (*_ONE_COLUMN, "sequence", "mapping") for values in data.values()):
        raise InvalidModel("The example is one row, not rows.", hint="Give a list of rows: [{…}].")
    found = ", ".join(sorted({type_name(values) for values in data.values()}))
    raise InvalidModel(
        f"The example is a dict of {found}, which the model could not be given again.",
        hint="Give a dict of NumPy arrays, a dict of lists, or a DataFrame.",
    )


def _check_names_differ(names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise InvalidModel(
            f"Two columns of the example have the same name: {', '.join(map(repr, twice[:5]))}.",
            hint="Rename one: in a request a column is known by its name.",
        )


def _from_rows(rows: Any, names: list[str] | None) -> tuple[list[Column], Container]:
    first = rows[0]
    if isinstance(first, dict):
        odd = next((place for place, row in enumerate(rows) if set(row) != set(first)), None)
        if odd is not None:
            raise InvalidModel(
                f"Row {odd} of the example has other columns than row 0.",
                hint="Give every row the same columns; null where a value is missing.",
            )
        return [_labelled(label, [row[label] for row in rows]) for label in first], "dicts"
    if isinstance(first, list | tuple) or (kind_of(first) in _ARRAYS and first.ndim == 1):
        odd = next((place for place, row in enumerate(rows) if len(row) != len(first)), None)
        if odd is not None:
            raise InvalidModel(
                f"Row {odd} of the example has {len(rows[odd])} values, row 0 has {len(first)}.",
                hint="Give every row the same number of values.",
            )
        return [
            values_column(name, (row[place] for row in rows))
            for place, name in enumerate(_names(len(first), names, "the example"))
        ], "lists"
    return [values_column("x0", rows)], "values"


def _names(width: int, names: list[str] | None, what: str) -> list[str]:
    if names is None:
        return [f"x{place}" for place in range(width)]
    if len(names) != width:
        raise InvalidModel(
            f"The model was trained on {len(names)} columns, {what} has {width}.",
            hint=f"Give an example with the columns {', '.join(names[:8])}{' …' if len(names) > 8 else ''}.",
        )
    return names


def _with_baseline(example: Columns, baseline: Columns | Tensors) -> Columns:
    if not isinstance(baseline, Columns):
        return example
    by_name = {column.name: column for column in baseline.columns}
    missing = [column.name for column in example.columns if column.name not in by_name]
    if missing:
        raise InvalidModel(
            f"The baseline lacks {', '.join(map(repr, missing[:5]))}, which the example has.",
            hint="Give the training data with the same columns as the example, in the same form.",
        )
    return Columns(
        columns=[merge(column, by_name[column.name]) for column in example.columns], container=example.container
    )
