"""What a maker states and what the example shows make one signature, or an error that says where they contradict each other."""

from typing import Any

import msgspec
import numpy as np
import pandas as pd
import polars as pl
import pytest
from PIL import Image

from unshelf.client.data.signatures import infer
from unshelf.client.errors import InvalidModel
from unshelf.client.frameworks.saved_model import SavedModel
from unshelf.client.signatures.completed import note_without_example, signature_with, with_defaults
from unshelf.client.signatures.written import read_signature
from unshelf.contracts.bundle import Loader
from unshelf.contracts.signature import Columns, Signature, Tensor, Tensors

OWN_CODE = SavedModel(loader=Loader(kind="python", entry="p.py:f"), requirements=[])
SKLEARN = SavedModel(loader=Loader(kind="sklearn", file="model.skops"), requirements=[])
CITIES = ["Gent", "Lille"]
FRAME = pd.DataFrame({"age": [41, 29], "city": pd.Categorical(CITIES), "town": CITIES, "share": [0.5, np.nan]})


def made(words: Any, example: Any = None, saved: SavedModel = OWN_CODE, **how: Any) -> Signature:
    stated = read_signature(words)
    seen = None if example is None else infer(with_defaults(example, stated))
    found = signature_with(stated, example, seen, saved, **how)
    assert found is not None
    assert msgspec.json.decode(msgspec.json.encode(found), type=Signature) == found
    return found


def facts(signature: Signature) -> dict[str, dict[str, Any]]:
    """Column → what the signature says of it."""
    assert isinstance(signature.inputs, Columns)
    return {
        each["name"]: {k: v for k, v in each.items() if k != "name"}
        for each in msgspec.to_builtins(signature.inputs.columns)
    }


def refusal(words: dict[str, Any], example: Any = None, saved: SavedModel = OWN_CODE, **how: Any) -> InvalidModel:
    with pytest.raises(InvalidModel) as caught:
        made({"inputs": words}, example, saved, **how)
    assert caught.value.hint
    return caught.value


class TestWithoutAnExample:
    def test_own_code_is_given_a_dict_a_row(self) -> None:
        found = made({"inputs": {
            "age": {"type": "integer", "default": 0}, "city": {"type": "category", "categories": CITIES, "unseen": True},
            "note": {"type": "string", "nullable": True, "optional": True}, "kind": {"type": "string", "categories": ["a"]},
        }})  # fmt: skip
        assert facts(found) == {
            "age": {"type": "int64", "default": 0},
            "city": {"type": "string", "categories": CITIES, "unseen": True},
            "note": {"type": "string", "nullable": True, "optional": True},
            "kind": {"type": "string", "categories": ["a"], "categorical": False},
        }
        assert found.inputs.container == "dicts"  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        ("words", "saved", "how", "container"),
        [
            ({"a": "number"}, SKLEARN, {"in_memory": True}, "numpy"),
            ({"a": "number"}, SKLEARN, {}, "pandas"),  # a file does not tell whether it was trained on a table
            ({"a": "number", "b": "string"}, SKLEARN, {"in_memory": True}, "pandas"),
            ({"a": "number"}, OWN_CODE, {"container": "polars"}, "polars"),
        ],
    )
    def test_a_framework_s_model_is_given_a_table(self, words: Any, saved: Any, how: Any, container: str) -> None:
        assert made({"inputs": words}, None, saved, **how).inputs.container == container  # type: ignore[union-attr]

    def test_tensors_have_shapes(self) -> None:
        found = made({"inputs": {"image": {"type": "float32", "shape": [-1, 3, 8, 8]}}})
        assert isinstance(found.inputs, Tensors)
        assert (found.inputs.tensors[0].name, found.inputs.tensors[0].shape) == ("image", [-1, 3, 8, 8])

    def test_outputs_may_be_stated(self) -> None:
        found = made(
            {"inputs": {"a": "number"}, "outputs": {"label": "string", "score": {"type": "number", "nullable": True}}}
        )
        assert isinstance(found.outputs, Columns)
        assert [(each.name, each.type, each.nullable) for each in found.outputs.columns] == [
            ("label", "string", False), ("score", "float64", True),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ({}, "states no inputs"),
            ({"a": {"default": 1}}, "signature.inputs.a: its type is missing"),
            ({"a": "category"}, "its categories are missing"),
            ({"a": {"type": "category", "categories": [1, "x"]}}, "several kinds"),
            ({"a": {"type": "int8", "categories": [300]}}, "the category 300 is no int8"),
            ({"a": {"type": "int8", "default": 300}}, "the default 300 is no int8"),
            ({"a": {"type": "integer", "default": "3"}}, "the default '3' is no int64"),
            ({"a": {"type": "integer", "default": None}}, "the default None is no int64"),
            ({"a": {"type": "boolean", "default": 1}}, "the default 1 is no bool"),
            ({"a": {"type": "category", "categories": ["x"], "default": "y"}}, "none of the categories 'x'"),
            ({"a": {"type": "integer", "unseen": True}}, "unseen goes with categories"),
            (
                {"a": {"type": "category", "categories": ["x"], "ordered": True, "unseen": True}},
                "no place in their order",
            ),
            ({"a": {"type": "float32", "shape": [3]}}, "must begin with -1"),
            ({"a": {"type": "float32", "shape": [-1]}, "b": "integer"}, "signature.inputs.b: its shape is missing"),
        ],
    )
    def test_what_can_not_be_is_refused(self, words: dict[str, Any], said: str) -> None:
        assert said in refusal(words).detail

    def test_a_model_tells_which_columns_it_was_trained_on(self) -> None:
        trained = SavedModel(loader=SKLEARN.loader, requirements=[], feature_names=["a", "b"])
        assert "trained on a, b" in refusal({"b": "number", "a": "number"}, None, trained).hint

    def test_a_file_tells_its_tensors(self) -> None:
        """Given a graph, which knows its tensors by name, then a name of the maker's own would never reach it."""
        tensors = [Tensor(name="input", type="float32", shape=[-1, 4])]
        graph = SavedModel(
            loader=Loader(kind="onnx", file="m.onnx"), requirements=[], container_hint="tensors", tensors=tensors
        )
        assert made({"inputs": {"input": "number"}}, None, graph).inputs == Tensors(tensors=tensors)
        said = refusal({"image": {"type": "float32", "shape": [-1, 4]}}, None, graph).detail
        assert said == "signature.inputs.image: the model's file has no such tensor (it has 'input')."
        said = refusal({"input": {"shape": [-1, 5]}}, None, graph).detail
        assert said == "signature.inputs.input: its shape is [-1, 5], but the model's file has [-1, 4]."

    def test_the_only_value_of_a_row_has_no_default(self) -> None:
        assert "can't be left out" in refusal({"a": {"type": "number", "default": 1}}, container="values").detail

    def test_it_is_noted_what_the_check_does(self) -> None:
        assert "made up from the signature" in note_without_example(made({"inputs": {"a": "number"}}))[0]
        assert (
            "a row of the defaults"
            in note_without_example(made({"inputs": {"a": {"type": "number", "default": 1}}}))[0]
        )
        assert note_without_example(None) == []


