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
MOST_ROWS = _SIZES[-1]
"""No more rows are ever predicted together."""
_MAX_SINGLES = 64
_SECONDS = 10.0
_BYTES = 1 << 24  # the bodies that a worker batches at most


def prove_batchable(engine: Engine, rows: list[Any], *, most_rows: int = MOST_ROWS) -> tuple[bool, str]:
    """Whether a batch of up to `most_rows` was seen to equal single calls bit for bit, and what was seen."""
    if most_rows < _SIZES[0]:
        return False, "batching is turned off: [batching] max_rows = 1"
    budget = _Budget()
    parts: list[Part] = []
    texts: list[str] = []
    for row in rows[:_MAX_SINGLES]:
        part, bytes_a_row = _part(engine, row)
        try:
            alone = _texts(engine, [part])
        except Refused as refused:
            return False, f"a single row of the example failed: {_cause(refused)}"
        if alone is None:
            return False, "the answer to one row is not one answer"
        if parts and part.group != parts[0].group:
            return False, "the rows of the example differ in shape"
        parts.append(part)
        texts += alone
        budget.spent(1)
        if not budget.allows(1, bytes_a_row):
            break
    largest = 0
    for size in sorted({*(size for size in _SIZES if size < most_rows), most_rows}):
        if largest and not budget.allows(size, bytes_a_row):
            break
        for order in _orders(len(parts), size):
            if reason := _difference(engine, parts, texts, order):
                return False, reason
        budget.spent(2 * size)
        largest = size
    return True, f"batches of 2 to {largest} rows equal {len(parts)} single calls bit for bit"


class _Budget:
    """Time and memory that the proof may take: it is stopped before it is too much, for slow models and for wide rows."""

    def __init__(self) -> None:
        self._started = perf_counter()
        self._last = self._started
        self._seconds_a_row = 0.0

    def spent(self, rows: int) -> None:
        """So many rows were predicted since the last time."""
        now = perf_counter()
        self._seconds_a_row = (now - self._last) / rows
        self._last = now

    def allows(self, rows: int, bytes_a_row: int) -> bool:
        """Whether two more batches of so many rows are likely to be within it."""
        elapsed = perf_counter() - self._started
        return elapsed + 2 * rows * self._seconds_a_row < _SECONDS and rows * bytes_a_row <= _BYTES


def _difference(engine: Engine, parts: list[Part], texts: list[str], order: list[int]) -> str:
    """What differs when these rows are predicted together; empty when nothing does."""
    size = len(order)
    try:
        together = _texts(engine, [parts[position] for position in order])
    except Refused as refused:
        return f"a batch of {size} rows failed: {_cause(refused)}"
    if together is None:
        return f"a batch of {size} rows did not get {size} answers"
    for row, (position, text) in enumerate(zip(order, together, strict=True)):
        if text != texts[position]:
            return f"row {row} of a batch of {size} got {text[:80]}, alone it gets {texts[position][:80]}"
    return ""


def _orders(count: int, size: int) -> list[list[int]]:
    """Two orders of `size` rows: forwards, and backwards from another place."""
    forwards = [position % count for position in range(size)]
    return [forwards, [(count - 1 - position * 7) % count for position in range(size)]]


def _part(engine: Engine, row: Any) -> tuple[Part, int]:
    """A row's inputs, and the bytes of the body that carries it."""
    body = dumps({"inputs": [row]}).encode()
    part, _ = engine.read(NATIVE, body)
    return part, len(body)


def _texts(engine: Engine, parts: list[Part]) -> list[str] | None:
    """Each row's answer as JSON, which tells every bit of a number and its type; None when there is not one for each row."""
    prediction = engine.predict(parts, len(parts))
    return [dumps(row) for row in prediction.rows] if prediction.per_row else None


def _cause(refused: Refused) -> str:
    cause = refused.__cause__
    return f"{type(cause).__name__}: {cause}"[:300] if cause is not None else refused.detail[:300]
