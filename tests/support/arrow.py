"""Arrow streams, and a model that is a function."""

from collections.abc import Callable
from typing import Any

import pyarrow as pa


class Function:
    def __init__(self, call: Callable[[Any], Any]) -> None:
        self.predict = call


def stream(table: Any, **options: Any) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, **options) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()
