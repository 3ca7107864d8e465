"""Arrow streams: what a model is given for them, what is refused, what comes back, and that no bytes end the worker."""

import datetime
import json
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from tests.support.arrow import Function, stream
from tests.support.signatures import columns, tensors
from tests.support.worker_inputs import given
from unshelf.contracts.protocols.frames import ARROW
from unshelf.worker.engine import Engine
from unshelf.worker.errors import RequestRefused
from unshelf.worker.inputs import plan_inputs
from unshelf.worker.inputs.memory import ArrayMemory

EXTREMES = [-(2**63), 2**63 - 1]


def engine_of(inputs: dict[str, Any], call: Callable[[Any], Any] = len) -> Engine:
    return Engine(Function(call), {"inputs": inputs}, name="iris", version=3)


def model_sees(signature: dict[str, Any], *tables: Any) -> Any:
    inputs = plan_inputs(signature, ArrayMemory())
    engine = engine_of(signature)
    return inputs.build([engine.read(ARROW, stream(table))[0] for table in tables])


def refused(signature: dict[str, Any], body: bytes) -> RequestRefused:
    with pytest.raises(RequestRefused) as caught:
        engine_of(signature).read(ARROW, body)
    json.dumps(caught.value.fields())
    return caught.value


def faults(signature: dict[str, Any], **arrays: Any) -> list[dict[str, Any]]:
    error = refused(signature, stream(pa.table(arrays)))
    assert (error.status, error.code) == (422, "invalid_input")
    return error.errors or []


