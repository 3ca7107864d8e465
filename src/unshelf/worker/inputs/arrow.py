"""Arrow columns: checked against the signature and converted by Arrow's own kernels, without a look at single values in Python."""

import importlib
import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from ..encoding.types import FLOATS, INTEGERS
from ..errors import RequestRefused, invalid
from ..frames import MAX_FRAME_BYTES
from .blobs import read_bytes
from .columns import MAX_ERRORS, ColumnReader, Faults, shown
from .moments import NANOSECONDS, Moments
from .rows import Readers, find_name_faults

_BLOCK_ROWS = 4096
"""Rows that are woven into a matrix at a time, so that they stay in the processor's cache."""
_MOST = 2**63 - 1
_DATETIMES = (-62_135_596_800_000_000, 253_402_300_799_999_999)
"""The years 1 to 9999 in microseconds: what Python's datetime has."""


def read_table(table: Any, readers: Readers) -> list[Any]:
    """One checked ChunkedArray a column, of the signature's type (`json`: as it came), in its order. Raises Refused (422)."""
    refuse_double_names(table)
    faults = Faults()
    find_name_faults(table.column_names, readers, faults)
    faults.refuse()
    if not table.num_rows:
        raise invalid("There are no rows to predict.", hint="Send at least one row.")
    columns = [checked(table.column(reader.name), reader, faults) for reader in readers]
    faults.refuse()
    return columns


def refuse_double_names(table: Any) -> None:
    """Raise Refused (422) for a table with two columns of one name."""
    names = table.column_names
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise invalid(f"The column {twice[:200]!a} is given twice.")


def checked(column: Any, reader: ColumnReader, faults: Faults, *, row_size: int = 1) -> Any:
    """The column as the signature's type; what is wrong goes to `faults`. `row_size`: values that make one row."""
    pyarrow: Any = importlib.import_module("pyarrow")
    compute: Any = importlib.import_module("pyarrow.compute")
    source = _plain(column, reader)
    if source is None:
        faults.add(reader.expected, f"Arrow type {_type_name(column)}", column=reader.name)
        return column
    if not reader.nullable and source.null_count:
        _blame(source, source.is_null(), reader, faults, row_size=row_size, expected=f"{reader.expected}, not null")
        return column
    try:
        wrong = _misfits(source, reader, compute)
        if wrong is not None and _blame(source, wrong, reader, faults, row_size=row_size):
            return column
        if reader.type == "json":
            return source
        target = _target(reader)
        if source.type == target:
            return source
        if target == pyarrow.float16() and source.type != pyarrow.float32():
            source = compute.cast(source, pyarrow.float32(), safe=False)
        return compute.cast(source, target, safe=False)
    except pyarrow.ArrowNotImplementedError:
        faults.add(reader.expected, f"Arrow type {_type_name(column)}", column=reader.name)
        return column


def constant(value: Any, reader: ColumnReader, rows: int) -> Any:
    """An Arrow array of a value that the reader takes, as JSON has it, in each row. Raises Refused: 415 where Arrow has no type for it,
    422 where few rows would become more than a request may hold."""
    pyarrow: Any = importlib.import_module("pyarrow")
    if value is None:
        return pyarrow.nulls(rows)
    if (size := rows * len(str(value))) > MAX_FRAME_BYTES:
        raise _too_large(reader, size, "with its default")
    try:
        if reader.type == "json":
            return pyarrow.array([value] * rows)
        if reader.type == "bytes":
            return pyarrow.repeat(pyarrow.scalar(read_bytes(value), pyarrow.binary()), rows)
        if reader.moments is None:
            return pyarrow.repeat(pyarrow.scalar(reader.read([value], Faults())[0], _target(reader)), rows)
        count = reader.moments.nanoseconds(value) // NANOSECONDS[_arrow_unit(reader)]
        kind = pyarrow.timestamp(_arrow_unit(reader), "UTC") if _zoned(reader) else _target(reader)
        return pyarrow.repeat(pyarrow.scalar(count, pyarrow.int64()), rows).cast(kind)
    except pyarrow.ArrowException:
        raise RequestRefused(
            415, "unsupported_media_type", f"The default of the column {reader.name!a} has no form in Arrow.",
            hint="Send the column too, or send JSON.",
        ) from None  # fmt: skip


def interleave(columns: list[Any], array: Any) -> Any:
    """Write the columns into those of an array (rows, columns) and return it; missing floats become NaN."""
    start = 0
    for sources in _sources(columns):
        stop = start + len(sources[0])
        _weave(sources, array[start:stop])
        start = stop
    return array


