"""The proof that batching changes nothing: different rows predicted together, in several orders and sizes, equal each row alone."""

import random
from collections.abc import Iterator
from time import perf_counter
from typing import Any, NamedTuple

from ..encoding.json_codec import dumps
from ..engine import Engine
from ..errors import RequestRefused
from ..frames import NATIVE
from ..inputs.request_inputs import RequestInputs
from ..outputs import BatchOutputs
from .calls import CountedModel
from .proof_rows import MOST, MOST_THOROUGH, proof_rows

_SIZES = (2, 3, 5, 8, 13, 32, 64, 257, 1024)
"""Matrix libraries choose another routine, with another rounding, at sizes that nobody documents; hence many."""
MOST_ROWS = _SIZES[-1]
"""No more rows are ever predicted together."""
_MANY_ORDERS = 64
"""Up to this size a third order is tried."""
_SECONDS = 10.0
_UNTIL_SINGLES, _UNTIL_PAIRS = 0.4, 0.7
"""The shares of the time by which these parts of the proof end, so that the next has some."""
_LEAST_CALLS = 24
"""Calls below which the proof says nothing: it is not begun where they would take too long, or are not allowed."""
_BYTES = 1 << 24  # the bodies that a worker batches at most
_LONGEST_SHARE = 1 / 8
"""The share of a prediction's time that a batch may take, so that an overload is answered in several batches, not too late in one."""


class Proof(NamedTuple):
    """Whether requests may be batched together, what was seen, and the rows of the largest batch that was tried."""

    batchable: bool
    reason: str
    rows: int = 0


class _Single(NamedTuple):
    """A row, and the answer to it alone."""

    part: RequestInputs
    text: str
    form: dict[str, str]


def prove_batchable(
    engine: Engine,
    inputs: dict[str, Any],
    example: list[Any],
    *,
    calls: CountedModel,
    timeout: float,
    most_rows: int = MOST_ROWS,
    thorough: bool,
) -> Proof:
    """Whether a batch of up to `most_rows` was seen to equal single calls bit for bit.

    `timeout`: seconds that a prediction may take. `thorough`: also try each row beside the next one, and beside itself."""
    if not calls.allows(_LEAST_CALLS):
        return Proof(False, f"{calls.limit} leaves too few calls for the proof, which needs {_LEAST_CALLS} and more")
    budget = _Budget(longest=timeout * _LONGEST_SHARE)
    rows = proof_rows(inputs, example, _rows_for(calls, thorough=thorough))
    singles = _singles(engine, rows, budget, calls)
    if isinstance(singles, str):
        return Proof(False, singles)
    for order in _pairs(len(singles)) if thorough else ():
        if not (calls.allows(1) and budget.allows(2, 1, share=_UNTIL_PAIRS)):
            break
        if reason := _difference(engine, singles, order):
            return Proof(False, reason)
        budget.spent(2)
    largest = 0
    for size in sorted({*(size for size in _SIZES if size < most_rows), most_rows}):
        orders = _orders(len(singles), size)
        if not (calls.allows(len(orders)) and budget.allows(size, len(orders))):
            break
        for order in orders:
            if reason := _difference(engine, singles, order):
                return Proof(False, reason)
        budget.spent(len(orders) * size)
        largest = size
    if not largest:
        return Proof(
            False, f"a row takes {budget.seconds_a_row:.1f} s, too long to be predicted together with others in time"
        )
    return Proof(True, f"batches of 2 to {largest} rows equal {len(singles)} single calls bit for bit", largest)


class _Budget:
    """Time and memory that the proof may take: it is stopped before it is too much, for slow models and for wide rows."""

    def __init__(self, *, longest: float) -> None:
        self.seconds_a_row = 0.0
        self.bytes_a_row = 0
        self._longest = longest
        self._started = perf_counter()
        self._last = self._started

    def spent(self, rows: int) -> None:
        """Note the rows that were predicted since the last time."""
        now = perf_counter()
        self.seconds_a_row = (now - self._last) / rows
        self._last = now

    def allows(self, rows: int, batches: int, *, share: float = 1.0) -> bool:
        """Whether this number of batches is likely to be within that share of the time, and none of them to take too long to be of use."""
        seconds = rows * self.seconds_a_row
        elapsed = perf_counter() - self._started
        return (
            elapsed + batches * seconds < share * _SECONDS
            and seconds <= self._longest
            and rows * self.bytes_a_row <= _BYTES
        )


