"""The OpenAPI document: what FastAPI derives from the routes, with the errors as they really are."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import Field

from unshelf.api.open_inference_paths import OPEN_INFERENCE_MODELS, health_paths, open_inference_paths
from unshelf.api.prediction_paths import PREDICTION_MODELS, prediction_paths
from unshelf.contracts.bundle import Checks, Manifest
from unshelf.contracts.machine import MachineFacts
from unshelf.contracts.problems import CODES
from unshelf.contracts.protocols.data import ColumnProfile
from unshelf.contracts.protocols.host import Replica
from unshelf.foundation.web.field_docs import describe_fields
from unshelf.foundation.web.problems import problem_answers
from unshelf.foundation.web.schemas import AnswerModel, RequestModel
from unshelf.foundation.web.struct_schemas import add_struct_schemas

_ANY_ROUTE = ("unauthenticated", "forbidden", "unavailable")
"""The codes that every route may answer."""
_FASTAPI_ERRORS = ("HTTPValidationError", "ValidationError")
_STRUCTS = (Manifest, Checks, Replica, MachineFacts, ColumnProfile)
"""The contract structs whose plain values stand in fields of answers and requests."""
_REFERENCE = "#/components/schemas/{model}"


class InputFault(AnswerModel):
    """One fault of an input."""

    row: int | None = None
    """The row, counted from 0."""
    column: str | None = None
    """The field or column, with its place: `keys.0`."""
    expected: str
    """The expected value."""
    got: str
    """The value that came, shortened."""


class ProblemAnswer(AnswerModel):
    """An error, as RFC 9457 describes it. docs/reference/errors.md explains each code."""

    type: str = Field(examples=["urn:unshelf:problem:not_found"])
    """The code as a URN."""
    title: str
    """The status in words."""
    status: int
    """The HTTP status."""
    code: str = Field(json_schema_extra={"enum": [*sorted(CODES)]})
    """The kind of error, for programs: stable."""
    detail: str
    """The error in a sentence."""
    hint: str = ""
    """The next thing to do."""
    id: str = ""
    """The id under which the server's log, or the record of the prediction, says more."""
    errors: list[InputFault] = Field(default=[])
    """The faults of the input, where there are several."""


def describe_api(app: FastAPI) -> dict[str, Any]:
    """Return the document as JSON values: control's routes, and those that gateways answer themselves."""
    document = get_openapi(title=app.title, version=app.version, routes=app.routes, summary="The API of Unshelf")
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"token": []}]
    schemas = components.setdefault("schemas", {})
    for name in _FASTAPI_ERRORS:
        schemas.pop(name, None)
    for model in (ProblemAnswer, *PREDICTION_MODELS, *OPEN_INFERENCE_MODELS):
        schema = model.model_json_schema(ref_template=_REFERENCE, mode="serialization")
        for name, each in (schema.pop("$defs", {}) | {model.__name__: schema}).items():
            schemas[name] = _without_null_defaults(each)
    describe_fields(schemas, (AnswerModel, RequestModel))
    document["paths"] |= prediction_paths() | open_inference_paths() | health_paths()
    add_struct_schemas(schemas, _STRUCTS)
    for path in document["paths"].values():
        for operation in path.values():
            if operation.get("security") != []:
                _state_errors(operation)
    components["schemas"] = dict(sorted(schemas.items()))
    return document


def _without_null_defaults(schema: dict[str, Any]) -> dict[str, Any]:
    """Have a field that may be absent stated as optional alone: generators of clients make one with a default required."""
    for field in schema.get("properties", {}).values():
        if "default" in field and field["default"] is None:
            del field["default"]
    return schema


def _state_errors(operation: dict[str, Any]) -> None:
    """State the errors that any route may answer, and 422 in its real shape where there is an input to be wrong."""
    answers = operation["responses"]
    codes = (*_ANY_ROUTE, "invalid_input") if answers.pop("422", None) else _ANY_ROUTE
    for status, answer in problem_answers(*codes).items():
        answers.setdefault(str(status), answer)
    operation["responses"] = dict(sorted(answers.items()))
