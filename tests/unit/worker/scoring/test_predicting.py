"""Chunks are predicted batch by batch; a row that fails costs itself, and each row has one answer."""

import json
from typing import Any

import pytest

from unshelf.worker.engine import Engine
from unshelf.worker.scoring.plan import count
from unshelf.worker.scoring.predicting import ChunkPredictor, TooManyFailed

SIGNATURE = {"inputs": {"kind": "columns", "columns": [{"name": "a", "type": "int64"}], "container": "dicts"}}


class Doubling:
    def __init__(self) -> None:
        self.calls: list[int] = []

    def predict(self, rows: list[dict[str, int]]) -> list[int]:
        self.calls.append(len(rows))
        if any(row["a"] == 13 for row in rows):
            raise ValueError("thirteen")
        return [2 * row["a"] for row in rows]


def chunk(*batches: list[Any]) -> list[bytes]:
    return [b"%d %s" % (len(rows), json.dumps([[row] for row in rows]).encode()) for rows in batches]


def predicted(
    lines: list[bytes], *, most_failed: int = 100, **more: Any
) -> tuple[dict[int, Any], Doubling, ChunkPredictor]:
    model = Doubling()
    predictor = ChunkPredictor(Engine(model, SIGNATURE, name="m", version=1), None, most_failed=most_failed)
    begun: list[tuple[int, int]] = more.pop("begun", [])
    options = {"suspects": [], "dead": {}} | more
    found: dict[int, Any] = {}
    for answer in predictor.predict(lines, begin=lambda start, stop: begun.append((start, stop)), **options):
        value = json.loads(answer.text)
        places = [row for start, stop in answer.rows for row in range(start, stop)]
        assert len(places) == count(answer.rows)
        for index, place in enumerate(places):
            assert place not in found
            found[place] = value[index] if answer.status == 200 else (answer.status, value["code"])
    return dict(sorted(found.items())), model, predictor


def test_each_batch_is_one_call() -> None:
    found, model, predictor = predicted(chunk([1, 2, 3], [4, 5]))
    assert list(found.values()) == [2, 4, 6, 8, 10]
    assert model.calls == [3, 2]
    assert predictor.failed == 0


def test_rows_that_do_not_fit_are_refused_alone_however_many() -> None:
    bad = [None if place % 2 else place for place in range(100)]
    found, _, predictor = predicted(chunk(bad))
    assert [found[place] for place in range(0, 100, 2)] == [2 * place for place in range(0, 100, 2)]
    assert {found[place] for place in range(1, 100, 2)} == {(422, "invalid_input")}
    assert predictor.failed == 50


def test_a_row_on_which_the_model_raises_fails_alone() -> None:
    found, _, predictor = predicted(chunk([*range(20)]))
    assert found.pop(13) == (500, "model_error")
    assert found == {place: 2 * place for place in range(20) if place != 13}
    assert "thirteen" not in predictor.example
    assert "ValueError" in predictor.example


def test_more_failed_rows_than_may_end_it() -> None:
    with pytest.raises(TooManyFailed):
        predicted(chunk([None, None, 1]), most_failed=1)


def test_suspects_are_predicted_in_tenths_and_dead_rows_not_at_all() -> None:
    begun: list[tuple[int, int]] = []
    dead = {7: "It ended by signal 9 on this row."}
    found, model, _ = predicted(chunk([*range(10)], [*range(10)]), suspects=[(10, 20)], dead=dead, begun=begun)
    assert found[7] == (500, "model_error")
    assert [found[place] for place in (6, 8, 19)] == [12, 16, 18]
    assert begun == [(0, 10), *((place, place + 1) for place in range(10, 20))]
    assert model.calls == [9, *[1] * 10]
