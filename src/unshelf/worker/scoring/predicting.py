"""Predicting the rows of a chunk, batch by batch; where some rows of a batch fail, the others are answered without them."""

import json
from collections.abc import Callable, Iterable
from time import perf_counter_ns, time_ns
from typing import Any

from ..encoding.json_codec import dumps, loads
from ..engine import Engine
from ..errors import RequestRefused, readable
from ..frames import NATIVE
from .plan import Ranges, RowsAnswer

_MODEL_ERROR = 500


class TooManyFailed(Exception):
    """More rows failed than may."""


class ChunkPredictor:
    """Predicts chunks with one engine, by the same steps that answer a native call."""

    def __init__(self, engine: Engine, params: "dict[str, Any] | None", *, most_failed: int) -> None:
        self._engine = engine
        self._rest = b"}" if params is None else b',"params":' + json.dumps(params).encode() + b"}"
        self._most_failed = most_failed
        self.failed = 0
        """The rows that failed in all chunks so far."""
        self.example = ""
        """A sentence on one of the last of them."""

    def predict(
        self, lines: "list[bytes]", *, suspects: Ranges, dead: "dict[int, str]", begin: Callable[[int, int], None]
    ) -> "list[RowsAnswer]":
        """The answers to a chunk, which together have each of its rows once.

        `suspects`: rows in whose batch a process ended before, which are predicted in smaller ones. `dead`: rows that end the process,
        and what is to be said of each. `begin` is called with the rows that are predicted next. Raises TooManyFailed."""
        answers: list[RowsAnswer] = []
        start = 0
        for line in lines:
            head, _, text = line.partition(b" ")
            rows: list[Any] | None = None
            stop = start + int(head)
            cuts = _cuts(start, stop, suspects)
            for first, last in cuts:
                inside = [row for row in dead if first <= row < last]
                if not inside and len(cuts) == 1:
                    begin(first, last)
                    answers += self._answers([(first, last)], text, None)
                    continue
                rows = _parsed(text) if rows is None else rows
                for row in inside:
                    problem = {"code": "model_error", "detail": dead[row]}
                    answers.append(
                        RowsAnswer([(row, row + 1)], _MODEL_ERROR, "model_error", 0, time_ns(), dumps(problem))
                    )
                    self._note(1)
                if left := _without((first, last), inside):
                    begin(first, last)
                    some = [rows[place - start] for place in _places(left)]
                    answers += self._answers(left, dumps(some).encode(), some)
            start = stop
        return answers

    def _answers(self, ranges: Ranges, text: bytes, rows: "list[Any] | None") -> "list[RowsAnswer]":
        """The answers to rows. `text`: their JSON array. `rows`: the same as a list, where it was parsed."""
        began = perf_counter_ns()
        try:
            part, _ = self._engine.read(NATIVE, b'{"inputs":' + text + self._rest)
            prediction = self._engine.predict_whole([part], part.rows)
            found = prediction.json(0, prediction.size)
        except RequestRefused as refused:
            return self._without_refused(ranges, _parsed(text) if rows is None else rows, refused, _since(began))
        recorded = self._engine.scores
        scores = b"" if recorded is None else recorded.of_rows(prediction.size, 0, prediction.size)
        return [RowsAnswer(ranges, 200, "", _since(began), time_ns(), found, scores)]

    def _without_refused(
        self, ranges: Ranges, rows: "list[Any]", refused: RequestRefused, took: int
    ) -> "list[RowsAnswer]":
        """The answers to rows of which some were refused: to those alone, and to the others without them."""
        faulty = sorted({fault["row"] for fault in refused.errors or () if fault.get("row") is not None})
        is_models = refused.status == _MODEL_ERROR
        if len(rows) == 1 or (not is_models and not faulty):
            self._note(len(rows), refused)
            return [RowsAnswer(ranges, refused.status, refused.code, took, time_ns(), dumps(refused.fields()))]
        places = _places(ranges)
        if is_models:
            half = len(rows) // 2
            groups: list[list[int]] = [list(range(half)), list(range(half, len(rows)))]
        else:
            groups = [[place] for place in faulty]
            if rest := sorted(set(range(len(rows))) - set(faulty)):
                groups.append(rest)
        answers: list[RowsAnswer] = []
        for group in groups:
            some = [rows[place] for place in group]
            answers += self._answers(_ranges(places[place] for place in group), dumps(some).encode(), some)
        return answers

    def _note(self, failed: int, refused: "RequestRefused | None" = None) -> None:
        self.failed += failed
        if refused is not None:
            self.example = f"One of them: {readable(refused.detail)}"
        if self.failed > self._most_failed:
            raise TooManyFailed


def _since(began: int) -> int:
    return (perf_counter_ns() - began) // 1000


def _parsed(text: bytes) -> "list[Any]":
    rows = loads(text)
    assert type(rows) is list  # noqa: S101 - control wrote it
    return rows


def _cuts(start: int, stop: int, suspects: Ranges) -> Ranges:
    """Cut the rows of a line where suspects begin and end, and these into tenths."""
    cuts: Ranges = []
    place = start
    for begin, end in sorted(suspects):
        first, last = max(begin, start), min(end, stop)
        if first >= last:
            continue
        if place < first:
            cuts.append((place, first))
        step = max(1, (last - first + 9) // 10)
        cuts += [(here, min(here + step, last)) for here in range(first, last, step)]
        place = last
    if place < stop:
        cuts.append((place, stop))
    return cuts


def _without(whole: "tuple[int, int]", left_out: "list[int]") -> Ranges:
    return _ranges(row for row in range(*whole) if row not in set(left_out))


def _places(ranges: Ranges) -> "list[int]":
    return [row for start, stop in ranges for row in range(start, stop)]


def _ranges(places: Iterable[int]) -> Ranges:
    """Write ascending numbers as ranges."""
    found: list[list[int]] = []
    for place in places:
        if found and found[-1][1] == place:
            found[-1][1] = place + 1
        else:
            found.append([place, place + 1])
    return [(start, stop) for start, stop in found]
