"""The description of the routes that gateways answer."""

import pytest
from pydantic import ValidationError

from unshelf.api.prediction_paths import PREDICTION_MODELS, PredictInputs, prediction_paths


def operations() -> dict[str, dict[str, object]]:
    return {operation["operationId"]: operation for path in prediction_paths().values() for operation in path.values()}


def test_each_operation_has_an_id_of_its_own() -> None:
    assert len(operations()) == sum(map(len, prediction_paths().values()))
    assert operations().keys() >= {"predict", "invoke", "show_deferred", "cancel_deferred", "read_deferred_answer"}


def test_the_parameters_are_those_of_the_path() -> None:
    for path, verbs in prediction_paths().items():
        for operation in verbs.values():
            of_path = [one for one in operation["parameters"] if one["in"] == "path"]
            assert [f"{{{one['name']}}}" in path for one in of_path] == [True] * path.count("{")


def test_schemas_that_are_named_are_given() -> None:
    given = {model.__name__ for model in PREDICTION_MODELS}
    text = str(prediction_paths())
    named = {part.partition("'")[0] for part in text.split("#/components/schemas/")[1:]}
    assert named - given == {"ProblemAnswer"}


def test_a_prediction_may_answer_with_the_errors_of_a_model() -> None:
    answers = operations()["predict"]["responses"]
    assert isinstance(answers, dict)
    assert answers.keys() >= {"200", "202", "400", "404", "413", "415", "422", "429", "503", "504"}


@pytest.mark.parametrize("wrong", [{}, {"inputs": []}, {"inputs": 1}, {"inputs": [1], "rows": [1]}])
def test_inputs_that_can_not_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        PredictInputs.model_validate(wrong)
