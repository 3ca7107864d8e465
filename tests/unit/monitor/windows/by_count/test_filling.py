"""Windows of predictions have as many as they are to have, whatever pieces the records come in."""

import random
from typing import Any

import pyarrow as pa
import pytest

from unshelf.monitor.windows.by_count.filling import CountFiller, FilledWindow
from unshelf.monitor.windows.counting import ColumnsBuilder

_NS = 1_000_000_000


def records(numbers: range) -> Any:
    """Records of one row each, `x` being their number; each seventh failed."""
    failed = [number % 7 == 6 for number in numbers]
    codes = ["model_failed" if each else "" for each in failed]
    return pa.table({
        "time": pa.array([number * _NS for number in numbers], pa.timestamp("ns")),
        "status": pa.array([500 if each else 200 for each in failed]), "code": pa.array(codes),
        "latency_us": pa.array([1000] * len(numbers)), "queue_us": pa.array([0] * len(numbers)),
        "in_x": pa.array([[] if bad else [float(number)] for number, bad in zip(numbers, failed, strict=True)], pa.list_(pa.float64())),
    })  # fmt: skip


def columns() -> ColumnsBuilder:
    return ColumnsBuilder({"in:x": "number"}, {})


def summary(window: FilledWindow) -> tuple[Any, ...]:
    assert window.counted is not None
    moments = window.counted.profile.columns["in:x"].moments  # type: ignore[union-attr]
    return (
        window.number, window.requests, window.counted.rows, window.counted.errors, round(moments.mean, 9), window.first_ns,
        window.last_ns, window.is_closed,
    )  # fmt: skip


def filled(pieces: list[Any], size: int = 10) -> list[tuple[Any, ...]]:
    """The windows after these pieces, stored and read again after each, as after a restart."""
    found: dict[int, FilledWindow] = {}
    opened = FilledWindow(size=size, number=1, counted=None)
    for piece in pieces:
        filler = CountFiller(opened, columns)
        filler.add(piece)
        found |= {each.number: each for each in filler.windows()}
        opened = filler.opened
    return [summary(found[number]) for number in sorted(found)]


def test_windows_have_their_predictions_in_order() -> None:
    one, two, three = filled([records(range(25))])
    assert one == (1, 10, 9, {"model_failed": 1}, pytest.approx(39 / 9), 0, 9 * _NS, True)
    assert two[:4] == (2, 10, 9, {"model_failed": 1})
    assert three[:2] == (3, 5) and three[-1] is False


@pytest.mark.parametrize("seed", range(8))
def test_the_pieces_that_records_come_in_change_nothing(seed: int) -> None:
    cuts = sorted(random.Random(seed).sample(range(1, 95), 12))
    pieces = [records(range(start, end)) for start, end in zip([0, *cuts], [*cuts, 95], strict=True)]
    assert filled(pieces) == filled([records(range(95))])


def test_a_window_without_new_records_is_none_that_changed() -> None:
    filler = CountFiller(FilledWindow(size=5, number=3, counted=None), columns)
    assert filler.windows() == [] and filler.opened.number == 3
    filler.add(records(range(5)))
    assert [each.is_closed for each in filler.windows()] == [True]
    assert (filler.opened.number, filler.opened.requests) == (4, 0)
