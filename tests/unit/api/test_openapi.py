"""The OpenAPI document of an app: the errors as they are, and the routes of gateways beside control's."""

from typing import Any

import pytest
from fastapi import FastAPI
from pydantic import BaseModel

from unshelf.api.openapi import describe_api
from unshelf.contracts.bundle import Manifest
from unshelf.contracts.problems import CODES
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.struct_schemas import struct_field


class Wanted(BaseModel):
    manifest: dict[str, Any] = struct_field(Manifest)


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    app = FastAPI(title="Test", version="1.2.3")

    @app.post("/wanted", responses=problem_answers("conflict"))
    def take(wanted: Wanted) -> str:
        return str(wanted)

    @app.get("/plain")
    def plain() -> str:
        return ""

    return describe_api(app)


def references_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references_in, value.values()))
    return set().union(*map(references_in, value)) if isinstance(value, list) else set()


def test_every_route_states_the_errors_that_any_may_answer(document: dict[str, Any]) -> None:
    for path in document["paths"].values():
        for operation in path.values():
            if operation.get("security") != []:  # health, which needs no token
                assert operation["responses"].keys() >= {"401", "403", "503"}


def test_a_route_with_an_input_states_its_faults_as_a_problem(document: dict[str, Any]) -> None:
    answers = document["paths"]["/wanted"]["post"]["responses"]
    assert list(answers) == ["200", "401", "403", "409", "422", "503"]
    assert list(answers["422"]["content"]) == ["application/problem+json"]
    assert "422" not in document["paths"]["/plain"]["get"]["responses"]


def test_the_shapes_of_the_framework_s_own_errors_are_gone(document: dict[str, Any]) -> None:
    assert not {"HTTPValidationError", "ValidationError"} & document["components"]["schemas"].keys()
    assert document["components"]["schemas"]["ProblemAnswer"]["properties"]["code"]["enum"] == sorted(CODES)


def test_the_document_has_the_routes_of_gateways_and_asks_for_a_token(document: dict[str, Any]) -> None:
    assert document["paths"].keys() >= {"/models/{ref}/predict", "/wanted"}
    assert document["security"] == [{"token": []}]


def test_a_field_with_a_struct_refers_to_its_schema(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert schemas["Wanted"]["properties"]["manifest"]["$ref"] == "#/components/schemas/Manifest"
    assert list(schemas) == sorted(schemas)


def test_every_reference_leads_to_a_schema(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references_in(document) - known == set()
