"""Metadata of the Open Inference Protocol, and the references that its addresses make."""

import pytest

from tests.support.routes import version
from unshelf.contracts.routing import ModelRoute, Share
from unshelf.contracts.signature import Column, Columns, Signature, Tensor, Tensors
from unshelf.gateway.errors import ProblemError
from unshelf.gateway.predict.open_inference import model_metadata, not_allowed, reference_of
from unshelf.gateway.routing.index import Route, VersionTarget

NUMBERS = [Column(name="a", type="float64"), Column(name="b", type="float64")]


def route_of(inputs: Columns | Tensors, outputs: Columns | Tensors | None = None, *versions: int) -> Route:
    route = version(signature=Signature(inputs=inputs, outputs=outputs), platform="sklearn_skops")
    numbers = versions or (1,)
    model = ModelRoute(
        versions=dict.fromkeys(numbers, route), release=[Share(version=n, percent=100 / len(numbers)) for n in numbers]
    )
    targets = [VersionTarget("iris", number, route, False) for number in numbers]
    return Route("iris", model, targets, [100 / len(numbers)] * len(numbers))


def test_a_matrix_of_numbers_is_one_tensor() -> None:
    metadata = model_metadata(route_of(Columns(columns=NUMBERS, container="numpy")))
    assert metadata["inputs"] == [{"name": "input", "datatype": "FP64", "shape": [-1, 2]}]
    assert (metadata["platform"], metadata["versions"], metadata["outputs"]) == ("sklearn_skops", ["1"], [])


@pytest.mark.parametrize(
    "columns",
    [
        Columns(columns=NUMBERS, container="pandas"),
        Columns(columns=[*NUMBERS, Column(name="c", type="int8")], container="numpy"),
    ],
)
def test_any_other_table_is_a_tensor_a_column(columns: Columns) -> None:
    tensors = model_metadata(route_of(columns))["inputs"]
    assert [tensor["name"] for tensor in tensors] == [column.name for column in columns.columns]
    assert all(tensor["shape"] == [-1] for tensor in tensors)


def test_tensors_are_shown_as_they_are() -> None:
    image = Tensors(tensors=[Tensor(name="image", type="uint8", shape=[-1, 2, -1])])
    metadata = model_metadata(route_of(image, image))
    assert metadata["inputs"] == metadata["outputs"] == [{"name": "image", "datatype": "UINT8", "shape": [-1, 2, -1]}]


def test_every_version_of_a_release_is_listed() -> None:
    assert model_metadata(route_of(Columns(columns=NUMBERS), None, 3, 2))["versions"] == ["2", "3"]


@pytest.mark.parametrize(
    ("text", "number", "reference"),
    [("iris", None, "iris"), ("iris", "3", "iris:3"), ("iris:3", "3", "iris:3"), ("a@b", None, "a@b")],
)
def test_a_name_and_a_version_make_a_reference(text: str, number: str | None, reference: str) -> None:
    assert reference_of(text, number) == reference


@pytest.mark.parametrize(
    ("text", "number", "code"),
    [
        ("iris:2", "3", "malformed_request"),
        ("iris@a", "3", "malformed_request"),
        ("iris", "x", "not_found"),
        ("../x", "3", "not_found"),
    ],
)
def test_two_versions_or_none_are_refused(text: str, number: str, code: str) -> None:
    with pytest.raises(ProblemError) as refused:
        reference_of(text, number)
    assert refused.value.code == code


def test_a_wrong_method_hears_the_right_ones() -> None:
    refusal = not_allowed("DELETE", "GET", "HEAD")
    assert (refusal.status, refusal.headers) == (405, (("allow", "GET, HEAD"),))
