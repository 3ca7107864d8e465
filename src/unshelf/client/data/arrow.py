"""Tables as Arrow streams: how large inputs travel. Imported only when there is one; it takes pyarrow along."""

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from unshelf.client.data.data_types import kind_of
from unshelf.client.errors import InvalidModel

STREAM = "application/vnd.apache.arrow.stream"
_PIECE_BYTES = 1 << 20


def encode_table(table: Any) -> memoryview:
    """Return the stream of a pyarrow Table or RecordBatch, without compression."""
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    return memoryview(sink.getvalue()).cast("B")


def pieces(stream: memoryview) -> Iterator[Any]:
    """Yield the stream in pieces: the HTTP library copies what it has not sent yet, again and again."""
    for start in range(0, len(stream), _PIECE_BYTES):
        yield stream[start : start + _PIECE_BYTES]


def decode_table(body: bytes) -> Any:
    """Return the pyarrow Table of a stream."""
    with pyarrow.ipc.open_stream(body) as reader:
        return reader.read_all()


def table_of(frame: Any) -> Any:
    """Return a pandas or polars DataFrame as a pyarrow Table; None when Arrow has no type that holds one of its columns exactly."""
    try:
        if kind_of(frame) == "polars_frame":
            return frame.to_arrow()
        with warnings.catch_warnings():
            # pyarrow reads columns with a time zone in a way that pandas 3.1 wants to change.
            warnings.simplefilter("ignore", DeprecationWarning)
            table = pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
        if any(_changes(frame.iloc[:, place], table.column(place).type) for place in range(table.num_columns)):
            return None
        return table.rename_columns([str(label) for label in frame.columns])
    except (pyarrow.ArrowException, ValueError, TypeError):
        return None


def as_table(data: Any) -> Any:
    """Return a pyarrow Table or RecordBatch as a Table."""
    return data if isinstance(data, pyarrow.Table) else pyarrow.Table.from_batches([data])


def write_parquet(table: Any, path: Path) -> None:
    """Write a table as Parquet: the same table always gives the same bytes."""
    pyarrow.parquet.write_table(table.replace_schema_metadata(None), path)


def _changes(series: Any, kind: Any) -> bool:
    """Whether a column of Python objects would be something else as this type: dicts get each other's keys, lists one type."""
    if str(series.dtype) != "object" or not pyarrow.types.is_nested(kind):
        return False
    return not all(kind_of(value) == "numpy_array" for value in series if value is not None)


def read_table(path: Path) -> Any:
    """Return the table of a Parquet file, an Arrow file (Feather) or an Arrow stream. Raises InvalidModel."""
    try:
        if path.suffix.lower() == ".parquet":
            return pyarrow.parquet.ParquetFile(path).read()
        with pyarrow.OSFile(str(path)) as file:
            if file.read(6) == b"ARROW1":
                return pyarrow.ipc.open_file(file).read_all()
            file.seek(0)
            return pyarrow.ipc.open_stream(file).read_all()
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise InvalidModel(f"{path} can't be read: {error}.") from error