def python_values(column: Any, reader: ColumnReader) -> list[Any]:
    """A checked column's values as they come from JSON: a missing one as its reader has it. Raises Refused (422) for cells that
    are not like the example's, and for moments that Python's types do not hold."""
    if type(column) is list:
        return column
    moments = reader.moments
    values = (column if moments is None else as_counts(column, moments)).to_pylist()
    if reader.cells is not None:
        faults = Faults()
        read = list(reader.read(values, faults))
        faults.refuse()
        return read
    try:
        if moments is not None:
            return [reader.missing if value is None else moments.of_count(value) for value in values]
    except ValueError:
        raise invalid(f"A value of the column {reader.name!a} is out of range.") from None
    if column.null_count and reader.missing is not None:
        return [reader.missing if value is None else value for value in values]
    return list(values)


def read_cells(column: Any, reader: ColumnReader) -> Any:
    """The column, as the list of its values where these stand for more than Arrow has: only a look at each tells whether they fit."""
    return column if reader.cells is None else python_values(column, reader)


def as_counts(column: Any, moments: Moments) -> Any:
    """A checked column of moments as whole numbers of the model's unit."""
    pyarrow: Any = importlib.import_module("pyarrow")
    compute: Any = importlib.import_module("pyarrow.compute")
    counts, step = column.cast(pyarrow.int64()), NANOSECONDS[moments.unit] // NANOSECONDS[column.type.unit]
    return counts if step <= 1 else compute.divide(counts, step)


def nested_values(column: Any, reader: ColumnReader, dimensions: int, faults: Faults) -> tuple[Any, list[int]]:
    """A tensor's values as a flat array (a list of texts) and its shape, from a column of values or of lists in lists."""
    pyarrow: Any = importlib.import_module("pyarrow")
    compute: Any = importlib.import_module("pyarrow.compute")
    shape = [len(column)]
    array = column.combine_chunks()
    if isinstance(array, pyarrow.ChunkedArray):
        array = pyarrow.concat_arrays(array.chunks) if array.num_chunks else pyarrow.array([], array.type)
    if isinstance(array, pyarrow.FixedShapeTensorArray):
        shape += array.type.shape
        array = array.storage.flatten()
    while len(shape) < dimensions and _is_list(array.type):
        if array.null_count:
            faults.add("a list in each row", "null", column=reader.name)
            return [], shape
        if pyarrow.types.is_fixed_size_list(array.type):
            size = array.type.list_size
        else:
            lengths = compute.min_max(compute.list_value_length(array)).as_py()
            if lengths["min"] != lengths["max"]:
                got = f"lists of {lengths['min']} and of {lengths['max']} values"
                faults.add("lists of one length", got, column=reader.name)
                return [], shape
            size = lengths["min"] or 0
        shape.append(size)
        array = array.flatten()
    values = checked(pyarrow.chunked_array([array]), reader, faults, row_size=max(1, math.prod(shape[1:])))
    if faults.errors:
        return [], shape
    return (values.to_pylist() if reader.type == "string" else values.to_numpy()), shape


def _sources(columns: list[Any]) -> Iterator[list[Any]]:
    """The columns as NumPy arrays, copied as little as can be: batch by batch as they came, where these are long."""
    first = columns[0]
    lengths = [len(chunk) for chunk in first.chunks]
    long = len(lengths) * _BLOCK_ROWS <= len(first)
    if long and all([len(chunk) for chunk in column.chunks] == lengths for column in columns):
        for chunks in zip(*[column.chunks for column in columns], strict=True):
            yield [chunk.to_numpy(zero_copy_only=False) for chunk in chunks]
    else:
        yield [column.to_numpy() for column in columns]


def _weave(sources: list[Any], array: Any) -> None:
    together = _as_one(sources)
    if together is not None:
        array[...] = together.T
        return
    for start in range(0, len(array), _BLOCK_ROWS):
        block = array[start : start + _BLOCK_ROWS]
        for place, source in enumerate(sources):
            block[:, place] = source[start : start + _BLOCK_ROWS]


def _as_one(sources: list[Any]) -> Any:
    """Columns that lie equally far apart, as those of a batch in a stream do, as one array (columns, rows) that is no copy;
    else None. NumPy transposes one array in half the time that it takes for many columns."""
    first = sources[0]
    places = [source.ctypes.data for source in sources]
    gaps = {after - before for before, after in pairwise(places)}
    alike = all(source.dtype == first.dtype and source.strides == (first.itemsize,) for source in sources)
    if len(gaps) != 1 or not alike:
        return None
    tricks: Any = importlib.import_module("numpy.lib.stride_tricks")
    shape, strides = (len(sources), len(first)), (*gaps, first.itemsize)
    return tricks.as_strided(first, shape, strides, writeable=False)