class TestWhatTheModelIsGiven:
    def test_a_matrix_is_woven_in_the_signature_s_order_and_may_be_written(self) -> None:
        array = model_sees(columns("numpy", a="float64", b="float64"), pa.table({"b": [2.0, 4.0], "a": [1.0, 3.0]}))
        assert array.tolist() == [[1.0, 2.0], [3.0, 4.0]]
        assert array.flags.c_contiguous
        assert array.flags.writeable

    def test_more_rows_than_a_block(self) -> None:
        values = np.arange(30_000, dtype="float64")
        array = model_sees(columns("numpy", a="float64", b="float64"), pa.table({"a": values, "b": -values}))
        np.testing.assert_array_equal(array, np.stack([values, -values], axis=1))

    @pytest.mark.parametrize(
        "cut",
        [[30_000], [10_000, 20_000], [4096] * 7 + [1328], [1] * 100 + [29_900], [0, 30_000], [29_999, 1, 0]],
        ids=["one batch", "two", "many", "short ones first", "an empty one", "a short and an empty one last"],
    )
    def test_rows_come_in_batches_of_any_length(self, cut: list[int]) -> None:
        values = np.random.default_rng(0).normal(size=(30_000, 3))
        ends = np.cumsum([0, *cut])
        whole = pa.table({name: values[:, place] for place, name in enumerate("abc")})
        table = pa.concat_tables([whole.slice(start, size) for start, size in zip(ends, cut, strict=False)])
        seen = model_sees(columns("numpy", a="float64", b="float64", c="float64"), table)
        np.testing.assert_array_equal(seen, values)

    @pytest.mark.parametrize("kind", ["float64", "float32", "float16", "int64", "uint8", "bool"])
    @pytest.mark.parametrize("order", ["abcd", "dcba", "cadb"])
    def test_columns_may_lie_anywhere_in_the_body(self, kind: str, order: str) -> None:
        values = np.random.default_rng(0).integers(0, 2 if kind == "bool" else 100, size=(20_000, 4)).astype(kind)
        table = pa.table({name: values[:, "abcd".index(name)] for name in order})
        seen = model_sees(columns("numpy", a=kind, b=kind, c=kind, d=kind), table)
        assert seen.dtype == values.dtype
        np.testing.assert_array_equal(seen, values)

    def test_columns_of_other_types_and_with_gaps_are_woven_among_the_others(self) -> None:
        values = np.random.default_rng(0).integers(0, 100, size=(20_000, 5)).astype("float64")
        values[7, 1] = values[19_999, 1] = math.nan
        arrays = {
            "a": values[:, 0], "b": pa.array(values[:, 1], from_pandas=True), "c": values[:, 2].astype("float32"),
            "d": values[:, 3].astype("int16"), "e": pa.chunked_array([values[:5000, 4], values[5000:, 4]]),
        }  # fmt: skip
        seen = model_sees(columns("numpy", **dict.fromkeys("abcde", "float64?")), pa.table(arrays))
        np.testing.assert_array_equal(seen, values)

    def test_the_same_memory_for_every_column(self) -> None:
        buffer = pa.py_buffer(np.arange(20_000, dtype="float64"))
        column = pa.Array.from_buffers(pa.float64(), 20_000, [None, buffer])
        seen = model_sees(columns("numpy", a="float64", b="float64", c="float64"), pa.table([column] * 3, list("abc")))
        np.testing.assert_array_equal(seen, np.stack([np.arange(20_000)] * 3, axis=1))

    @pytest.mark.parametrize("source", ["int8", "uint16", "int64", "uint64", "float32", "float64"])
    @pytest.mark.parametrize("kind", ["float16", "float32", "float64", "int8", "uint8", "int64", "uint64"])
    def test_every_number_that_fits_is_taken(self, source: str, kind: str) -> None:
        array = model_sees(columns("numpy", a=kind), pa.table({"a": pa.array([0, 1, 100], source)}))
        assert (array.dtype, array[:, 0].tolist()) == (np.dtype(kind), [0, 1, 100])

    def test_missing_floats_are_nan(self) -> None:
        array = model_sees(columns("numpy", a="float64?"), pa.table({"a": [1.0, None]}))
        assert math.isnan(array[1, 0])
        whole = model_sees(columns("numpy", a="float64?"), pa.table({"a": pa.nulls(2)}))
        assert np.isnan(whole).all()

    def test_infinities_pass(self) -> None:
        array = model_sees(columns("numpy", a="float32"), pa.table({"a": [math.inf, -math.inf]}))
        assert array[:, 0].tolist() == [math.inf, -math.inf]

    @pytest.mark.parametrize("container", ["pandas", "polars", "dicts", "lists", "columns", "numpy"])
    def test_a_mixed_table_is_what_the_same_rows_as_json_are(self, container: str) -> None:
        signature = columns(
            container, i="int32?", f="float32?", b="bool?", s="string?", t="datetime?", j="json", plain="int64"
        )
        fields = signature["columns"]
        fields.append({"name": "c", "type": "string", "nullable": True, "categories": ["red", "blue"]})
        moment = datetime.datetime.fromisoformat("2024-05-06T07:08:09.123456")
        rows = [
            {"i": 1, "f": 0.5, "b": True, "s": "ä", "t": moment, "j": [1, {"k": None}], "plain": 7, "c": "blue"},
            {"i": None, "f": None, "b": None, "s": None, "t": None, "j": [2, {"k": "x"}], "plain": 8, "c": None},
        ]
        texts = [{**row, "t": row["t"] and row["t"].isoformat(), "j": {"a": [index]}} for index, row in enumerate(rows)]
        table = pa.Table.from_pylist(
            [{**row, "j": {"a": [index]}} for index, row in enumerate(rows)],
            pa.schema(
                [("i", pa.int64()), ("f", pa.float64()), ("b", pa.bool_()), ("s", pa.large_string()), ("t", pa.timestamp("ns")),
                 ("j", pa.struct([("a", pa.list_(pa.int64()))])), ("plain", pa.int8()), ("c", pa.string())]
            ),
        )  # fmt: skip
        seen, wanted = model_sees(signature, table), given(signature, texts)
        if container == "pandas":
            pd.testing.assert_frame_equal(seen, wanted)
        elif container == "polars":
            assert seen.schema == wanted.schema
            assert seen.select(pl.exclude("j", "f")).equals(wanted.select(pl.exclude("j", "f")), null_equal=True)
            assert seen["j"].to_list() == wanted["j"].to_list()
            assert str(seen["f"].to_list()) == str(wanted["f"].to_list())
        else:
            assert str(seen) == str(wanted)

    @pytest.mark.parametrize("container", ["pandas", "polars", "numpy"])
    def test_requests_are_joined(self, container: str) -> None:
        signature = columns(container, a="int64", s="string")
        seen = model_sees(signature, pa.table({"a": [1, 2], "s": ["x", "y"]}), pa.table({"a": [3], "s": ["z"]}))
        wanted = given(signature, [[1, "x"], [2, "y"], [3, "z"]])
        assert str(seen) == str(wanted)

    def test_dictionaries_chunks_and_slices(self) -> None:
        codes = pa.chunked_array([pa.array(["a", "b"]).dictionary_encode(), pa.array(["b", None]).dictionary_encode()])
        table = pa.table({"s": codes, "x": pa.chunked_array([[1], [2, 3, 4]])}).slice(1, 3)
        seen = model_sees(columns("dicts", s="string?", x="int16"), table)
        assert seen == [{"s": "b", "x": 2}, {"s": "b", "x": 3}, {"s": None, "x": 4}]

    @pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
    def test_every_kind_of_text(self, kind: Any) -> None:
        assert model_sees(columns("values", s="string"), pa.table({"s": pa.array(["é", ""], kind)})) == ["é", ""]

    def test_moments_of_any_unit_and_zone_are_utc(self) -> None:
        noon = datetime.datetime(2024, 1, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2)))
        for kind in (pa.timestamp("s", "Europe/Berlin"), pa.timestamp("ms", "UTC"), pa.timestamp("ns", "+02:00")):
            table = pa.table({"t": pa.array([noon], kind)})
            assert model_sees(columns("values", t="datetime"), table) == [
                datetime.datetime.fromisoformat("2024-01-01T10:00")
            ]
        day = pa.table({"t": pa.array([datetime.date(2024, 1, 1)])})
        assert model_sees(columns("values", t="datetime"), day) == [datetime.datetime.fromisoformat("2024-01-01")]


