"""Parameters and names to be redacted, as a manifest declares them, held against the model."""

from typing import Any

import pytest

from unshelf.worker.checks.declarations import parameters_of, require_known_redactions
from unshelf.worker.errors import CheckFailed

OWN = [{"name": "top_k", "type": "integer", "default": 5}]
TOLD = [{"name": "beam", "type": "integer", "default": 3}]
LOADER = {"loader": {"kind": "onnx"}}


class Plain:
    def predict(self, inputs: Any, /) -> Any:
        return inputs


class Taking(Plain):
    def predict(self, inputs: Any, /, **parameters: Any) -> Any:
        return inputs

    def declared_parameters(self) -> list[dict[str, Any]]:
        return OWN


@pytest.mark.parametrize(
    ("manifest", "signature", "found"),
    [
        ({}, {}, OWN),
        ({"parameters": None}, {}, OWN),
        ({"parameters": TOLD}, {}, TOLD),
        ({"parameters": []}, {}, []),
        ({}, {"parameters": TOLD}, TOLD),
    ],
)
def test_what_the_maker_says_counts_before_what_the_code_declares(
    manifest: dict[str, Any], signature: dict[str, Any], found: list[dict[str, Any]]
) -> None:
    assert parameters_of(Taking(), LOADER | manifest, signature) == found


def test_a_model_that_takes_none_may_declare_none() -> None:
    assert parameters_of(Plain(), LOADER, {}) == parameters_of(Plain(), LOADER | {"parameters": []}, {}) == []
    with pytest.raises(CheckFailed, match="of the kind onnx takes none"):
        parameters_of(Plain(), LOADER | {"parameters": TOLD}, {})


SIGNATURE = {
    "inputs": {"kind": "columns", "columns": [{"name": "age", "type": "int64"}]},
    "outputs": {"kind": "tensors", "tensors": [{"name": "score", "type": "float64", "shape": [-1]}]},
    "parameters": OWN,
}


@pytest.mark.parametrize("name", ["age", "score", "top_k"])
def test_columns_outputs_and_parameters_may_be_redacted(name: str) -> None:
    require_known_redactions({"recording": {"redact": [name]}}, SIGNATURE)
    require_known_redactions({}, SIGNATURE)


def test_a_name_that_nothing_has_may_not_unless_a_column_holds_objects() -> None:
    with pytest.raises(CheckFailed, match="'agee'") as failed:
        require_known_redactions({"recording": {"redact": ["agee"]}}, SIGNATURE)
    assert failed.value.hint == "It has age, score, top_k."
    objects = {"inputs": {"kind": "columns", "columns": [{"name": "more", "type": "json"}]}}
    require_known_redactions({"recording": {"redact": ["agee"]}}, objects)
