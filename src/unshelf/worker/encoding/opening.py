"""Arrays, tensors, series and tables of any library, opened by what they can do: NumPy arrays, lists, named columns."""

import functools
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from ..errors import Unwritable
from .dates import iso_text, listed_times

_MOST_DENSE_BYTES = 1 << 28
_FLOATS_WITHOUT_NUMPY = ("bfloat16", "float8")


def opened(value: Any) -> Any:
    """An array of numbers, truth values, texts or moments for an array or tensor of any framework; a (nested) list where there is none.

    Scalars of NumPy become Python's, iterators lists; anything else stays as it is. Raises Unwritable."""
    kind = type(value)
    if kind is list:
        return value
    if kind.__name__ == "ndarray" and kind.__module__ == "numpy":
        return _array(value)
    if isinstance(value, (tuple, range, Iterator)) or kind.__name__ in ("deque", "dict_keys", "dict_values"):
        return list(value)
    if kind.__module__ == "builtins":
        return value
    if "numpy" in sys.modules and (isinstance(value, sys.modules["numpy"].generic)):
        return _scalar(value)
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        return _array(_of_torch(value))
    if hasattr(value, "toarray") and hasattr(value, "nnz"):
        return _array(_dense(value))
    if kind.__name__ == "RaggedTensor" and hasattr(value, "to_list"):
        return value.to_list()
    if hasattr(value, "mask") and hasattr(value, "filled"):
        return _unmasked(value)
    if hasattr(value, "__array__"):  # jax, tensorflow, subclasses of ndarray
        return _array(importlib.import_module("numpy").asarray(value))
    return value


def is_plain_array(value: Any) -> bool:
    """Whether it is an array of NumPy, of one unnamed value a place: the answer of most models, known at the least cost."""
    kind = type(value)
    return kind.__name__ == "ndarray" and kind.__module__ == "numpy" and value.dtype.names is None


def listed(value: Any) -> Any:
    """A list, nested as the value is, where it is an array, an array's scalar or a list; else the value itself.

    Floats are the exact value of what the model returned, so a float32 becomes the double that equals it."""
    dtype = getattr(value, "dtype", None)
    if dtype is None or isinstance(value, list):
        return value
    if getattr(dtype, "kind", "") in ("M", "m"):
        return listed_times(value)
    return value.tolist() if hasattr(value, "tolist") else value


def series_values(value: Any) -> Any:
    """An array of plain numbers, truth values or moments, or a list of single values, for a series or an array of pandas, polars
    or pyarrow; None for anything else."""
    library = type(value).__module__.partition(".")[0]
    if library == "polars" and hasattr(value, "null_count") and not hasattr(value, "columns"):
        return _polars_values(value)
    if library == "pyarrow" and hasattr(value, "to_pylist") and not hasattr(value, "column_names"):
        return _arrow_values(value)
    if library == "pandas" and hasattr(value, "to_numpy") and not hasattr(value, "columns"):
        if getattr(value, "nlevels", 1) > 1:  # a MultiIndex
            return [list(each) for each in value.tolist()]
        return _pandas_values(value)
    return None


def table_columns(value: Any) -> dict[str, Any] | None:
    """Column name → array or list of single values, in order, of a pandas or polars DataFrame, a pyarrow table or a structured
    array; None for anything else.

    An index of pandas that says something (a name, texts, moments) becomes a column, as `reset_index` has it."""
    library = type(value).__module__.partition(".")[0]
    if getattr(getattr(value, "dtype", None), "names", None) and getattr(value, "ndim", 0) == 1:
        return {name: opened(value[name]) for name in value.dtype.names}
    if library == "polars" and type(value).__name__ == "LazyFrame":
        value = value.collect()
    if not hasattr(value, "columns"):
        return None
    if library == "polars" and hasattr(value, "get_columns"):
        return {series.name: _polars_values(series) for series in value.get_columns()}
    if library == "pyarrow" and hasattr(value, "column_names"):
        return _named(zip(value.column_names, map(_arrow_values, value.columns), strict=True))
    if hasattr(value, "dtypes") and hasattr(value, "reset_index"):
        frame = with_index(value) if says_something(value.index) else value
        return _named((label, _pandas_values(frame.iloc[:, place])) for place, label in enumerate(frame.columns))
    return None