class TestTensors:
    def test_lists_of_fixed_size_lists_and_the_tensor_extension_are_the_same(self) -> None:
        values = np.arange(12, dtype="float32").reshape(3, 2, 2)
        nested = values.tolist()
        fixed = pa.array(nested, pa.list_(pa.list_(pa.float32(), 2), 2))
        extension = pa.FixedShapeTensorArray.from_numpy_ndarray(values)
        for array in (fixed, extension, pa.array(nested), pa.array(nested, pa.large_list(pa.list_(pa.float64())))):
            seen = model_sees(tensors([-1, 2, 2]), pa.table({"t0": array}))
            assert seen.dtype == np.float32
            np.testing.assert_array_equal(seen, values)

    def test_a_slice_of_fixed_size_lists(self) -> None:
        array = pa.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], pa.list_(pa.float32(), 2))
        seen = model_sees(tensors([-1, 2]), pa.table({"t0": array}).slice(1, 1))
        assert seen.tolist() == [[3.0, 4.0]]

    def test_texts(self) -> None:
        seen = model_sees(tensors([-1], type="string"), pa.table({"t0": ["a", "b"]}))
        assert seen.tolist() == ["a", "b"]

    @pytest.mark.parametrize(
        "array",
        [
            [[1.0, 2.0, 3.0]],
            [[1.0], [1.0, 2.0]],
            [1.0],
            [None, [1.0, 2.0]],
            [[1.0, None]],
            [["a", "b"]],
        ],
    )
    def test_other_shapes_and_values_are_refused(self, array: Any) -> None:
        errors = faults(tensors([-1, 2]), t0=array)
        assert errors
        assert errors[0]["column"] == "t0"