def _rows_for(calls: CountedModel, *, thorough: bool) -> int:
    """How many rows may be tried, so that calls are left for what is done with each."""
    most = MOST_THOROUGH if thorough else MOST
    return most if calls.left is None else min(most, max(2, calls.left // (5 if thorough else 2)))


def _singles(engine: Engine, rows: list[Any], budget: _Budget, calls: CountedModel) -> list[_Single] | str:
    """The rows that the model answers alone; or the reason why there is no proof to be had of them."""
    singles: list[_Single] = []
    for place, row in enumerate(rows):
        if not calls.allows(1) or (len(singles) > 1 and not budget.allows(1, 1, share=_UNTIL_SINGLES)):
            break
        try:
            part, size = _part(engine, row)
            answers = _answers(engine, [part])
        except RequestRefused as refused:
            if place == 0:
                return f"a single row of the example failed: {_cause(refused)}"
            continue  # nobody promised that the model takes made-up rows
        if answers is None:
            return "the answer to one row is not one answer"
        budget.spent(1)
        if not singles and (needed := budget.seconds_a_row * _LEAST_CALLS) > _SECONDS:
            return (
                f"a call takes {budget.seconds_a_row:.1f} s, and the proof, which needs {_LEAST_CALLS} calls and more, would take"
                f" {needed:.0f} s"
            )
        if singles and part.group != singles[0].part.group:
            continue  # of another shape, and so never in one batch with the first
        texts, form = answers
        singles.append(_Single(part, texts[0], form))
        budget.bytes_a_row = max(budget.bytes_a_row, size)
    return singles if len(singles) > 1 else "there are no two different rows to try it with"


def _difference(engine: Engine, singles: list[_Single], order: list[int]) -> str:
    """Describe what differs when these rows are predicted together; empty when nothing does."""
    size = len(order)
    try:
        together = _answers(engine, [singles[position].part for position in order])
    except RequestRefused as refused:
        return f"a batch of {size} rows failed: {_cause(refused)}"
    if together is None:
        return f"a batch of {size} rows did not get {size} answers"
    texts, form = together
    for row, (position, text) in enumerate(zip(order, texts, strict=True)):
        alone = singles[position]
        if text != alone.text:
            return f"row {row} of a batch of {size} got {text[:80]}, alone it gets {alone.text[:80]}"
        if form != alone.form:
            return f"row {row} of a batch of {size} is answered as {_shown(form)}, alone as {_shown(alone.form)}"
    return ""


def _pairs(count: int) -> Iterator[list[int]]:
    """Each row beside the next, in both orders, and beside itself."""
    for first in range(count):
        second = (first + 1) % count
        yield from ([first, second], [second, first], [first, first])


def _orders(count: int, size: int) -> list[list[int]]:
    """Orders of `size` rows: forwards, backwards from another place, and for sizes that cost little a random one, ever the same."""
    forwards = [position % count for position in range(size)]
    orders = [forwards, [(count - 1 - position * 7) % count for position in range(size)]]
    if size <= _MANY_ORDERS:
        chance = random.Random(size)  # noqa: S311 - an order, no secret
        orders.append([chance.randrange(count) for _ in range(size)])
    return orders


def _part(engine: Engine, row: Any) -> tuple[RequestInputs, int]:
    """A row's inputs, and the bytes of the body that carries it."""
    body = dumps({"inputs": [row]}).encode()
    part, _ = engine.read(NATIVE, body)
    return part, len(body)


def _answers(engine: Engine, parts: list[RequestInputs]) -> tuple[list[str], dict[str, str]] | None:
    """Each row's answer as JSON, which tells every bit of a number and its type, and the answer's form, which other protocols
    show; None when there is not one for each row. Raises RequestRefused, also for what can't be written."""
    prediction = engine.predict(parts, len(parts))
    if not prediction.per_row:
        return None
    try:
        return [dumps(row) for row in prediction.rows], _form(prediction)
    except RequestRefused:
        raise
    except Exception as error:  # reading an answer can run the model's code, too
        raise RequestRefused(500, "model_error", f"The answer can't be read: {error}") from error


def _form(prediction: BatchOutputs) -> dict[str, str]:
    """Output → its type as a whole, without the length of texts."""
    return {name: _type(output.values) for name, output in prediction.outputs.items()}


def _type(values: Any) -> str:
    dtype = getattr(values, "dtype", None)
    if dtype is None:
        return "list"
    return "string" if getattr(dtype, "kind", "") in ("U", "S") else str(dtype)


def _shown(form: dict[str, str]) -> str:
    return ", ".join(f"{name}: {kind}" for name, kind in form.items())[:80]


def _cause(refused: RequestRefused) -> str:
    cause = refused.__cause__
    return f"{type(cause).__name__}: {cause}"[:300] if cause is not None else refused.detail[:300]