def says_something(index: Any) -> bool:
    """Whether an index of pandas is more than the places of the rows: it has a name, or other values than whole numbers."""
    if any(name is not None for name in index.names):
        return True
    return getattr(index, "nlevels", 1) > 1 or getattr(index.dtype, "kind", "O") not in "iu"


def with_index(value: Any) -> Any:
    """The frame, or the series as a frame, with its index as columns. Raises Unwritable where a column has that name already."""
    try:
        return value.reset_index()
    except ValueError as error:
        raise Unwritable(
            f"{error}: the index has the name of a column; rename one, or drop it by reset_index(drop=True)"
        ) from None


def order_of(value: Any) -> list[int] | None:
    """The places that the index of a pandas frame or series names, where it counts the rows in another order; else None."""
    index: Any = getattr(value, "index", None)
    kind = type(index)
    if kind.__module__.partition(".")[0] != "pandas" or says_something(index):
        return None
    if kind.__name__ == "RangeIndex" and index.step > 0:
        return None
    places = index.tolist()
    return places if places != sorted(places) and sorted(places) == list(range(len(places))) else None


def _named(pairs: Iterable[tuple[Any, Any]]) -> dict[str, Any]:
    """Columns by their labels as texts; a label that is there already gets its place behind it."""
    found: dict[str, Any] = {}
    for place, (label, values) in enumerate(pairs):
        name = label if type(label) is str else _label(label)
        if name in found:
            name = f"{name}_{place}"
        if name in found:
            raise Unwritable(f"two columns of the answer would have the name {name[:80]!a}")
        found[name] = values
    return found


def _label(label: Any) -> str:
    return iso_text(label.isoformat()) if hasattr(label, "isoformat") else str(label)


def _array(array: Any) -> Any:
    """An array of a kind that every writer knows, or a nested list of single values."""
    dtype = array.dtype
    kind = dtype.kind
    if (kind in "biufMmU" and dtype.itemsize <= 8) or kind == "U":
        return array if dtype.isnative else array.astype(dtype.newbyteorder("="))
    if kind == "f":
        return _as_doubles(array)
    if kind == "c":
        raise Unwritable("an array of complex numbers has no place in JSON; return the real and the imaginary parts")
    if kind == "V" and dtype.names is None and dtype.name.startswith(_FLOATS_WITHOUT_NUMPY):
        return array.astype("float32")
    if kind == "V" and dtype.names is not None:
        return _records(array)
    return array.tolist()


def _records(array: Any) -> Any:
    """A structured array as (nested lists of) dicts by its fields."""
    if array.ndim == 0:
        return {name: opened(array[name]) for name in array.dtype.names}
    return [_records(array[place]) for place in range(len(array))]


def _as_doubles(array: Any) -> Any:
    """Long doubles as the nearest doubles. Raises Unwritable where one is too great."""
    numpy = sys.modules["numpy"]
    with numpy.errstate(over="ignore"):
        doubles = array.astype("float64")
    if (numpy.isinf(doubles) & ~numpy.isinf(array)).any():
        raise Unwritable("a long double of the answer is too great for a number of 64 bits")
    return doubles


def _scalar(value: Any) -> Any:
    kind = value.dtype.kind
    if kind in "fcV" and (value.dtype.itemsize > 8 or kind != "f"):
        return listed(_array(sys.modules["numpy"].asarray(value)))
    return listed(value)


def _of_torch(tensor: Any) -> Any:
    """The NumPy array of a tensor, which may live on a GPU and need gradients."""
    if getattr(tensor, "is_sparse", False) or "sparse" in str(getattr(tensor, "layout", "")):
        _check_size(tensor.shape, tensor.element_size())
        tensor = tensor.to_dense()
    tensor = tensor.detach().cpu().resolve_conj().resolve_neg()
    try:
        return tensor.numpy()
    except TypeError:  # bfloat16 and its kin, which NumPy lacks; float32 holds them exactly
        return tensor.float().numpy()


def _dense(matrix: Any) -> Any:
    _check_size(matrix.shape, matrix.dtype.itemsize)
    return matrix.toarray()