class TestWithAnExample:
    def test_it_says_more_of_some_columns_and_leaves_the_others(self) -> None:
        found = made({"inputs": {
            "age": {"default": 0}, "city": {"type": "category", "unseen": True}, "town": {"categories": CITIES, "nullable": True},
            "extra": {"type": "integer", "default": 7},
        }}, FRAME)  # fmt: skip
        before = facts(infer(FRAME))
        assert facts(found) == {
            "age": {**before["age"], "default": 0},
            "city": {**before["city"], "unseen": True},
            "town": {**before["town"], "categories": CITIES, "categorical": False, "nullable": True},
            "share": before["share"],
            "extra": {"type": "int64", "default": 7},
        }

    @pytest.mark.parametrize("kind", ["int8", "int32", "uint16"])
    def test_a_general_word_keeps_the_example_s_exact_type(self, kind: str) -> None:
        found = made({"inputs": {"a": "integer", "b": "number"}}, pd.DataFrame({"a": np.array([1], kind), "b": [1]}))
        assert {name: each["type"] for name, each in facts(found).items()} == {"a": kind, "b": "float64"}

    def test_rows_of_the_example_may_leave_out_what_has_a_default(self) -> None:
        found = made({"inputs": {"age": {"type": "integer", "default": 3}}}, [{"x": 1.5}, {"x": 2.5, "age": 4}])
        assert facts(found)["age"] == {"type": "int64", "default": 3}

    def test_columns_without_names_get_those_that_are_stated(self) -> None:
        found = made({"inputs": {"width": "number", "height": {"type": "number", "default": 1}}}, np.zeros((2, 2)))
        assert facts(found) == {"width": {"type": "float64"}, "height": {"type": "float64", "default": 1}}

    def test_what_was_written_down_takes_the_type_that_is_stated(self) -> None:
        row = {"n": 5, "when": "2024-01-01", "kind": "a", "any": [1]}
        found = made({"inputs": {
            "n": "float32", "when": "datetime", "kind": {"type": "category", "categories": ["a", "b"]}, "any": "json",
        }}, [row])  # fmt: skip
        assert facts(found) == {
            "n": {"type": "float32"}, "when": {"type": "datetime"}, "kind": {"type": "string", "categories": ["a", "b"]},
            "any": {"type": "json"},
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("word", "example", "items"),
        [
            ("image", [Image.new("RGB", (2, 2))], "image[RGB]"), ("image[L]", [Image.new("L", (2, 2))], "image[L]"),
            ("image", ["iVBORw0KGgo="], "image"), ("bytes", [b"x"], None), ("bytes", ["eA=="], None), ("image[RGB]", None, "image[RGB]"),
        ],
    )  # fmt: skip
    def test_bytes_and_images(self, word: str, example: Any, items: str | None) -> None:
        found = made({"inputs": {"x0": word}}, example, container=None if example else "values")
        assert facts(found) == {"x0": {"type": "bytes", **({"items": items} if items else {})}}

    def test_narrow_categories_that_are_open_take_what_their_type_holds(self) -> None:
        frame = pd.DataFrame({"k": pd.Categorical(np.array([1, 2], "int8"))})
        assert facts(made({"inputs": {"k": {"unseen": True}}}, frame))["k"]["type"] == "int8"

    def test_a_tensor_gets_its_name_and_free_sizes(self) -> None:
        found = made({"inputs": {"image": {"type": "number", "shape": [-1, -1, 2]}}}, np.zeros((1, 4, 2), "float32"))
        assert isinstance(found.inputs, Tensors)
        assert (found.inputs.tensors[0].name, found.inputs.tensors[0].shape) == ("image", [-1, -1, 2])
        assert found.inputs.tensors[0].type == "float32"

    @pytest.mark.parametrize(
        ("words", "example", "said"),
        [
            ({"age": "string"}, FRAME, "signature.inputs.age: its type is string, but the example has int64"),
            ({"age": "int8"}, FRAME, "its type is int8, but the example has int64"),
            ({"share": "float32"}, FRAME, "its type is float32, but the example has float64"),
            ({"share": {"nullable": False}}, FRAME, "it is not nullable, but the example lacks a value"),
            ({"city": {"type": "string"}}, FRAME, "the example has it as a category"),
            ({"city": {"categories": ["Lille", "Gent"]}}, FRAME, "but the example has 'Gent', 'Lille'"),
            ({"city": {"type": "category", "ordered": True}}, FRAME, "its categories in the example are not ordered"),
            ({"town": {"type": "category", "categories": CITIES}}, FRAME, "the example has plain values of string"),
            ({"town": {"categories": ["Gent"]}}, FRAME, "the example has 'Lille', which is none of the categories 'Gent'"),
            ({"town": {"unseen": True}}, FRAME, "unseen goes with categories"),
            ({"x0": "bytes"}, [Image.new("RGB", (2, 2))], "its type is bytes, but the example has image[RGB]"),
            ({"x0": "image[L]"}, [Image.new("RGB", (2, 2))], "its type is image[L], but the example has image[RGB]"),
            ({"more": "integer"}, FRAME, "signature.inputs.more: the example has no such column (it has 'age'"),
            ({"age": {"type": "integer", "shape": [-1]}}, FRAME, "the example is a table"),
            ({"n": "integer"}, [{"n": 1.5}], "its type is integer, but the example has 1.5"),
            ({"n": "string"}, [{"n": 1}], "its type is string, but the example has 1"),
            ({"n": {"categories": [2]}}, [{"n": 1}], "the example has 1, which is none of the categories 2"),
            ({"a": "number", "b": "number"}, np.zeros((2, 3)), "the example has no such column"),
            ({"a": {"shape": [-1, 3, 2]}}, np.zeros((1, 4, 2)), "its shape is [-1, 3, 2], but the example has [-1, 4, 2]"),
            ({"a": {"type": "integer"}}, np.zeros((1, 4, 2)), "its type is integer, but the example has float64"),
            ({"a": "string"}, pl.DataFrame({"a": [1]}), "its type is string, but the example has int64"),
        ],
    )  # fmt: skip
    def test_contradictions_are_told_with_their_place(self, words: dict[str, Any], example: Any, said: str) -> None:
        assert said in refusal(words, example).detail

    def test_a_container_is_said_once(self) -> None:
        with pytest.raises(InvalidModel, match="Say it once"):
            made({"inputs": {"a": "number"}, "container": "pandas"}, None, container="polars")
        with pytest.raises(InvalidModel, match="container is 'polars', but the example is 'pandas'"):
            made({"inputs": {}, "container": "polars"}, FRAME)
