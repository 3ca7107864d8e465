"""The description of the Open Inference Protocol's routes and of health."""

from typing import Any

from unshelf.api.open_inference_paths import OPEN_INFERENCE_MODELS, InferRequest, health_paths, open_inference_paths

PATHS = open_inference_paths() | health_paths()


def operations() -> dict[str, dict[str, Any]]:
    return {operation["operationId"]: operation for path in PATHS.values() for operation in path.values()}


def test_each_operation_has_an_id_of_its_own() -> None:
    assert len(operations()) == sum(map(len, PATHS.values())) == 11


def test_the_parameters_are_those_of_the_path() -> None:
    for path, verbs in PATHS.items():
        for operation in verbs.values():
            assert [f"{{{one['name']}}}" in path for one in operation["parameters"]] == [True] * path.count("{")


def test_schemas_that_are_named_are_given() -> None:
    given = {model.__name__ for model in OPEN_INFERENCE_MODELS}
    named = {part.partition("'")[0] for part in str(PATHS).split("#/components/schemas/")[1:]}
    assert named - given == {"ProblemAnswer"}


def test_not_being_ready_has_the_shape_of_being_ready() -> None:
    for name in ("v2_ready", "v2_model_ready", "v2_model_version_ready", "readyz"):
        answers = operations()[name]["responses"]
        assert answers["503"]["content"] == answers["200"]["content"]


def test_health_needs_no_token_and_the_rest_does() -> None:
    open_to_all = {name for name, operation in operations().items() if operation.get("security") == []}
    assert open_to_all == {"healthz", "readyz"}


def test_a_tensor_s_type_is_one_of_the_protocol_s() -> None:
    datatype = InferRequest.model_json_schema()["$defs"]["InferTensor"]["properties"]["datatype"]
    assert {"BOOL", "BYTES", "FP32", "INT64", "UINT8"} <= set(datatype["enum"])
