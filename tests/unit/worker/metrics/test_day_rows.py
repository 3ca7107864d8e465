"""The file of a day becomes arrays and a table, and nothing in it is unpickled."""

import json
from pathlib import Path

import numpy as np
import pytest

from unshelf.worker.metrics.day_rows import DayRows, read_day


def test_a_day_is_read_as_it_was_laid_out(tmp_path: Path) -> None:
    facts = {
        "texts": {"truth": ["yes", "no"], "c1": ["red"], "s0": ["a", "b"]}, "columns": {"x": "c0", "color": "c1"},
        "slices": {"who": "s0"},
    }  # fmt: skip
    np.savez(
        tmp_path / "day.npz", facts=np.frombuffer(json.dumps(facts).encode(), np.uint8), truth=np.array([0, 1, 0]),
        prediction=np.array([1.0, 2.0, 3.0]), c0=np.array([1, 2, 3]), c1=np.array([0, -1, 0]), s0=np.array([0, 1, 1]),
    )  # fmt: skip
    day = read_day(tmp_path / "day.npz")
    assert day.truth.tolist() == ["yes", "no", "yes"]
    table = day.table(np.array([1, 2]))
    assert (table["x"].tolist(), table["color"].tolist()[1]) == ([2, 3], "red")
    assert table["color"].tolist()[0] != "red", "a gap: None, or NaN in a DataFrame"
    assert [(name, places.tolist()) for name, places in day.slices()] == [("who=b", [1, 2]), ("who=a", [0])]
    assert day.scores is None and day.groups.tolist() == [0, 1, 2]


def test_objects_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "day.npz", facts=np.array([object()], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle"):
        read_day(tmp_path / "day.npz")


def test_of_many_values_of_a_slice_the_largest_are_taken() -> None:
    codes = np.concatenate([np.arange(60), np.arange(10)])
    day = DayRows(truth=codes, prediction=codes, columns={}, sliced={"who": (codes, [str(each) for each in range(60)])})
    found = [name for name, _ in day.slices()]
    assert len(found) == 50
    assert set(found[:10]) == {f"who={each}" for each in range(10)}
