"""Descriptions of operations that FastAPI does not see, since gateways answer them, for the OpenAPI document."""

from typing import Any

from unshelf.foundation.web.problems import problem_answers

JSON = "application/json"
_REFERENCE = "#/components/schemas/"


def operation(
    name: str,
    description: str,
    parameters: list[dict[str, Any]],
    *,
    body: dict[str, Any] | None = None,
    answers: dict[str, Any],
    codes: tuple[str, ...] = (),
    tag: str = "predictions",
) -> dict[str, Any]:
    """Describe an operation; `codes`: the errors that it may answer beside those of every route."""
    errors = {str(status): problem for status, problem in problem_answers(*codes).items()}
    described: dict[str, Any] = {
        "tags": [tag], "summary": name.replace("_", " ").capitalize(), "description": description,
        "operationId": name, "parameters": parameters, "responses": answers | errors,
    }  # fmt: skip
    if body is not None:
        described["requestBody"] = {"required": True, "content": body}
    return described


def parameter(name: str, description: str) -> dict[str, Any]:
    """Describe a part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}, "description": description}


def header(name: str, description: str) -> dict[str, Any]:
    """Describe a header that a request may have."""
    return {"name": name, "in": "header", "required": False, "schema": {"type": "string"}, "description": description}


def answer(description: str, content: dict[str, Any]) -> dict[str, Any]:
    """Describe an answer; `content`: media type to schema."""
    return {"description": description, "content": content}


def schema_of(name: str) -> dict[str, Any]:
    """Refer to a schema of the document."""
    return {"schema": {"$ref": _REFERENCE + name}}
