"""The column of a signature that an example's column is: type, gaps, and what the model must be given to see the same."""

from typing import Any

from unshelf.client.data import pandas_columns, polars_columns
from unshelf.client.data.data_types import kind_of, type_name
from unshelf.client.data.dtypes import FLOATS, INTEGERS, UNITS, type_of_dtype
from unshelf.client.data.plain_columns import objects_column, values_column
from unshelf.client.errors import InvalidRows
from unshelf.contracts.signature import Column


def column_of(name: str, values: Any) -> Column:
    """Return the column that `values` (a Series, a one-dimensional array, a list) would be. Raises InvalidRows."""
    kind = kind_of(values)
    if kind == "numpy_array":
        return _numpy_column(name, values)
    if kind == "pandas_series":
        return pandas_columns.column_of(name, values)
    if kind == "polars_series":
        return polars_columns.column_of(name, values)
    if kind == "torch_tensor":
        return Column(name=name, type=type_of_dtype(str(values.dtype).removeprefix("torch.")))
    return values_column(name, values)


def merge(example: Column, baseline: Column) -> Column:
    """Merge two columns into one that holds the values of both.

    The example decides the type, unless the baseline has categories, or its gaps made floats of the example's integers."""
    gaps_made_floats = example.type in INTEGERS and baseline.type in FLOATS
    shown = baseline if baseline.categories or gaps_made_floats else example
    return Column(
        name=example.name,
        type=shown.type,
        nullable=example.nullable or baseline.nullable,
        categories=shown.categories,
        ordered=shown.ordered,
        dtype=shown.dtype,
        missing=example.missing or baseline.missing,
        items=example.items or (baseline.items if baseline.type == shown.type else None),
        label=example.label,
    )


def numpy_dtype(array: Any) -> str | None:
    """Return the exact type of an array of numbers or texts, where our name for it does not tell."""
    if array.dtype.kind == "U":
        return "str"
    return None if array.dtype.isnative else str(array.dtype.str)


def check_is_plain(array: Any) -> None:
    """Refuse arrays of NumPy that hold more than their values: masks, quantities of a unit. Raises InvalidRows."""
    if type(array).__name__ not in ("ndarray", "memmap"):
        raise InvalidRows(
            f"The example can't be a {type_name(array)}: the model would be given a plain array.",
            hint="Give a plain array: numpy.array(…), with NaN where a mask hides a value.",
        )


def _numpy_column(name: str, array: Any) -> Column:
    check_is_plain(array)
    letter = array.dtype.kind
    if letter == "O":
        return objects_column(name, array.tolist())
    if letter in "mM":
        unit = str(array.dtype).partition("[")[2].rstrip("]")
        if unit not in UNITS:
            raise InvalidRows(
                f"The column {name!r} is of {array.dtype}, a unit that requests can't tell exactly.",
                hint=f"Convert it to one of {', '.join(UNITS)}: astype('{'datetime' if letter == 'M' else 'timedelta'}64[s]').",
            )
        # Whatever differs from itself is NaT.
        nullable = bool((array != array).any())  # noqa: PLR0124
        dtype = f"{'datetime' if letter == 'M' else 'timedelta'}64[{unit}]"
        return Column(name=name, type="datetime" if letter == "M" else "duration", nullable=nullable, dtype=dtype)
    nullable = letter == "f" and bool((array != array).any())  # noqa: PLR0124
    return Column(name=name, type=type_of_dtype(str(array.dtype)), nullable=nullable, dtype=numpy_dtype(array))