def _plain(column: Any, reader: ColumnReader) -> Any:
    """The column without a dictionary, where its kind of type may stand for the signature's; else None."""
    pyarrow: Any = importlib.import_module("pyarrow")
    types = pyarrow.types
    kind = column.type
    if types.is_null(kind):
        return column.cast(pyarrow.string() if reader.type == "json" else _target(reader))
    if types.is_dictionary(kind):
        _refuse_bomb(column, reader)
        column = column.cast(kind.value_type)
        kind = column.type
    text = _is_text(kind)
    fits = {
        "bool": types.is_boolean(kind),
        "string": text,
        "datetime": (types.is_timestamp(kind) and (kind.tz is not None or not _zoned(reader)))
        or (types.is_date(kind) and not _zoned(reader)),
        "duration": types.is_duration(kind),
        "bytes": _is_binary(kind),
        "json": text or _is_json(kind),
    }
    if reader.type in FLOATS:
        fit = types.is_floating(kind) or types.is_integer(kind)
    else:
        fit = fits.get(reader.type, types.is_integer(kind) or types.is_floating(kind))
    if not fit:
        return None
    if reader.type == "bytes":
        return column.cast(pyarrow.binary())
    return column.cast(pyarrow.string()) if text and not types.is_string(kind) else column


def _misfits(source: Any, reader: ColumnReader, compute: Any) -> Any:
    """A mask of the values that the signature's type does not take; None where the types leave nothing to look for."""
    pyarrow: Any = importlib.import_module("pyarrow")
    kind = source.type
    if reader.categories is not None:
        return _not_categories(source, reader, compute)
    if reader.type in INTEGERS:
        return _not_integers(source, reader, compute)
    if reader.type in FLOATS:
        narrower = pyarrow.type_for_alias(reader.type).bit_width < kind.bit_width
        if pyarrow.types.is_floating(kind) and not narrower:
            return None
        values = compute.cast(source, pyarrow.float64(), safe=False)
        # An infinity is what its sender means; a number that would become one is too large.
        return compute.and_(compute.greater(compute.abs(values), FLOATS[reader.type]), compute.is_finite(values))
    return _not_moments(source, reader, compute) if reader.moments is not None else None