class TestWhatIsRefused:
    def test_the_place_of_each_fault_is_told(self) -> None:
        errors = faults(columns("numpy", a="int8"), a=[1.0, 1.5, 200.0, math.nan])
        assert [(error["row"], error["got"]) for error in errors] == [(1, "1.5"), (2, "200.0"), (3, "NaN")]

    @pytest.mark.parametrize(
        ("kind", "values", "rows"),
        [
            ("float64", [1.0, None], [1]),
            ("float32", [1e300, 1.0, -1e300], [0, 2]),
            ("float16", [65504, 70000], [1]),
            ("uint8", [0, -1, 256], [1, 2]),
            ("int64", pa.array([2**63], pa.uint64()), [0]),
            ("uint64", EXTREMES, [0]),
            ("int64", [2.0**63, -(2.0**63)], [0]),
        ],
    )
    def test_values_out_of_range(self, kind: str, values: Any, rows: list[int]) -> None:
        assert [error["row"] for error in faults(columns("dicts", a=kind), a=values)] == rows

    @pytest.mark.parametrize(
        ("kind", "values"),
        [
            ("float64", ["1.0"]),
            ("float64", [True]),
            ("int64", [datetime.date(2024, 1, 1)]),
            ("bool", [1]),
            ("string", [1]),
            ("string", [b"raw"]),
            ("datetime", ["2024-01-01"]),
            ("json", [b"raw"]),
        ],
    )
    def test_other_types(self, kind: str, values: Any) -> None:
        (error,) = faults(columns("dicts", a=kind), a=values)
        assert error["got"].startswith("Arrow type ")

    def test_categories_are_held_to(self) -> None:
        signature = columns("pandas", c="string")
        signature["columns"][0]["categories"] = ["red"]
        (error,) = faults(signature, c=["red", "green"])
        assert (error["row"], error["got"]) == (1, '"green"')

    def test_names(self) -> None:
        assert [error["column"] for error in faults(columns("dicts", a="int64"), b=[1])] == ["a", "b"]
        twice = pa.Table.from_arrays([pa.array([1]), pa.array([2])], ["a", "a"])
        assert "given twice" in refused(columns("dicts", a="int64"), stream(twice)).detail

    def test_no_rows(self) -> None:
        assert "no rows" in refused(columns("dicts", a="int64"), stream(pa.table({"a": pa.array([], "int64")}))).detail

    def test_moments_that_python_has_not(self) -> None:
        array = pa.array([2**62], pa.timestamp("us"))
        (error,) = faults(columns("values", t="datetime"), t=array)
        assert error["row"] == 0

    @pytest.mark.parametrize("codec", ["lz4", "zstd"])
    def test_compressed_buffers(self, codec: str) -> None:
        table = pa.table({"a": list(range(1000)), "s": pa.array(["x"] * 1000).dictionary_encode()})
        body = stream(table, options=pa.ipc.IpcWriteOptions(compression=codec))
        error = refused(columns("dicts", a="int64", s="string"), body)
        assert (error.status, error.code) == (415, "unsupported_media_type")
        assert engine_of(columns("dicts", a="int64", s="string")).read(ARROW, stream(table))[0].rows == 1000

    def test_a_dictionary_that_unfolds_to_gigabytes(self) -> None:
        array = pa.DictionaryArray.from_arrays(np.zeros(2000, "int32"), pa.array(["x" * (1 << 20)]))
        error = refused(columns("dicts", s="string"), stream(pa.table({"s": array})))
        assert error.status == 422
        assert "without its dictionary" in error.detail

    def test_rows_of_nothing(self) -> None:
        error = refused(columns("dicts", a="float64?"), stream(pa.table({"a": pa.nulls(10_000_000)})))
        assert error.status == 400

    def test_an_environment_without_pyarrow(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "pyarrow.ipc", None)
        error = refused(columns("dicts", a="int64"), stream(pa.table({"a": [1]})))
        assert (error.status, error.code) == (415, "unsupported_media_type")
        assert "pyarrow" in error.hint

    def test_a_pyarrow_that_is_too_old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        body = stream(pa.table({"a": [1]}))
        monkeypatch.delattr(pa, "string_view")
        error = refused(columns("dicts", a="int64"), body)
        assert (error.status, "older than 16" in error.detail) == (415, True)

    @pytest.mark.parametrize("body", [b"", b"{}", b"\xff" * 64, b"ARROW1\0\0", b"\0" * 64])
    def test_what_is_no_stream(self, body: bytes) -> None:
        error = refused(columns("dicts", a="int64"), body)
        assert error.status in (400, 422)

    def test_indices_beyond_their_dictionary(self) -> None:
        array = pa.DictionaryArray.from_arrays(np.array([0, 7], "int32"), pa.array(["x"]), safe=False)
        error = refused(columns("dicts", s="string"), stream(pa.table({"s": array})))
        assert error.status == 400
