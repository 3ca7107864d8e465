"""Signatures inferred from example data: what a model takes, seen from what it was shown."""

from typing import Any, cast, get_args

from unshelf.client.columns import column_of, merge, type_of_dtype, values_column
from unshelf.client.errors import InvalidModel
from unshelf.client.kinds import kind_of, type_name
from unshelf.client.saved import ContainerHint
from unshelf.contracts.signature import Column, Columns, Container, Signature, Tensor, Tensors, TensorType

_ARRAYS = ("numpy_array", "torch_tensor")


def infer(
    example: Any,
    baseline: Any = None,
    *,
    hint: ContainerHint = "columns",
    feature_names: list[str] | None = None,
    container: Container | None = None,
) -> Signature:
    """The signature of a model that takes data like `example`; `baseline` (training data) only says more about gaps and types.

    `hint` says what a two-dimensional array means to the model and `container` overrides what its code is given.
    Raises InvalidModel."""
    inputs = _inputs(example, hint=hint, feature_names=feature_names, container=container)
    if baseline is not None and isinstance(inputs, Columns):
        seen = _inputs(baseline, hint=hint, feature_names=feature_names, container=container)
        inputs = _with_baseline(inputs, seen)
    return Signature(inputs=inputs)


def as_told(signature: Signature, tensors: list[Tensor] | None) -> Signature:
    """The signature with the tensors that the model's own file tells, where the example was given as such tensors."""
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
        return Tensors(tensors=tensors)
    columns, natural = _columns(data, feature_names)
    if not columns:
        raise InvalidModel("The example has no columns.", hint="Give a few rows of what the model takes.")
    return Columns(columns=columns, container=container or natural)


def _tensors(data: Any, hint: ContainerHint) -> list[Tensor]:
    """The tensors that `data` is; none when it is a table."""
    kind = kind_of(data)
    if kind in _ARRAYS:
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
    return Tensor(name=name, type=cast(TensorType, kind), shape=[-1, *(int(size) for size in array.shape[1:])])


def _nested_tensor(name: str, rows: Any) -> Tensor:
    """A tensor written as nested lists. JSON does not tell how wide its floats are: 32 bits, as tensor models have them."""
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
    """The columns of a table, and what the model's code was given when it was shown one like it."""
    kind = kind_of(data)
    if kind == "pandas_frame":
        return [column_of(str(name), data.iloc[:, place]) for place, name in enumerate(data.columns)], "pandas"
    if kind == "polars_frame":
        return [column_of(column.name, column) for column in data.get_columns()], "polars"
    if kind in _ARRAYS and data.ndim == 2:
        width = data.shape[1]
        return [
            column_of(name, data[:, place]) for place, name in enumerate(_names(width, names, "the example"))
        ], "numpy"
    if kind in (*_ARRAYS, "pandas_series", "polars_series"):
        name = getattr(data, "name", None)
        return [column_of(str(name) if name not in (None, "") else "x0", data)], "values"
    if kind == "mapping":
        return [column_of(str(name), values) for name, values in data.items()], "columns"
    if kind == "sequence" and data:
        return _from_rows(data, names)
    raise InvalidModel(
        "The example is empty." if kind == "sequence" else f"The example can't be {type_name(data)}.",
        hint="Give a few rows: a NumPy array, a pandas or polars DataFrame, a list of rows or a dict of columns.",
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
        return [values_column(str(name), (row[name] for row in rows)) for name in first], "dicts"
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
