"""Tables as Arrow streams: how large inputs travel. Imported only when there is one; it takes pyarrow along."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet

from unshelf.client.errors import InvalidModel
from unshelf.client.kinds import kind_of

STREAM = "application/vnd.apache.arrow.stream"
_PIECE_BYTES = 1 << 20


def encode_table(table: Any) -> memoryview:
    """The stream of a pyarrow Table or RecordBatch, without compression."""
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    return memoryview(sink.getvalue()).cast("B")


def pieces(stream: memoryview) -> Iterator[Any]:
    """The stream in pieces: the HTTP library copies what it has not sent yet, again and again."""
    for start in range(0, len(stream), _PIECE_BYTES):
        yield stream[start : start + _PIECE_BYTES]


def decode_table(body: bytes) -> Any:
    """The pyarrow Table of a stream."""
    with pyarrow.ipc.open_stream(body) as reader:
        return reader.read_all()


def table_of(frame: Any) -> Any:
    """A pandas or polars DataFrame as a pyarrow Table; None when Arrow has no type for one of its columns."""
    try:
        if kind_of(frame) == "polars_frame":
            return frame.to_arrow()
        return pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    except (pyarrow.ArrowException, ValueError, TypeError):
        return None


def read_table(path: Path) -> Any:
    """The table of a Parquet file, an Arrow file (Feather) or an Arrow stream. Raises InvalidModel."""
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
