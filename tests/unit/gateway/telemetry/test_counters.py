"""Counters of a gateway in its mapped file: found again, and never in the way."""

from pathlib import Path

from unshelf.gateway.errors import ProblemError
from unshelf.gateway.records.batch import divide
from unshelf.gateway.telemetry import counters
from unshelf.gateway.telemetry.counters import Counters


def test_predictions_count_the_same_together_and_one_by_one(tmp_path: Path) -> None:
    told = [_outcome() for _ in range(7)]
    told[1].version = told[4].version = 2
    told[2].refuse(ProblemError("unavailable", "gone"))
    told[2].attempts, told[2].batch_rows = 0, 0
    told[5].latency_us, told[5].queue_us, told[5].predict_us, told[5].batch_rows = 40_000_000, 7, 29_000, 64
    told[6].model, told[6].version = "nobody", 0
    together, single = Counters(tmp_path / "a", 0), Counters(tmp_path / "b", 0)
    for each in told[:6]:
        together.begun(each)
        single.begun(each)

    together.answered(divide(told))
    for each in told:
        single.answered([[each]])

    assert dict(together.file.blocks()) == dict(single.file.blocks())
    assert together.version("iris", 1)[counters.IN_FLIGHT] == 0
    assert sum(cells[0] for label, cells in together.file.blocks() if label[0] == counters.OUTCOMES) == 7


def _outcome() -> counters.Prediction:
    prediction = counters.Prediction("k", "iris", "native", batch_key="all")
    prediction.model, prediction.version, prediction.status = "iris", 1, 200
    prediction.latency_us, prediction.queue_us, prediction.predict_us = 900, 100, 300
    prediction.attempts, prediction.batch_rows = 1, 4
    return prediction