def _check_size(shape: Any, itemsize: int) -> None:
    size = itemsize
    for length in shape:
        size *= int(length)
    if size > _MOST_DENSE_BYTES:
        raise Unwritable(
            f"a sparse matrix of shape {tuple(map(int, shape))} would be {size >> 20} MiB as rows of numbers; return its indices "
            "and values"
        )


def _unmasked(array: Any) -> Any:
    """A masked array as lists with None where it is masked; as the array where nothing is."""
    if not array.mask.any():
        return _array(array.data)
    if array.dtype.kind in "Mmc" or (array.dtype.kind == "f" and array.dtype.itemsize > 8):
        numpy = sys.modules["numpy"]
        return numpy.where(array.mask, None, numpy.array(listed(_array(array.data)), dtype=object)).tolist()
    return array.tolist()


def _pandas_values(series: Any) -> Any:
    """Return the values of a Series, an Index or an extension array."""
    dtype = series.dtype
    kind = getattr(dtype, "kind", "O")
    if type(dtype).__module__.partition(".")[0] == "numpy" and kind != "O":
        return opened(series.to_numpy())
    gone = series.isna()
    if kind in "biuf" and not gone.any():  # nullable types of pandas and of Arrow, sparse ones
        return series.to_numpy(dtype=getattr(dtype, "numpy_dtype", None) or kind_name(dtype))
    # A gap is no value of the column's type: numbers beside it stay what they are.
    return [None if missing else value for value, missing in zip(series.tolist(), gone.tolist(), strict=True)]


def kind_name(dtype: Any) -> str:
    """NumPy's name for a dtype of pandas that wraps one."""
    inner = getattr(dtype, "subtype", None)
    return str(inner) if inner is not None else {"b": "bool", "i": "int64", "u": "uint64", "f": "float64"}[dtype.kind]


def _polars_values(series: Any) -> Any:
    dtype = series.dtype
    name = type(dtype).__name__
    if name == "Datetime":  # whose Python values have no nanoseconds
        zone = "%:z" if dtype.time_zone else ""
        texts = series.dt.strftime(f"%Y-%m-%dT%H:%M:%S%.9f{zone}").to_list()
        return MomentTexts(None if text is None else iso_text(text) for text in texts)
    if name == "Duration":
        parts = {"ms": 1e3, "us": 1e6, "ns": 1e9}[dtype.time_unit]
        return [None if count is None else count / parts for count in series.to_physical().to_list()]
    if dtype.is_numeric() and name not in ("Decimal", "Int128") and not series.null_count() and _numpy_is_there():
        return series.to_numpy()
    return series.to_list()


@functools.cache
def _numpy_is_there() -> bool:
    """Whether the environment has NumPy, without which polars does, too."""
    return "numpy" in sys.modules or importlib.util.find_spec("numpy") is not None


def _arrow_values(column: Any) -> Any:
    """Return the values of an array of pyarrow, whole or in chunks."""
    kind = str(column.type)
    if kind.startswith("timestamp["):
        return _arrow_moments(column)
    if kind.startswith("duration["):
        parts = {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[column.type.unit]
        return [None if count is None else count / parts for count in column.cast("int64").to_pylist()]
    numeric = kind in ("float", "double", "halffloat", "bool") or kind.startswith(("int", "uint"))
    if numeric and not column.null_count and "numpy" in sys.modules:
        return column.to_numpy() if hasattr(column, "chunks") else column.to_numpy(zero_copy_only=False)
    return column.to_pylist()


def _arrow_moments(column: Any) -> Any:
    pyarrow: Any = sys.modules["pyarrow"]
    zone = column.type.tz
    try:
        return column.cast(pyarrow.timestamp("us", zone)).to_pylist()
    except pyarrow.ArrowInvalid:  # nanoseconds, which Python's values lack
        texts = column.cast(pyarrow.timestamp("ns")).cast(pyarrow.string()).to_pylist()
        end = "+00:00" if zone else ""
        return MomentTexts(None if text is None else iso_text(text.replace(" ", "T")) + end for text in texts)


class MomentTexts(list[Any]):
    """Texts in ISO 8601 that were moments."""
