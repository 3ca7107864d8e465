"""Answers as Arrow streams."""

import datetime
import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from tests.support.arrow import stream
from tests.support.protocols import engine_of
from tests.support.signatures import columns
from unshelf.contracts.protocols.frames import ARROW
from unshelf.worker.errors import RequestRefused


class TestAnswers:
    def ask(self, call: Callable[[Any], Any], wanted: int = 1, *, whole: bool = False) -> Any:
        engine = engine_of(columns("values", a="float64"), call, output="table" if whole else "rows")
        part, context = engine.read(ARROW, stream(pa.table({"a": [1.0, 2.0]})), wanted)
        payload, header = engine._protocols[ARROW].write(engine.predict([part], 2), 0, 2, context)
        assert header == wanted
        return pa.ipc.open_stream(payload).read_all() if wanted else json.loads(payload)

    def test_json_is_the_native_array(self) -> None:
        assert self.ask(lambda rows: rows, 0) == [1.0, 2.0]

    def test_numbers_keep_their_type_and_the_version_is_told(self) -> None:
        table = self.ask(lambda rows: np.array(rows, "float32"))
        assert table.schema.field("output").type == pa.float32()
        assert table.schema.metadata == {b"unshelf.model": b"iris", b"unshelf.version": b"3"}
        assert table["output"].to_pylist() == [1.0, 2.0]

    @pytest.mark.parametrize("dtype", [object, "U5"])
    def test_arrays_of_texts(self, dtype: Any) -> None:
        table = self.ask(lambda rows: np.array(["setos", "é"], dtype))
        assert (table["output"].type, table["output"].to_pylist()) == (pa.string(), ["setos", "é"])
        assert self.ask(lambda rows: np.array([{"a": 1}, "x"], object))["output"].to_pylist() == ['{"a":1}', '"x"']

    def test_matrices_are_lists_of_fixed_size(self) -> None:
        table = self.ask(lambda rows: np.array([[1, 2], [3, 4]], "int64"))
        assert table["output"].type == pa.list_(pa.int64(), 2)
        assert table["output"].to_pylist() == [[1, 2], [3, 4]]

    def test_frames_texts_moments_and_missing_values(self) -> None:
        frame = pd.DataFrame({"s": ["a", None], "t": pd.to_datetime(["2024-01-01", None]), "n": [1.5, math.nan]})
        table = self.ask(lambda rows: frame)
        assert table.column_names == ["s", "t", "n"]
        assert table["t"].to_pylist() == [datetime.datetime.fromisoformat("2024-01-01"), None]

    def test_what_arrow_has_no_type_for_is_json_text(self) -> None:
        assert self.ask(lambda rows: [1, "a"])["output"].to_pylist() == ["1", '"a"']

    def test_bytes_moments_and_rows_of_nothing(self) -> None:
        assert self.ask(lambda rows: [b"\xff", None])["output"].to_pylist() == [b"\xff", None]
        zoned = pd.to_datetime(["2024-01-01", None]).tz_localize("Europe/Paris")
        table = self.ask(lambda rows: pd.DataFrame({"t": zoned}))
        assert table.schema.field("t").type == pa.timestamp("us", "UTC")
        assert table["t"].to_pylist()[1] is None
        assert self.ask(lambda rows: [2**64 - 1, 1])["output"].to_pylist() == [2**64 - 1, 1]
        assert self.ask(lambda rows: np.zeros((2, 0)))["output"].to_pylist() == [[], []]

    def test_an_answer_without_rows(self) -> None:
        assert self.ask(lambda rows: 7, whole=True)["output"].to_pylist() == [7]
        with pytest.raises(RequestRefused) as caught:
            self.ask(lambda rows: {"a": [1, 2, 3], "b": [1]}, whole=True)
        assert caught.value.status == 415


TABLE = stream(pa.table({"a": [1.0, 2.0]}))
END = bytes.fromhex("ffffffff00000000")


@pytest.mark.parametrize(
    "after", [TABLE, b"x", bytes(8), END, TABLE[: len(TABLE) // 2], b"[1, 2]"],
    ids=["another stream", "a byte", "zeros", "another end", "half a stream", "JSON"],
)  # fmt: skip
def test_what_follows_the_stream_is_not_passed_over(after: bytes) -> None:
    engine = engine_of(columns("values", a="float64"), lambda rows: rows)
    with pytest.raises(RequestRefused, match=f"goes on for {len(after)} bytes") as refused:
        engine.read(ARROW, TABLE + after, 1)
    assert refused.value.status == 400


def test_a_stream_needs_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(columns("values", a="float64"), lambda rows: rows)
    assert TABLE.endswith(END)
    part, _ = engine.read(ARROW, TABLE.removesuffix(END), 1)
    assert engine.predict([part], 2).json(0, 2) == "[1.0,2.0]"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ModuleNotFoundError("No module named 'pyarrow'", name="pyarrow"), "has no pyarrow"),
        (ImportError("pyarrow requires NumPy 2.0 or newer, found 1.26.4"), "can't be imported: pyarrow requires NumPy 2.0"),
        (ModuleNotFoundError("No module named 'numpy'", name="numpy"), "can't be imported: No module named 'numpy'"),
    ],
)  # fmt: skip
def test_the_reason_is_told_why_arrow_is_not_read(
    monkeypatch: pytest.MonkeyPatch, error: ImportError, told: str
) -> None:
    def fail(_name: str) -> None:
        raise error

    monkeypatch.setattr("unshelf.worker.protocols.arrow.importlib.import_module", fail)
    with pytest.raises(RequestRefused, match=told) as refused:
        engine_of(columns("values", a="float64"), lambda rows: rows).read(ARROW, TABLE, 1)
    assert refused.value.status == 415
