"""The proof that batching changes nothing: rows predicted together, in several orders and sizes, equal each row alone."""

from time import perf_counter
from typing import Any

from .engine import Engine
from .errors import Refused
from .frames import NATIVE
from .inputs.parts import Part
from .jsontext import dumps

_SIZES = (2, 3, 5, 8, 13, 32, 64, 257, 1024)
"""Matrix libraries choose another routine, with another rounding, at sizes that nobody documents; hence many."""
_MAX_SINGLES = 64
_SECONDS = 10.0
_LEAST_SIZES = 3


def prove_batchable(engine: Engine, rows: list[Any]) -> tuple[bool, str]:
    """Whether a batch was seen to equal single calls bit for bit, and what was seen."""
    rows = rows[:_MAX_SINGLES]
    started = perf_counter()
    try:
        parts = [_part(engine, row) for row in rows]
        alone = [_texts(engine, [part]) for part in parts]
    except Refused as refused:
        return False, f"a single row of the example failed: {_cause(refused)}"
    if None in alone:
        return False, "the answer to one row is not one answer"
    if len({part.group for part in parts}) > 1:
        return False, "the rows of the example differ in shape"
    texts = [text[0] for text in alone if text is not None]
    tried = 0
    for size in _SIZES:
        if tried >= _LEAST_SIZES and perf_counter() - started > _SECONDS:
            break
        for order in _orders(len(rows), size):
            try:
                together = _texts(engine, [parts[position] for position in order])
            except Refused as refused:
                return False, f"a batch of {size} rows failed: {_cause(refused)}"
            if together is None:
                return False, f"a batch of {size} rows did not get {size} answers"
            for row, (position, text) in enumerate(zip(order, together, strict=True)):
                if text != texts[position]:
                    return (
                        False,
                        f"row {row} of a batch of {size} got {text[:80]}, alone it gets {texts[position][:80]}",
                    )
        tried += 1
    return True, f"batches of 2 to {_SIZES[tried - 1]} rows equal {len(rows)} single calls bit for bit"


def _orders(count: int, size: int) -> list[list[int]]:
    """Two orders of `size` rows: forwards, and backwards from another place."""
    forwards = [position % count for position in range(size)]
    return [forwards, [(count - 1 - position * 7) % count for position in range(size)]]


def _part(engine: Engine, row: Any) -> Part:
    part, _ = engine.read(NATIVE, dumps({"inputs": [row]}).encode())
    return part


def _texts(engine: Engine, parts: list[Part]) -> list[str] | None:
    """Each row's answer as JSON, which tells every bit of a number and its type; None when there is not one for each row."""
    prediction = engine.predict(parts, len(parts))
    return [dumps(row) for row in prediction.rows] if prediction.per_row else None


def _cause(refused: Refused) -> str:
    cause = refused.__cause__
    return f"{type(cause).__name__}: {cause}"[:300] if cause is not None else refused.detail[:300]
