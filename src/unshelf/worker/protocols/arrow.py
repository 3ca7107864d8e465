"""Arrow IPC streams: a table in, and out an Arrow stream too or the native JSON; pyarrow comes from the model's environment."""

import importlib
import struct
from typing import Any

from ..errors import Refused, malformed
from ..inputs.parts import Inputs, Part
from ..jsontext import dumps
from ..outputs import Prediction
from ..values import listed, unwrapped

_I32 = struct.Struct("<i")
_U32 = struct.Struct("<I")
_U16 = struct.Struct("<H")
# Where Arrow's Message.fbs and Schema.fbs have these fields.
_MESSAGE_HEADER, _DICTIONARY_DATA, _BATCH_COMPRESSION = 2, 1, 3
_AS_ARROW = 1
_NEWEST_USED = "string_view"  # came with pyarrow 16


class ArrowStream:
    """See WireProtocol. The frame's header field says whether the answer is wanted as an Arrow stream."""

    def __init__(self, inputs: Inputs, *, model: str, version: int) -> None:
        self._inputs = inputs
        self._facts = {"unshelf.model": model, "unshelf.version": str(version)}

    def read(self, body: bytes, header: int) -> tuple[Part, Any]:
        """Its table; see WireProtocol."""
        try:
            importlib.import_module("pyarrow.ipc")
            importlib.import_module("pyarrow.compute")
        except ImportError:
            raise _without_pyarrow("has no pyarrow, with which Arrow is read") from None
        if not hasattr(importlib.import_module("pyarrow"), _NEWEST_USED):
            raise _without_pyarrow("has a pyarrow older than 16")
        return self._inputs.from_arrow(_table(body)), header == _AS_ARROW

    def write(self, prediction: Prediction, start: int, stop: int, context: Any) -> tuple[bytes, int]:
        """An Arrow stream of one column an output, or the JSON array of native calls; see WireProtocol."""
        if not context:
            return prediction.json(start, stop).encode(), 0
        pyarrow: Any = importlib.import_module("pyarrow")
        columns = {name: _column(pyarrow, values) for name, values in prediction.slices(start, stop).items()}
        if len(set(map(len, columns.values()))) != 1:
            raise Refused(
                415, "unsupported_media_type", "The model's answer is no table, so it can't be an Arrow stream.",
                hint="Ask for JSON: `Accept: application/json`.",
            )  # fmt: skip
        table = pyarrow.table(columns, metadata=self._facts)
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.getvalue().to_pybytes(), _AS_ARROW


def _without_pyarrow(fault: str) -> Refused:
    return Refused(
        415, "unsupported_media_type", f"The model's environment {fault}.",
        hint="Add `pyarrow>=16` to the model's requirements and deploy it again, or send JSON.",
    )  # fmt: skip


def _table(body: bytes) -> Any:
    """The whole table, every value of it validated: what a sender writes into a stream must not reach native code unseen."""
    pyarrow: Any = importlib.import_module("pyarrow")
    try:
        content = pyarrow.py_buffer(body)
        for message in pyarrow.ipc.MessageReader.open_stream(content):
            _refuse_compression(message)
        with pyarrow.ipc.open_stream(content) as reader:
            batches = list(reader)
            for batch in batches:
                batch.validate(full=True)
            table = pyarrow.Table.from_batches(batches, reader.schema)
            _ = table.column_names  # which need not be UTF-8
    except Refused:
        raise
    except (pyarrow.ArrowException, OSError, ValueError, KeyError, IndexError, TypeError, struct.error) as error:
        raise malformed(f"The body is no valid Arrow IPC stream: {str(error)[:200]}.") from None
    if table.num_rows > 8 * len(body):  # a boolean takes a bit; only columns of nothing take less
        raise malformed(f"The body says that it has {table.num_rows} rows, which {len(body)} bytes can't hold.")
    return table


def _refuse_compression(message: Any) -> None:
    """A compressed buffer says itself how large it will be, and is believed; so none is opened."""
    if message.type not in ("record batch", "dictionary"):
        return
    data = memoryview(message.metadata)
    (root,) = _U32.unpack_from(data, 0)
    header = _member(data, root, _MESSAGE_HEADER)
    if header and message.type == "dictionary":
        header = _member(data, header, _DICTIONARY_DATA)
    if header and _member(data, header, _BATCH_COMPRESSION):
        raise Refused(
            415, "unsupported_media_type", "The Arrow stream's buffers are compressed, which is not taken.",
            hint="Write the stream without compression; the body as a whole may be sent with `Content-Encoding: gzip`.",
        )  # fmt: skip


def _member(data: memoryview, table: int, slot: int) -> int:
    """Where a flatbuffer's table has the table in one of its fields; 0 when the field is absent."""
    vtable = table - _I32.unpack_from(data, table)[0]
    place = 4 + 2 * slot
    if vtable < 0 or place >= _U16.unpack_from(data, vtable)[0]:
        return 0
    offset = _U16.unpack_from(data, vtable + place)[0]
    return table + offset + _U32.unpack_from(data, table + offset)[0] if offset else 0


def _column(pyarrow: Any, values: Any) -> Any:
    """One output as an Arrow array: numbers as they are, further dimensions as lists of fixed size, JSON text for the rest."""
    values = unwrapped(values)
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    if kind and kind in "biufMU" and values.ndim:
        array = pyarrow.array(values.reshape(-1))
        for size in reversed(values.shape[1:]):
            array = pyarrow.FixedSizeListArray.from_arrays(array, size)
        return array
    items = values if kind == "O" and values.ndim == 1 else listed(values)
    try:
        return pyarrow.array(items)
    except (pyarrow.ArrowException, ValueError, OverflowError):
        return pyarrow.array([dumps(item) for item in listed(items)], pyarrow.string())
