"""A signature is read as its maker writes it, in short and in full, and what is wrong with it is told with its place."""

from datetime import date
from typing import Any

import msgspec
import numpy as np
import pytest

from unshelf.client.errors import InvalidModel
from unshelf.client.signatures.written import read_signature


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("integer", "integer"), ("float32", "float32"), (int, "integer"), (float, "number"), (str, "string"), (bool, "boolean"),
        (date, "datetime"), (dict, "json"), (np.int8, "int8"), (np.dtype("float16"), "float16"),
        (bytes, "bytes"), ("image[RGB]", "image[RGB]"),
    ],
)  # fmt: skip
def test_a_type_is_a_word_a_class_or_a_dtype(word: Any, kind: str) -> None:
    short, full = (read_signature({"inputs": {"x": each}}).inputs["x"] for each in (word, {"type": word}))
    assert short.type == full.type == kind
    assert short == full


def test_a_column_is_described_in_full() -> None:
    words = {
        "type": "category", "nullable": True, "default": "a", "categories": np.array(["a", "b"]), "unseen": True,
    }  # fmt: skip
    found = read_signature({"inputs": {"city": words}, "container": "pandas"})
    city = found.inputs["city"]
    assert (city.categories, city.default, city.nullable, city.unseen) == (["a", "b"], "a", True, True)
    assert (city.where, found.container, city.may_be_left_out) == ("signature.inputs.city", "pandas", True)


@pytest.mark.parametrize(
    ("given", "default"), [(np.int64(3), 3), (np.nan, None), (date(2024, 2, 1), "2024-02-01"), (None, None), ([1], [1])]
)
def test_a_default_is_what_json_has_of_it(given: Any, default: Any) -> None:
    field = read_signature({"inputs": {"x": {"default": given}}}).inputs["x"]
    assert field.default == default
    assert field.may_be_left_out


def test_without_a_default_a_column_may_not_be_left_out() -> None:
    field = read_signature({"inputs": {"x": "integer"}}).inputs["x"]
    assert field.default is msgspec.UNSET
    assert not field.may_be_left_out


def test_labels_need_not_be_texts() -> None:
    field = read_signature({"inputs": {3: "number"}}).inputs["3"]
    assert (field.name, field.label) == ("3", 3)


@pytest.mark.parametrize(
    ("words", "said", "hint"),
    [
        ({"inputs": {"x": "intger"}}, "signature.inputs.x: type can't be 'intger'", "Did you mean integer?"),
        ({"inputs": {"x": "int"}}, "signature.inputs.x: type can't be 'int'", "Did you mean integer?"),
        ({"inputs": {"x": "float"}}, "signature.inputs.x: type can't be 'float'", "Did you mean number?"),
        ({"inputs": {"x": "str"}}, "signature.inputs.x: type can't be 'str'", "Did you mean string?"),
        ({"inputs": {"x": set}}, "signature.inputs.x: type can't be <class 'set'>", "Known are integer"),
        ({"inputs": {"x": "image[?]"}}, "signature.inputs.x: type can't be 'image[?]'", "Did you mean image?"),
        ({"inputs": {"x": {"type": "integer", "defualt": 3}}}, "signature.inputs.x: 'defualt' is not known", "default"),
        ({"input": {}}, "signature: 'input' is not known", "Did you mean inputs?"),
        ({"inputs": {"x": {"nullable": "yes"}}}, "signature.inputs.x: Expected `bool", ""),
        ({"inputs": {"x": {"default": object()}}}, "signature.inputs.x: the default can't be sent as JSON", ""),
        ({"inputs": {"x": {"optional": True, "default": 1}}}, "it is optional and has a default", ""),
        ({"inputs": {"x": {"categories": []}}}, "categories is empty", ""),
        ({"inputs": {"x": {"categories": ["a", "a"]}}}, "a category is named twice", ""),
        ({"inputs": {"x": {"type": "string", "ordered": True}}}, "ordered goes with categories", ""),
        (
            {"inputs": {"x": {"type": "float32", "shape": [-1], "default": 1}}},
            "a tensor, which has a shape, is neither",
            "",
        ),
        ({"inputs": {1: "integer", "1": "integer"}}, "signature.inputs.1: it is stated twice", "rename one"),
        ({"inputs": {b"x": "integer"}}, "signature.inputs: The column label", ""),
        ({"outputs": {"y": {"type": "number", "default": 1}}}, "signature.outputs.y: an output has a type", ""),
        ("integer", "signature can't be 'integer'", "inputs"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(words: Any, said: str, hint: str) -> None:
    with pytest.raises(InvalidModel) as caught:
        read_signature(words)
    assert said in caught.value.detail
    assert hint in caught.value.hint


def test_csv_fields_are_read_as_the_types_that_are_stated() -> None:
    found = read_signature({
        "inputs": {"zip": "string", "n": "integer", "c": {"type": "category", "categories": ["1"]}, "b": "boolean", "d": {"default": 1}}
    })  # fmt: skip
    assert found.csv_types == {"zip": "string", "n": "int64", "c": "string"}
