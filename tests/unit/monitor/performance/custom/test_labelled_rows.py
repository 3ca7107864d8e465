"""Labelled rows become arrays of the types that a function expects."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from unshelf.monitor.performance.custom.labelled_rows import LabelledRows
from unshelf.monitor.performance.joining import JoinColumns
from unshelf.monitor.performance.labels_file import read_labels, write_labels
from unshelf.monitor.performance.messages import JoinRoles
from unshelf.worker.metrics.day_rows import read_day


def test_types_that_no_table_has_are_named_and_others_kept(tmp_path: Path) -> None:
    """Given a table of records with inputs of every type, as files have them."""
    write_labels(tmp_path / "none.arrow", [])
    ids, keys = read_labels([tmp_path / "none.arrow"])
    rows = LabelledRows(JoinRoles(task="classification", prediction="output"), ids, keys, most=10, seed="x")
    rows._join.truths = lambda found, _: ['"yes"'] * len(found.record)  # type: ignore[method-assign]
    lists = {
        "in_n": pa.array([[1, None]]), "in_t": pa.array([["a", None]]), "in_b": pa.array([[True, None]]),
        "in_d": pa.array([[np.datetime64("2026-11-02T10:00:00", "us"), None]]), "in_v": pa.array([[[1.0], [2.0]]]),
        "out": pa.array([["yes", "no"]]),
    }  # fmt: skip
    table = pa.table({"id": ["p1"], "status": [200], **lists})
    rows.add(table, JoinColumns("out", None, None, {}, {}))
    rows.finish()
    assert rows.write(tmp_path / "day.npz") == (2, ["v"])
    day = read_day(tmp_path / "day.npz")
    found = day.table(day.all())
    assert day.prediction.tolist() == ["yes", "no"]
    assert (found["t"].tolist()[0], found["b"].tolist()[0]) == ("a", True)
    assert found["n"].tolist()[0] == 1.0 and np.isnan(found["n"].tolist()[1])
    assert str(found["d"].tolist()[0]).startswith("2026-11-02 10:00")
