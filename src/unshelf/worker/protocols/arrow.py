"""Arrow IPC streams: a table in, and out an Arrow stream too or the native JSON; pyarrow comes from the model's environment."""

import importlib
import struct
from typing import Any

from ..encoding.described_outputs import raw_bytes
from ..encoding.json_codec import dumps
from ..encoding.opening import listed
from ..encoding.output_values import OutputValues
from ..encoding.types import FLOATS, INTEGERS
from ..errors import RequestRefused, malformed
from ..inputs.request_inputs import Inputs, RequestInputs
from ..outputs import BatchOutputs

_I32 = struct.Struct("<i")
_U32 = struct.Struct("<I")
_U16 = struct.Struct("<H")
# Where Arrow's Message.fbs and Schema.fbs have these fields.
_MESSAGE_HEADER, _DICTIONARY_DATA, _BATCH_COMPRESSION = 2, 1, 3
_AS_ARROW = 1
_ARROW_TYPES = {name: name for name in (*INTEGERS, *FLOATS, "bool", "string")}
_MICROSECONDS = len("123456+00:00")
_NEWEST_USED = "string_view"  # came with pyarrow 16


class ArrowStream:
    """See WireProtocol. The frame's header field says whether the answer is wanted as an Arrow stream."""

    def __init__(self, inputs: Inputs, *, model: str, version: int) -> None:
        self._inputs = inputs
        self._facts = {"unshelf.model": model, "unshelf.version": str(version)}

    def read(self, body: bytes, header: int) -> tuple[RequestInputs, Any]:
        """Read the body's table; see WireProtocol."""
        try:
            importlib.import_module("pyarrow.ipc")
            importlib.import_module("pyarrow.compute")
        except ImportError as error:
            if (
                error.name is not None
                and error.name.partition(".")[0] == "pyarrow"
                and isinstance(error, ModuleNotFoundError)
            ):
                raise _without_pyarrow("has no pyarrow, with which Arrow is read") from None
            raise _without_pyarrow(f"has a pyarrow that can't be imported: {str(error)[:300]}") from None
        if not hasattr(importlib.import_module("pyarrow"), _NEWEST_USED):
            raise _without_pyarrow("has a pyarrow older than 16")
        return self._inputs.from_arrow(_table(body)), header == _AS_ARROW

    def write(self, prediction: BatchOutputs, start: int, stop: int, context: Any) -> tuple[bytes, int]:
        """An Arrow stream of one column an output, or the JSON array of native calls; see WireProtocol."""
        if not context:
            return prediction.json(start, stop).encode(), 0
        pyarrow: Any = importlib.import_module("pyarrow")
        columns = {name: _column(pyarrow, values) for name, values in prediction.slices(start, stop).items()}
        if len(set(map(len, columns.values()))) != 1:
            raise RequestRefused(
                415, "unsupported_media_type", "The model's answer is no table, so it can't be an Arrow stream.",
                hint="Ask for JSON: `Accept: application/json`.",
            )  # fmt: skip
        table = pyarrow.table(columns, metadata=self._facts)
        sink = pyarrow.BufferOutputStream()
        with pyarrow.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.getvalue().to_pybytes(), _AS_ARROW


def _without_pyarrow(fault: str) -> RequestRefused:
    return RequestRefused(
        415, "unsupported_media_type", f"The model's environment {fault}.",
        hint="Add `pyarrow>=16` to the model's requirements and deploy it again, or send JSON.",
    )  # fmt: skip


def _table(body: bytes) -> Any:
    """The whole table, every value of it validated: what a sender writes into a stream must not reach native code unseen."""
    pyarrow: Any = importlib.import_module("pyarrow")
    try:
        content = pyarrow.py_buffer(body)
        source = pyarrow.BufferReader(content)
        for message in pyarrow.ipc.MessageReader.open_stream(source):
            _refuse_compression(message)
        rest = len(body) - source.tell()
        if rest:
            raise malformed(f"The body goes on for {rest} bytes after the end of its Arrow stream.")
        with pyarrow.ipc.open_stream(content) as reader:
            batches = list(reader)
            for batch in batches:
                batch.validate(full=True)
            table = pyarrow.Table.from_batches(batches, reader.schema)
            _ = table.column_names  # which need not be UTF-8
    except RequestRefused:
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
        raise RequestRefused(
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


def _column(pyarrow: Any, output: OutputValues) -> Any:
    """One output as an Arrow array: numbers as they are, further dimensions as lists of fixed size, JSON text for the rest."""
    values = output.values
    kind = getattr(getattr(values, "dtype", None), "kind", "")
    if kind and kind in "biufU" and values.ndim and 0 not in values.shape[1:]:
        array = pyarrow.array(values.reshape(-1))
        for size in reversed(values.shape[1:]):
            array = pyarrow.FixedSizeListArray.from_arrays(array, size)
        return array
    if kind == "M" and values.ndim == 1:
        return pyarrow.array(_arrow_unit(values))
    items = listed(values)
    if output.kind == "bytes":
        return pyarrow.array(raw_bytes(items), pyarrow.binary())
    if output.kind == "datetime":
        return _moments(pyarrow, items)
    for kind in (_ARROW_TYPES.get(output.declared), None, "uint64"):
        try:
            return pyarrow.array(items, kind)
        except (pyarrow.ArrowException, ValueError, OverflowError, TypeError):
            continue
    return pyarrow.array([dumps(item) for item in items], pyarrow.string())


def _arrow_unit(values: Any) -> Any:
    """Moments in the next finer unit that Arrow has."""
    unit = values.dtype.name.partition("[")[2].rstrip("]")
    finer = {"Y": "D", "M": "D", "W": "D", "h": "s", "m": "s"}.get(unit)
    return values if finer is None else values.astype(f"datetime64[{finer}]")


def _moments(pyarrow: Any, texts: list[Any]) -> Any:
    """Timestamps for texts in ISO 8601 that are all without a zone, or all with one; else the texts."""
    strings = pyarrow.array(texts, pyarrow.string())
    unit = (
        "ns"
        if any(text is not None and "." in text and len(text.partition(".")[2]) > _MICROSECONDS for text in texts)
        else "us"
    )
    for zone in (None, "UTC"):
        try:
            return strings.cast(pyarrow.timestamp(unit, zone))
        except pyarrow.ArrowException:
            continue
    return strings
