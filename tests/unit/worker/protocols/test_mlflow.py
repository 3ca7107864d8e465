"""MLflow's scoring protocol in JSON and CSV."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.protocols import IMAGE, MATRIX, TABLE, answer, engine_of, refused
from unshelf.contracts.protocols.frames import MLFLOW_CSV, MLFLOW_JSON

ROWS = [[1, "x", 0.25], [2, None, None]]


WANTED = {"predictions": [1.25, 2.5]}


class TestMlflow:
    ENGINE = engine_of(TABLE, lambda frame: frame["age"] + frame["share"].fillna(0.5))

    @pytest.mark.parametrize(
        "body",
        [
            {"dataframe_split": {"columns": ["age", "name", "share"], "index": [7, 8], "data": ROWS}},
            {"dataframe_split": {"columns": ["share", "age", "name"], "data": [[0.25, 1, "x"], [None, 2, None]]}},
            {"dataframe_split": {"data": ROWS}},
            {"dataframe_records": [{"name": "x", "age": 1, "share": 0.25}, {"name": None, "age": 2, "share": None}]},
            {"instances": [{"name": "x", "age": 1, "share": 0.25}, {"name": None, "age": 2, "share": None}]},
            {"inputs": {"age": [1, 2], "name": ["x", None], "share": [0.25, None]}},
            {"inputs": ROWS, "params": {}},
        ],
    )
    def test_each_form_gives_the_same(self, body: Any) -> None:
        assert answer(self.ENGINE, MLFLOW_JSON, body) == WANTED

    @pytest.mark.parametrize(
        "body",
        [
            {}, [], {"inputs": ROWS, "instances": ROWS}, {"inputs": ROWS, "other": 1}, {"inputs": ROWS, "params": {"k": 1}},
            {"dataframe_split": ROWS}, {"dataframe_split": {"columns": ["age"], "data": [[1]]}}, {"inputs": {}}, {"inputs": 5},
            {"dataframe_split": {"columns": ["age", "age", "name", "share"], "data": [[1, 1, "x", 1]]}},
            {"dataframe_split": {"columns": ["age", "name", "share"], "data": [[1, "x"]]}},
            {"dataframe_split": {"columns": "age", "data": []}}, {"dataframe_split": {"data": ROWS, "more": 1}},
            {"dataframe_split": {"columns": ["age", "name", "share"], "data": []}},
            {"inputs": {"age": [1, 2], "name": ["x"], "share": [1, 2]}}, {"inputs": {"age": 1, "name": "x", "share": 1}},
            {"inputs": {"age": [], "name": [], "share": []}},
        ],
    )  # fmt: skip
    def test_what_is_none_of_them_is_422(self, body: Any) -> None:
        assert refused(self.ENGINE, MLFLOW_JSON, body).status == 422

    def test_columns_named_by_numbers(self) -> None:
        engine = engine_of({**MATRIX, "columns": [{"name": "0", "type": "float64"}]}, lambda rows: rows[:, 0])
        body = {"dataframe_split": {"columns": [0], "data": [[5]]}}
        assert answer(engine, MLFLOW_JSON, body) == {"predictions": [5.0]}

    def test_tensors(self) -> None:
        engine = engine_of(IMAGE, lambda images: images.sum(axis=(1, 2)))
        for form in ("inputs", "instances"):
            assert answer(engine, MLFLOW_JSON, {form: [[[1, 2], [3, 4]]]}) == {"predictions": [10.0]}
        assert answer(engine, MLFLOW_JSON, {"inputs": {"image": [[[1, 2], [3, 4]]]}}) == {"predictions": [10.0]}
        assert refused(engine, MLFLOW_JSON, {"dataframe_split": {"data": [[1]]}}).status == 422

    def test_a_dict_of_arrays_stays_one(self) -> None:
        engine = engine_of(MATRIX, lambda rows: {"a": rows[:, 0], "b": rows})
        assert answer(engine, MLFLOW_JSON, {"inputs": [[1, 2]]}) == {"predictions": {"a": [1.0], "b": [[1.0, 2.0]]}}

    def test_csv(self) -> None:
        assert answer(self.ENGINE, MLFLOW_CSV, b"age,name,share\n1,x,0.25\n2,,\n") == WANTED
        assert answer(self.ENGINE, MLFLOW_CSV, b'\xef\xbb\xbfshare,age,name\r\n 2.5e-1 ,1.0,"x,y"\r\n,2,\r\n') == WANTED

    def test_csv_as_pandas_writes_it(self) -> None:
        frame = pd.DataFrame({"a": [1.5, np.inf], "b": [-np.inf, 0.1]})
        engine = engine_of(MATRIX, lambda rows: rows[:, 0] - rows[:, 1])
        body = frame.to_csv(index=False).encode()
        assert answer(engine, MLFLOW_CSV, body) == {"predictions": ["Infinity", "Infinity"]}

    @pytest.mark.parametrize(
        ("body", "status"),
        [
            (b"", 422), (b"age,name,share\n", 422), (b"age,name,share\n1,x\n", 422), (b"age,name\n1,x\n", 422),
            (b"age,name,share\nx,x,1\n", 422), (b"age,name,share\n,x,1\n", 422), (b"age,name,share\n1,x,nan\n", 422),
            (b"age,name,share\n1_0,x,1\n", 422), (b"age,name,share\n1.5,x,1\n", 422), (b"\xff", 400), (b'age,"name\n', 400),
        ],
    )  # fmt: skip
    def test_bad_csv(self, body: bytes, status: int) -> None:
        assert refused(self.ENGINE, MLFLOW_CSV, body).status == status

    def test_csv_can_not_carry_tensors(self) -> None:
        assert refused(engine_of(IMAGE, len), MLFLOW_CSV, b"a\n1\n").status == 415
