"""Losses: what of an example does not reach the model exactly as it was given: sentences for the person who deploys."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from unshelf.client.data.data_types import kind_of, type_name
from unshelf.client.data.examples import MAX_ROWS, head
from unshelf.client.data.plain_columns import gap_kind
from unshelf.contracts.signature import Columns, Signature

_PLAIN = (bool, int, float, str, list, dict)
_TOP = (*_PLAIN, date, datetime, timedelta, bytes)
_WHOLE = ("DataFrame", "Series", "ndarray", "memmap", "dict", "list", "Table", "RecordBatch", "Tensor")
_GAPS = {"nan": "NaN", "none": "None", "na": "pandas.NA", "nat": "NaT"}


def losses(example: Any, signature: Signature | None, *, keeps_tensors: bool = False) -> list[str]:
    """Return a sentence for each thing that JSON and the signature can't carry, of the rows that the bundle holds.

    `keeps_tensors`: the model's loader makes its framework's tensors of arrays."""
    if example is None or signature is None:
        return []
    rows = head(example, MAX_ROWS)
    found = [*([] if keeps_tensors else _container_losses(example, signature)), *_index_losses(rows)]
    columns = signature.inputs.columns if isinstance(signature.inputs, Columns) else []
    given = _cells(rows)
    for column, values in zip(columns, given, strict=False):
        kinds = sorted({_GAPS[gap] for value in values if (gap := gap_kind(value)) is not None})
        if len(kinds) > 1:
            seen = _GAPS[column.missing] if column.missing else "one kind of value"
            found.append(
                f"{' and '.join(kinds)} are all null in a request: in column {column.name!r} the model sees {seen}."
            )
        changed: dict[str, str] = {}
        for value in values:
            if gap_kind(value) is None and not (column.items or "").startswith("ndarray"):
                _look(value, changed, top=column.type != "json")
        found += [f"In column {column.name!r} {what} {becomes}." for what, becomes in sorted(changed.items())]
    return found


def _look(value: Any, changed: dict[str, str], *, top: bool) -> None:
    kind = type(value)
    if kind_of(value) == "image":
        return
    if kind not in (_TOP if top else _PLAIN) and value is not None:
        becomes = "text" if isinstance(value, date | str) else "list" if kind_of(value) != "numpy_scalar" else "number"
        if kind_of(value) == "numpy_scalar":
            becomes = "Python's own type for it"
        elif top:
            becomes = next((base.__name__ for base in kind.__mro__[1:] if base in _TOP), becomes)
        changed.setdefault(f"a {type_name(value)}", f"reaches the model as {becomes}")
    if isinstance(value, float) and not top:
        if value != value:  # noqa: PLR0124 - only NaN differs from itself
            changed.setdefault("NaN inside of a value", "reaches the model as None")
        elif value in (float("inf"), float("-inf")):
            changed.setdefault("an infinity", 'reaches the model as text ("Infinity")')
    if isinstance(value, dict):
        if any(type(key) is not str for key in value):
            changed.setdefault("a key that is no text", "reaches the model as text")
        for entry in value.values():
            _look(entry, changed, top=False)
    elif isinstance(value, list | tuple):
        for entry in value:
            _look(entry, changed, top=False)
    elif kind_of(value) == "numpy_array":
        changed.setdefault("an array", "reaches the model as list")


def _container_losses(rows: Any, signature: Signature) -> list[str]:
    kind = kind_of(rows)
    if kind == "torch_tensor" or (kind == "mapping" and any(kind_of(each) == "torch_tensor" for each in rows.values())):
        listed = isinstance(signature.inputs, Columns) and signature.inputs.container == "values"
        given = "a list of numbers" if listed else "a NumPy array"
        return [
            f"For a torch.Tensor of the example the model is given {given}: torch.as_tensor(…) makes a tensor of it."
        ]
    if kind == "mapping":
        others = {type(each) for each in rows.values() if kind_of(each) == "sequence"} - {list}
        if others:
            named = " or ".join(sorted(each.__name__ for each in others))
            return [f"Columns that are {named} reach the model as lists."]
    if kind not in ("sequence", "other") and type(rows).__name__ not in _WHOLE:
        base = next(base.__name__ for base in type(rows).__mro__ if base.__name__ in _WHOLE)
        return [f"The example is a {type_name(rows)}; the model is given a plain {base}."]
    if kind == "sequence":
        if type(rows) is not list:
            return [f"The example is a {type_name(rows)}; the model is given a list."]
        kinds = {type(row) for row in rows if not isinstance(row, dict)} & {tuple}
        kinds |= {type(row) for row in rows if kind_of(row) in ("numpy_array", "torch_tensor")}
        kinds |= {type(row) for row in rows if isinstance(row, tuple | list) and type(row) is not list}
        odd = sorted({type_name(row) for row in rows if type(row) in kinds})
        if odd:
            return [f"Rows that are {' or '.join(odd)} reach the model as lists."]
    return []


def _index_losses(rows: Any) -> list[str]:
    """A frame's index, and the names of its levels of columns, where they look like more than numbers of rows."""
    if kind_of(rows) not in ("pandas_frame", "pandas_series"):
        return []
    found = []
    index = rows.index
    names = [name for name in index.names if name is not None]
    if names or getattr(index, "nlevels", 1) > 1 or getattr(index.dtype, "kind", "O") not in "iu":
        named = f" ({', '.join(map(repr, names))})" if names else ""
        found.append(
            f"The example's index{named} does not reach the model, whose rows are numbered 0, 1, 2 …: "
            "reset_index() makes a column of it."
        )
    levels = [name for name in getattr(getattr(rows, "columns", None), "names", []) if name is not None]
    if levels:
        found.append(f"The name of the example's columns ({', '.join(map(repr, levels))}) does not reach the model.")
    return found


def _cells(rows: Any) -> list[Iterable[Any]]:
    """The values by column, where they are Python objects; nothing to look at for typed columns."""
    kind = kind_of(rows)
    if kind == "pandas_frame":
        return [_objects(rows.iloc[:, place]) for place in range(rows.shape[1])]
    if kind == "pandas_series":
        return [_objects(rows)]
    if kind == "numpy_array":
        if rows.dtype.kind != "O" or rows.ndim > 2:
            return []
        return [rows.tolist()] if rows.ndim == 1 else [rows[:, place].tolist() for place in range(rows.shape[1])]
    if kind == "polars_frame":
        return [_nested(column) for column in rows.get_columns()]
    if kind == "polars_series":
        return [_nested(rows)]
    if kind == "mapping":
        return [values if isinstance(values, list | tuple) else _array_objects(values) for values in rows.values()]
    if kind == "sequence" and rows:
        if all(isinstance(row, dict) for row in rows):
            return [[row[name] for row in rows if name in row] for name in rows[0]]
        if all(isinstance(row, list | tuple) for row in rows):
            return [list(values) for values in zip(*rows, strict=False)]
        return [rows]
    return []


def _objects(series: Any) -> list[Any]:
    return list(series.tolist()) if str(series.dtype) == "object" else []


def _array_objects(array: Any) -> list[Any]:
    return list(array.tolist()) if kind_of(array) == "numpy_array" and array.dtype.kind == "O" else []


def _nested(series: Any) -> list[Any]:
    """Cells of lists and structs; of floats whether both null and NaN are there."""
    if type(series.dtype).__name__ in ("List", "Struct", "Array"):
        return list(series.to_list())
    if series.dtype.is_float() and series.null_count() and series.is_nan().any():
        return [None, float("nan")]
    return []
