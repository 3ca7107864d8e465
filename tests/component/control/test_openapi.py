"""The OpenAPI document: every operation and field described, errors as they are, and no change unseen.

UNSHELF_UPDATE_OPENAPI=1 writes docs/reference/openapi.json anew."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.asgi import AppCaller

SNAPSHOT = Path(__file__).parents[3] / "docs" / "reference" / "openapi.json"
VERBS = {"get", "put", "post", "delete", "patch", "head", "options"}


@pytest.fixture
def document() -> dict[str, Any]:
    """The document of the reference, which the first test holds against control's."""
    found: dict[str, Any] = json.loads(SNAPSHOT.read_text())
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            assert verb in VERBS
            yield f"{verb} {path}", operation


def test_the_document_is_the_one_in_the_reference(admin: AppCaller) -> None:
    document = admin("GET", "/api/v1/openapi.json").json()
    text = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if os.environ.get("UNSHELF_UPDATE_OPENAPI"):
        SNAPSHOT.write_text(text)
    same = json.loads(SNAPSHOT.read_text()) == document
    assert same, "the API changed: run this test with UNSHELF_UPDATE_OPENAPI=1 and look at the difference"


def test_every_operation_has_a_name_of_its_own_and_a_description(document: dict[str, Any]) -> None:
    found = dict(operations(document))
    assert len(found) > 25
    names = [operation["operationId"] for operation in found.values()]
    assert len(names) == len(set(names))
    assert [what for what, operation in found.items() if not operation.get("description")] == []


def test_every_field_is_described(document: dict[str, Any]) -> None:
    fields = {
        f"{name}.{field}": schema
        for name, model in document["components"]["schemas"].items()
        for field, schema in model.get("properties", {}).items()
    }
    assert len(fields) > 130
    assert [name for name, schema in fields.items() if not schema.get("description")] == []
    assert [name for name, model in document["components"]["schemas"].items() if not model.get("description")] == []


def test_errors_are_problems(document: dict[str, Any]) -> None:
    assert not {"HTTPValidationError", "ValidationError"} & set(document["components"]["schemas"])
    for what, operation in operations(document):
        errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
        if operation.get("security") == []:
            assert what in ("get /healthz", "get /readyz")
            continue
        assert {"401", "403", "503"} <= set(errors), what
        if what.endswith("/ready"):
            assert list(errors.pop("503")["content"]) == ["application/json"], "not ready is an answer, and no error"
        for answer in errors.values():
            assert list(answer["content"]) == ["application/problem+json"], what
        has_input = bool(operation.get("parameters")) or "requestBody" in operation
        assert ("422" in errors) <= has_input, what


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    references = set(re.findall(r"#/components/schemas/(\w+)", json.dumps(document)))
    assert references == set(schemas)


def test_bodies_of_files_and_streams_are_described(document: dict[str, Any]) -> None:
    paths = document["paths"]
    assert list(paths["/api/v1/blobs/{sha256}"]["put"]["requestBody"]["content"]) == ["application/octet-stream"]
    predict = paths["/models/{ref}/predict"]["post"]
    assert list(predict["requestBody"]["content"]) == ["application/json", "application/vnd.apache.arrow.stream"]
    for path, media_type in [
        ("/api/v1/events", "text/event-stream"),
        ("/api/v1/models/{ref}/predictions", "application/x-ndjson"),
        ("/api/v1/deploys/{id}/events", "application/x-ndjson"),
        ("/api/v1/environments/{ref}/lock", "text/plain"),
        ("/models/{ref}/predictions/{id}/answer", "text/event-stream"),
        ("/metrics", "text/plain"),
        ("/v2/models/{ref}", "application/json"),
        ("/readyz", "application/json"),
    ]:
        assert media_type in paths[path]["get"]["responses"]["200"]["content"], path
