"""The OpenAPI document of a model: how one version is called, with its columns as a schema, an example, and every way to be refused."""

from typing import Any

from unshelf.contracts.problems import CODES, PROBLEM_TYPE
from unshelf.contracts.signature import Signature
from unshelf.deploy.model_api.json_schemas import example_row, output_schema, parameters_schema, row_schema

OPENAPI = "3.1.0"
_REFUSALS: dict[str, str] = {
    "malformed_request": "The body is no JSON, or not of the shape above.",
    "unauthenticated": "There is no token, or it is not known, was revoked or has expired.",
    "forbidden": "The token may not call this model, or a web page of an origin that is not allowed asks.",
    "not_found": "There is no such model or version, or the token's owner may not see it.",
    "body_too_large": "The body is larger than this server takes.",
    "unsupported_media_type": "The Content-Type is none that predictions are read from.",
    "invalid_input": "Rows do not fit the schema; `errors` names row, column, what was expected and what came.",
    "too_many_requests": "A limit is reached; Retry-After says when to come again.",
    "model_error": "The model failed on these rows. Its owner finds the traceback by the answer's `id`.",
    "overloaded": "There is no room just now; Retry-After says when to come again.",
    "deadline_exceeded": "The model took longer than it may.",
}  # fmt: skip


def describe_model(
    *, model: str, version: int, ref: str, signature: Signature, inputs: list[Any], server: str
) -> dict[str, Any]:
    """Return the document for the reference `ref`, which leads to this version. `inputs`: rows of its example; empty: one is made up.
    `server`: the address of the server, empty for the one that the document came from."""
    rows = inputs or [example_row(signature)]
    body: dict[str, Any] = {
        "type": "object",
        "properties": {"inputs": {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/Row"}}},
        "required": ["inputs"],
    }
    if signature.parameters:
        body["properties"]["params"] = parameters_schema(signature.parameters)
    return {
        "openapi": OPENAPI,
        "info": {
            "title": model, "version": str(version),
            "description": f"Predictions of the model {model}, as version {version} takes and returns them.",
        },
        "servers": [{"url": server or "/"}],
        "security": [{"token": []}],
        "paths": {f"/models/{ref}/predict": {"post": _operation(model, body, rows)}},
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Row": row_schema(signature.inputs), "Output": output_schema(signature.outputs), "Problem": _PROBLEM,
            },
        },
    }  # fmt: skip


def _operation(model: str, body: dict[str, Any], rows: list[Any]) -> dict[str, Any]:
    refusals: dict[str, list[str]] = {}
    for code, meaning in _REFUSALS.items():
        refusals.setdefault(str(CODES[code]), []).append(f"`{code}`: {meaning}")
    return {
        "operationId": "predict",
        "summary": f"Ask {model} for predictions, one a row.",
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": body, "example": {"inputs": rows}}},
        },
        "responses": {
            "200": {
                "description": "The outputs, one a row in the order of the rows.",
                "headers": {"X-Prediction-Id": {"schema": {"type": "string"}, "description": "The id of its record."}},
                "content": {"application/json": {"schema": _ANSWER}},
            },
            **{
                status: {"description": " ".join(texts), "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
                for status, texts in sorted(refusals.items())
            },
        },
    }  # fmt: skip


_ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "model": {"type": "string"},
        "version": {"type": "integer"},
        "outputs": {"type": "array", "items": {"$ref": "#/components/schemas/Output"}},
    },
    "required": ["id", "model", "version", "outputs"],
}
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A refusal, as RFC 9457 has it.",
    "properties": {
        "code": {"type": "string", "description": "Stable, for programs."},
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string", "description": "What happened, for people."},
        "hint": {"type": "string", "description": "What to do next."},
        "id": {"type": "string", "description": "The prediction's id, to quote."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "row": {"type": "integer"}, "column": {"type": "string"}, "expected": {"type": "string"},
                    "got": {"type": "string"},
                },
            },
        },
    },
    "required": ["code", "status", "detail"],
}  # fmt: skip
