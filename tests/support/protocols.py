"""An engine asked in a protocol, without a process."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from unshelf.worker.engine import Engine
from unshelf.worker.errors import RequestRefused


class Function:
    def __init__(self, call: Callable[[Any], Any]) -> None:
        self.predict = call


TABLE = {
    "kind": "columns",
    "container": "pandas",
    "columns": [
        {"name": "age", "type": "int64"},
        {"name": "name", "type": "string", "nullable": True},
        {"name": "share", "type": "float64", "nullable": True},
    ],
}


MATRIX = {
    "kind": "columns",
    "container": "numpy",
    "columns": [{"name": name, "type": "float64"} for name in ("a", "b")],
}


IMAGE = {"kind": "tensors", "tensors": [{"name": "image", "type": "float32", "shape": [-1, 2, 2]}]}


TWO = {
    "kind": "tensors",
    "tensors": [
        {"name": "ids", "type": "int64", "shape": [-1, -1]},
        {"name": "bias", "type": "float32", "shape": [-1]},
    ],
}


def engine_of(
    inputs: dict[str, Any], call: Callable[[Any], Any], *, outputs: dict[str, Any] | None = None, output: str = "rows"
) -> Engine:
    return Engine(Function(call), {"inputs": inputs, "outputs": outputs}, name="iris", version=3, output=output)


def ask(engine: Engine, protocol: int, body: Any, header: int = 0) -> tuple[bytes, int]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    part, context = engine.read(protocol, raw, header)
    prediction = engine.predict([part], part.rows)
    return engine._protocols[protocol].write(prediction, 0, part.rows, context)


def answer(engine: Engine, protocol: int, body: Any) -> Any:
    payload, header = ask(engine, protocol, body)
    assert header == 0
    return json.loads(payload)


def refused(engine: Engine, protocol: int, body: Any, header: int = 0) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        ask(engine, protocol, body, header)
    json.dumps(caught.value.fields())
    return caught.value
