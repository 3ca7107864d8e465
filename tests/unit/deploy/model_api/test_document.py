"""The OpenAPI document of a model: valid, with its address, an example, and every refusal by its status."""

from typing import Any

from openapi_spec_validator import validate

from tests.support.stand_in_host import SIGNATURE
from unshelf.deploy.model_api.document import describe_model


def document(**fields: Any) -> dict[str, Any]:
    given = {
        "model": "churn",
        "version": 3,
        "ref": "churn",
        "signature": SIGNATURE,
        "inputs": [],
        "server": "",
        **fields,
    }
    return describe_model(**given)


def test_it_is_a_valid_openapi_document() -> None:
    validate(document())
    validate(document(inputs=[{"x": 1.0}], server="https://models.example.org", ref="churn:3"))


def test_it_says_where_and_how_the_model_is_called() -> None:
    found = document(ref="churn@best", server="https://models.example.org", inputs=[{"x": 1.0}])
    assert found["servers"] == [{"url": "https://models.example.org"}]
    assert (found["info"]["title"], found["info"]["version"]) == ("churn", "3")
    operation = found["paths"]["/models/churn@best/predict"]["post"]
    assert operation["requestBody"]["content"]["application/json"]["example"] == {"inputs": [{"x": 1.0}]}
    assert set(operation["responses"]) == {
        "200",
        "400",
        "401",
        "403",
        "404",
        "413",
        "415",
        "422",
        "429",
        "500",
        "503",
        "504",
    }