def _not_moments(source: Any, reader: ColumnReader, compute: Any) -> Any:
    """A mask of moments beyond the years 1 to 9999, beyond the signature's unit, or finer than it."""
    pyarrow: Any = importlib.import_module("pyarrow")
    assert reader.moments is not None  # noqa: S101 - who calls has looked
    if pyarrow.types.is_date(source.type):
        source = compute.cast(source, pyarrow.timestamp("ms"), safe=False)
    numbers = compute.cast(source, pyarrow.int64())
    own, wanted = NANOSECONDS[source.type.unit], NANOSECONDS[_arrow_unit(reader)]
    limits = [limit * wanted for limit in (-_MOST, _MOST)]
    if reader.type == "datetime":
        limits = [max(limits[0], 1000 * _DATETIMES[0]), min(limits[1], 1000 * _DATETIMES[1])]
    low, high = max(-_MOST, -(-limits[0] // own)), min(_MOST, limits[1] // own)
    wrong = compute.or_(compute.less(numbers, low), compute.greater(numbers, high))
    step = NANOSECONDS[reader.moments.unit] // own
    if step <= 1:
        return wrong
    whole = compute.multiply(compute.divide(numbers, step), step)
    return compute.or_(wrong, compute.not_equal(whole, numbers))


def _target(reader: ColumnReader) -> Any:
    """The Arrow type that a column is cast to; of moments in the model's unit, or the next finer one that Arrow has."""
    pyarrow: Any = importlib.import_module("pyarrow")
    if reader.type == "bytes":
        return pyarrow.binary()
    if reader.type == "datetime":
        return pyarrow.timestamp(_arrow_unit(reader))
    return pyarrow.duration(_arrow_unit(reader)) if reader.type == "duration" else pyarrow.type_for_alias(reader.type)


def _arrow_unit(reader: ColumnReader) -> str:
    assert reader.moments is not None  # noqa: S101 - who calls has looked
    return reader.moments.unit if reader.moments.unit in ("s", "ms", "us", "ns") else "s"


def _zoned(reader: ColumnReader) -> bool:
    return reader.moments is not None and reader.moments.zone is not None


def _not_categories(source: Any, reader: ColumnReader, compute: Any) -> Any:
    """A mask of values that are none of the categories, which are compared as the values of the column came."""
    pyarrow: Any = importlib.import_module("pyarrow")
    values = reader.categories
    if pyarrow.types.is_floating(source.type):
        source, values = compute.cast(source, pyarrow.float64()), [float(value) for value in values or []]
    elif pyarrow.types.is_integer(source.type):
        values = [value for value in values or [] if value == int(value)]
        low, high = INTEGERS[str(source.type)]
        values = [int(value) for value in values if low <= value <= high]
    known = compute.is_in(source, value_set=pyarrow.array(values, source.type))
    return compute.and_(compute.invert(known), source.is_valid())


def _not_integers(source: Any, reader: ColumnReader, compute: Any) -> Any:
    pyarrow: Any = importlib.import_module("pyarrow")
    low, high = INTEGERS[reader.type]
    if pyarrow.types.is_floating(source.type):
        values = compute.cast(source, pyarrow.float64(), safe=False)
        fraction = compute.not_equal(values, compute.floor(values))  # also true for NaN
        outside = compute.or_(compute.less(values, float(low)), compute.greater_equal(values, float(high + 1)))
        return compute.or_(fraction, outside)
    least, most = INTEGERS[str(source.type)]
    if low <= least and most <= high:
        return None
    return compute.or_(
        compute.less(source, pyarrow.scalar(max(low, least), source.type)),
        compute.greater(source, pyarrow.scalar(min(high, most), source.type)),
    )


def _blame(source: Any, wrong: Any, reader: ColumnReader, faults: Faults, *, row_size: int, expected: str = "") -> bool:
    """Tell the first rows for which the mask holds; whether there are any."""
    compute: Any = importlib.import_module("pyarrow.compute")
    if not compute.any(wrong).as_py():
        return False
    for place in compute.indices_nonzero(wrong)[:MAX_ERRORS].to_pylist():
        faults.add(expected or reader.expected, _shown(source[place]), row=place // row_size, column=reader.name)
    return True


def _refuse_bomb(column: Any, reader: ColumnReader) -> None:
    """A dictionary of one long text, or long bytes, and a million references to it must not become a million long texts."""
    pyarrow: Any = importlib.import_module("pyarrow")
    compute: Any = importlib.import_module("pyarrow.compute")
    kind = column.type.value_type
    if not _is_text(kind) and not _is_binary(kind):
        return
    size = 0
    for chunk in column.chunks:
        texts = chunk.dictionary.cast(pyarrow.large_string() if _is_text(kind) else pyarrow.large_binary())
        size += len(chunk) * (compute.max(compute.binary_length(texts)).as_py() or 0)
    if size > MAX_FRAME_BYTES:
        raise _too_large(reader, size, "without its dictionary")


def _too_large(reader: ColumnReader, size: int, how: str) -> RequestRefused:
    return invalid(f"The column {reader.name!a} may become {size} bytes {how}.", hint="Send fewer rows at a time.")


def _is_text(kind: Any) -> bool:
    pyarrow: Any = importlib.import_module("pyarrow")
    return kind in (pyarrow.string(), pyarrow.large_string(), pyarrow.string_view())


def _is_binary(kind: Any) -> bool:
    types: Any = importlib.import_module("pyarrow").types
    return bool(
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_fixed_size_binary(kind)
        or types.is_binary_view(kind)
    )


def _is_list(kind: Any) -> bool:
    types: Any = importlib.import_module("pyarrow").types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _is_json(kind: Any) -> bool:
    """Whether JSON has a word for every value of an Arrow type."""
    types: Any = importlib.import_module("pyarrow").types
    if _is_list(kind):
        return _is_json(kind.value_type)
    if types.is_struct(kind):
        return all(_is_json(kind.field(place).type) for place in range(kind.num_fields))
    plain = types.is_boolean, types.is_integer, types.is_floating, types.is_string, types.is_large_string, types.is_null
    return any(is_one(kind) for is_one in plain)


def _shown(scalar: Any) -> str:
    try:
        return shown(scalar.as_py())
    except (ValueError, OverflowError):  # a moment that Python's datetime has not
        return "a value out of range"


def _type_name(column: Any) -> str:
    return str(column.type)[:80]
