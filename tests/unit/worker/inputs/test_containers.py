"""Rows become the container that the model was trained on."""

import datetime
import math
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from tests.support.signatures import columns
from tests.support.worker_inputs import given, refused


class TestContainers:
    MIXED = columns("dicts", age="int64", name="string", when="datetime?", more="json?", ok="bool", share="float64?")
    ROW: tuple[Any, ...] = (41, "Zoë", "2024-05-01T12:00:00Z", {"a": [1]}, True, None)

    def of(self, container: str) -> Any:
        return given({**self.MIXED, "container": container}, [list(self.ROW), [42, "", None, None, False, 2]])

    def test_dicts_lists_and_columns_hold_plain_values(self) -> None:
        first, second = self.of("dicts")
        assert first["when"] == datetime.datetime.fromisoformat("2024-05-01T12:00:00")
        assert (first["age"], first["name"], first["more"], first["ok"]) == (41, "Zoë", {"a": [1]}, True)
        assert math.isnan(first["share"])
        assert second == {"age": 42, "name": "", "when": None, "more": None, "ok": False, "share": 2.0}
        assert type(second["share"]) is float
        assert self.of("lists")[1] == list(second.values())
        assert self.of("columns")["name"] == ["Zoë", ""]

    def test_pandas_has_the_types_of_training_data(self) -> None:
        frame = self.of("pandas")
        assert frame["age"].dtype == "int64"
        assert frame["name"].dtype == pd.DataFrame({"name": ["a"]})["name"].dtype
        assert frame["when"].dtype.kind == "M"
        assert pd.isna(frame["when"][1])
        assert frame["ok"].dtype == "bool"
        assert frame["share"].dtype == "float64"

    def test_pandas_categories_keep_their_codes(self) -> None:
        signature = columns("pandas", kind="string", x="float64")
        signature["columns"][0]["categories"] = ["low", "mid", "high"]
        frame = given(signature, [["high", 1], ["low", 2]])
        assert list(frame["kind"].cat.codes) == [2, 0]
        assert refused(signature, [["other", 1]])[0]["expected"] == 'one of "low", "mid", "high"'

    def test_nullable_integers_stay_integers_in_pandas(self) -> None:
        frame = given(columns("pandas", a="uint8?", b="bool?"), [[None, None], [3, True]])
        assert [str(kind) for kind in frame.dtypes] == ["UInt8", "boolean"]
        assert frame["a"].isna().tolist() == [True, False]

    def test_polars_has_the_signature_s_types(self) -> None:
        signature = columns("polars", a="int8?", b="string?", c="float32", d="datetime", e="bool")
        frame = given(signature, [[None, None, 1.5, "2024-01-01", True], [3, "x", 2, "2024-01-02", False]])
        assert frame.dtypes == [pl.Int8, pl.String, pl.Float32, pl.Datetime("us"), pl.Boolean]
        assert frame["a"].to_list() == [None, 3]

    def test_numpy_of_different_types_is_the_type_that_holds_all_or_objects(self) -> None:
        assert given(columns("numpy", a="int64", b="float32"), [[1, 2.5]]).dtype == np.float64
        array = given(columns("numpy", a="string", b="json"), [["x", [1, 2]]])
        assert array.dtype == object
        assert array.tolist() == [["x", [1, 2]]]

    def test_values_may_stand_alone(self) -> None:
        signature = columns("values", text="string")
        assert given(signature, ["a", "b"]) == ["a", "b"]
        assert given(signature, [["a"], ["b"]]) == ["a", "b"]
        assert given(signature, [{"text": "a"}]) == ["a"]
        refused(signature, [{"other": "a"}])
        assert given(columns("values", item="json"), [[1, 2], {"k": 1}, {"item": 5}]) == [[1, 2], {"k": 1}, 5]

    @pytest.mark.parametrize("text", ["2024-01-01", "2024-01-01T10:00:00.5", "2024-01-01 10:00:00+02:00"])
    def test_datetimes_are_iso_8601(self, text: str) -> None:
        wanted = datetime.datetime.fromisoformat(text)
        if wanted.tzinfo:
            wanted = wanted.astimezone(datetime.UTC).replace(tzinfo=None)
        assert given(columns("values", when="datetime"), [text]) == [wanted]

    @pytest.mark.parametrize("value", ["yesterday", "", 5, "2024-13-01", "0001-01-01T00:00:00+23:59", None])
    def test_what_is_no_datetime_is_refused(self, value: Any) -> None:
        refused(columns("values", when="datetime"), [value])
