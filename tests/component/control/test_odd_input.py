"""No request makes the server fail: every route, with values that nobody would send in earnest, in every place."""

import hashlib
import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import quote
from zlib import crc32

import httpx
import pytest

from tests.support.disks import fill, small_disk
from tests.support.in_process import InProcessControl, in_process_control
from tests.support.long import LONG

REFERENCE = json.loads((Path(__file__).parents[3] / "docs/reference/openapi.json").read_bytes())
SCHEMAS = REFERENCE["components"]["schemas"]
ODD_TEXTS = [
    "", " ", "\0", "\ud800", "a\udfffb", "\uffff", "\u202eabc", "\x9b31m", "é" * 3, "../..", "a" * 70_000, "%", "'", '"', "a\nb", "-1",
    "1e999",    "99999999999999999999", "*", "[", "[!", "iris:0", "iris:99999999999", "iris@\0", "@", ":", "iris:1@a",
    "9999-12-31T23:59:59Z",
]  # fmt: skip
ODD_VALUES = [
    *ODD_TEXTS, None, True, 0, -1, 1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**26, 10**300, 0.5, -0.0, 1e308, float("nan"),
    float("inf"),    [], {}, [[]], {"": {}}, {"\ud800": 1}, ["\ud800"], [None] * 20_000, [10**30],
]  # fmt: skip
DEEP = "[" * 500 + "]" * 500
DEEPER = "[" * 100_000 + "]" * 100_000


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory) -> Iterator[InProcessControl]:
    with in_process_control(tmp_path_factory.mktemp("control") / "home") as running:
        running.deploy("iris", alias="best")
        assert running.http.post("/api/v1/users", json={"name": "ana"}).status_code == 201
        assert running.http.post("/api/v1/groups", json={"name": "team"}).status_code == 201
        yield running


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each verb and path of the API, with its description."""
    for path, verbs in REFERENCE["paths"].items():
        for verb, operation in verbs.items():
            if path.startswith("/api/v1/"):
                yield verb.upper(), path, operation


KNOWN: dict[str, Any] = {
    "AppDefinition": {"model": "iris", "title": "Odd", "hidden": {}, "params": {}, "embed": ["https://a.example.org"]},
    "DraftRequest": {"definition": {"model": "iris", "title": "Odd"}, "inputs": {}},
    "AppQuestion": {"inputs": {}},
    "ColumnRolesChange": {
        "prediction": "output", "scores": None, "classes": ["a"], "task": "classification", "label": "truth", "key": None,
        "slices": [], "time": None,
    },
    "AlertPolicyRequest": {"name": "odd", "model": "iris", "kinds": ["k"], "severity": "warning", "act": "pause", "hours": 24},
    "AssignmentRequest": {"kind": "user", "name": "ana"}, "ContactRequest": {"kind": "user", "name": "ana"},
    "DecisionRequest": {"choice": "ignore", "reason": "odd"}, "SnoozeRequest": {"seconds": 60},
    "SupportRequest": {"level": "critical", "owner": {"name": "ana"}, "escalate_to": None, "escalate_after": 15},
    "ValueRuleRequest": {"unit": "EUR", "cells": [{"truth": "a", "answer": "b", "value": 1}], "over": 0, "under": 0},
    "CustomMetricRequest": {
        "code": "def odd(truth, prediction, rows):\n    return 1\n", "function": "odd", "description": "Odd.", "better": "lower",
        "tier": "small",
    },
    "LabelsRequest": {"model": "iris", "labels": [{"prediction_id": "p", "value": 1}]},
    "AliasRequest": {"version": 1}, "ReleaseRequest": {"version": 1, "percent": 100},
    "Limits": {"rate": 1, "burst": 1, "concurrency": 1},
    "QueryRequest": {"sql": "select 1", "model": "iris"}, "DigestsRequest": {"digests": ["a" * 64]},
    "ChannelsRequest": {"inbox": True, "email": True, "webhook": True},
    "WebhookRequest": {"url": "https://hooks.example.org", "kinds": ["k"]},
    "WebhookChangeRequest": {"url": "https://hooks.example.org"},
    "KeyRequest": {"name": "odd", "role": "predict", "models": ["iris"], "expires_in_seconds": 60, "limits": {"rate": 1}},
    "ConnectionRequest": {"project": "default", "kind": "https", "settings": {"url": "https://example.org"}, "credentials": {}},
    "DatasetRequest": {
        "name": "odd", "project": "default", "description": "", "files": [{"path": "a.csv", "sha256": "a" * 64, "size": 1}],
    },
    "JobRequest": {
        "project": "default", "files": [{"path": "a.py", "sha256": "a" * 64, "size": 1}], "command": ["a.py"], "variables": {},
        "parameters": {"rate": 0.1}, "requirements": [],
    },
    "GitRefsRequest": {"project": "default", "url": "https://git.example.org/a.git"},
    "EnvironmentBuildRequest": {
        "name": "odd", "project": "default", "curated": False, "python": "3.11", "requirements": ["six"], "constraints": ["six<2"],
        "lock": "", "base": "", "version": "", "file": "requirements.txt", "notes": "n",
    },
    "BudgetRequest": {"amount": 1e9, "thresholds": [50], "stops": "nothing"},
    "PipelineRequest": {
        "project": "default", "name": "odd", "files": [{"path": "a.py", "sha256": "a" * 64, "size": 1}],
        "parameters": [{"name": "rate", "type": "float", "required": False, "default": 0.1}],
        "steps": [{"name": "a", "kind": "approval", "arguments": {"question": {"value": "Go?"}}}],
    },
    "RunRequest": {"parameters": {"rate": 0.1}},
    "BenchRequest": {"reference": "iris:1", "tiers": ["small"], "data": "", "files": [], "params": None, "project": "default"},
    "ScoringRequest": {
        "reference": "iris:1", "data": "data://none", "files": [], "out": "", "keep": ["a"], "params": {}, "project": "default",
    },
    "SweepRequest": {"job": "none", "space": {"x": [1, 2]}, "objective": "score"},
    "ScheduleRequest": {"name": "odd", "target": "none", "cron": "@daily", "time_zone": "UTC"},
    "TimetableRequest": {"cron": "@daily", "time_zone": "UTC"},
    "TriggerRequest": {"name": "odd", "target": "none", "waits_for": "event", "action": "data.added", "subject": "x"},
    "MonitorRequest": {
        "name": "odd", "kind": "inputs", "version": 1, "window": "day", "reference": "previous", "columns": ["a"], "threshold": 0.2,
        "thresholds": {"a": 0.3}, "severity": "warning", "paused": True,
    },
    "MonitorChangeRequest": {
        "version": 1, "window": "day", "reference": "previous", "columns": ["a"], "threshold": 0.2, "thresholds": {"a": 0.3},
        "severity": "warning", "paused": True,
    },
    "MonitorRunRequest": {"monitor": "inputs", "since": None},
    "PropertyRequest": {"value": "v", "type": "text"},
    "Invitation": {"name": "odd", "email": "odd@example.org", "full_name": "Odd", "role": "viewer", "project": "default"},
    "UserChange": {"email": "odd@example.org", "full_name": "Odd"},
    "BindingRequest": {"project": "default", "target": "data://iris@1"},
    "AcceptedFile": {"path": "model=iris/version=1/day=2026-01-01/a.parquet", "reason": "because"},
    "TryRequest": {"inputs": [[1.0]], "params": None},
    "CheckRequest": {"data": None, "rows": [[1.0]], "most_rows": 1, "label": None, "output": None},
    "Deactivation": {"to": None, "leave": False, "reason": "because"},
    "TierRequest": {"price": 0.4, "currency": "EUR", "restricted": False, "reason": "because"},
    "TierRightRequest": {"kind": "project", "name": "default", "expires_in_seconds": 60, "reason": "because"},
    "NewRequest": {"kind": "access", "model": "iris", "wanted": {"role": "caller"}, "reason": "because"},
}  # fmt: skip
"""Bodies whose values a schema does not tell."""
MANIFEST_BODY = {"name": "odd", "release": False, "alias": "a", "limits": {"rate": 1}, "key": "k" * 16}


def usual(schema: dict[str, Any], manifest: dict[str, Any]) -> Any:
    """A body that the schema allows, with every field."""
    name = schema.get("$ref", "").rpartition("/")[2]
    if name == "DeployRequest":
        return MANIFEST_BODY | {"manifest": manifest}
    return KNOWN[name] if name in KNOWN else allowed_by(schema)


def allowed_by(schema: dict[str, Any]) -> Any:
    """A value that a schema allows."""
    if "$ref" in schema:
        return allowed_by(SCHEMAS[schema["$ref"].rpartition("/")[2]])
    if "anyOf" in schema:
        return allowed_by(next(each for each in schema["anyOf"] if each.get("type") != "null"))
    if "allOf" in schema:
        return allowed_by(schema["allOf"][0])
    for said in ("const", "default"):
        if schema.get(said) is not None:
            return schema[said]
    for said in ("enum", "examples"):
        if schema.get(said):
            return schema[said][0]
    kind = schema.get("type")
    if kind == "object":
        return {name: allowed_by(inner) for name, inner in schema.get("properties", {}).items()}
    if kind == "array":
        return [allowed_by(schema["items"])] if schema.get("items") else []
    if kind == "boolean":
        return False
    if kind in ("integer", "number"):
        return max(1, schema.get("minimum", 1), schema.get("exclusiveMinimum", 0) + 1)
    given = {"date": "2027-01-01", "date-time": "2027-01-01T00:00:00Z"}.get(schema.get("format", ""), "odd")
    return given.ljust(schema.get("minLength", 0), "d")


def with_each_value_odd(value: Any) -> Iterator[Any]:
    """The value once for each place in it and each odd value there, and once for each odd name."""
    yield from ODD_VALUES
    if isinstance(value, dict):
        for name, inner in value.items():
            for changed in with_each_value_odd(inner):
                yield {**value, name: changed}
        for name in ODD_TEXTS:
            yield {**value, name: 1}
    if isinstance(value, list):
        for place, inner in enumerate(value):
            for changed in with_each_value_odd(inner):
                yield [*value[:place], changed, *value[place + 1 :]]


def manifest_of(control: InProcessControl) -> dict[str, Any]:
    """A manifest with every field."""
    manifest = control.manifest(b"model")
    path = manifest["files"][0]["path"]
    columns = [{"name": "a", "type": "float64"}]
    return manifest | {
        "loader": {"kind": "python", "file": path, "format": "joblib", "method": "predict", "entry": "a.py:b", "options": {"a": 1}},
        "format": 1,
        "lock": path, "example": path, "signature": {"inputs": {"kind": "columns", "columns": columns}}, "contains_code": True,
        "code": {"commit": "a", "branch": "b", "diff": path}, "resources": {"tier": "small"}, "scaling": {"min": 0, "max": 1, "idle": 1},
        "timeout": 1, "description": "", "recording": {"redact": ["a"], "durability": "disk", "on_failure": "serve"},
        "batching": {"max_rows": 1, "max_bytes": 1, "wait": 0},
    }  # fmt: skip


NO_GATEWAY = "no gateway is running"
"""What is rightly answered here by what predicts."""


def expect_no_failure(answer: httpx.Response, what: object) -> None:
    assert answer.status_code < 500 or NO_GATEWAY in answer.text, (
        f"{answer.status_code} {answer.text[:300]} for {str(what)[:300]!a}"
    )
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        json.loads(answer.content)


def address(path: str, control: InProcessControl, **odd: str) -> str:
    values = {
        "ref": "iris",
        "name": "iris",
        "model": "iris",
        "alias": "best",
        "kind": "model",
        "tag": "gold",
        "property": "cost",
        "id": "none",
        "sha256": "a" * 64,
        "other": "none",
        "project": "default",
        "user": "ana",
        "group": "team",
        "tier": "small",
        "account": "project",
        "monitor": "inputs",
        "metric": "odd",
    }
    for name, value in {**values, **odd}.items():
        path = path.replace(f"{{{name}}}", quote(value.encode(errors="surrogatepass"), safe=""))
    return path


@pytest.mark.parametrize(
    ("number", "operation"),
    [pytest.param(*each, marks=() if each[0] % 5 == 0 else pytest.mark.long) for each in enumerate(operations())],
)
def test_odd_addresses_and_queries(
    control: InProcessControl, number: int, operation: tuple[str, str, dict[str, Any]]
) -> None:
    verb, path, described = operation
    if path == "/api/v1/events":
        return  # it never ends
    for parameter in described.get("parameters", ()):
        number += 1
        # Each of the others comes in another place.
        for text in ODD_TEXTS if LONG else islice(ODD_TEXTS, number % 7, None, 7):
            place = parameter["in"]
            if place == "path" and text:
                url = address(path, control, **{parameter["name"]: text})
            elif place == "query" and not (parameter["name"] == "follow" and text.strip() == "1"):
                encoded = quote(text.encode(errors="surrogatepass"), safe="")
                url = f"{address(path, control)}?{parameter['name']}={encoded}"
            else:
                continue
            body = None
            if "application/json" in described.get("requestBody", {}).get("content", {}):
                body = usual(described["requestBody"]["content"]["application/json"]["schema"], {})
            if len(url) < 60_000:
                expect_no_failure(control.http.request(verb, url, json=body), f"{verb} {url}")
    # `*` is an odd name that means every project's quota: with it nothing would be deployed.
    control.http.delete("/api/v1/quotas/project/*")


@pytest.mark.parametrize(
    ("verb", "path", "schema"),
    [
        pytest.param(
            verb,
            path,
            operation["requestBody"]["content"]["application/json"]["schema"],
            marks=() if crc32(f"{verb} {path}".encode()) % 5 == 0 else pytest.mark.long,
        )
        for verb, path, operation in operations()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    ],
)
def test_odd_bodies(control: InProcessControl, verb: str, path: str, schema: dict[str, Any]) -> None:
    url = address(path, control)
    whole = usual(schema, manifest_of(control))
    taken = control.http.request(verb, url, json=whole)
    refusal = taken.json().get("code") if taken.status_code >= 400 else ""
    is_about_here = "UNSHELF_DATA_HOSTS" in taken.text or NO_GATEWAY in taken.text
    assert refusal in ("", "unauthenticated", "forbidden", "not_found", "conflict") or is_about_here, taken.text
    json_type = {"content-type": "application/json"}
    seen: set[str] = set()
    step = 1 if LONG else 13  # no divisor of how many odd values there are: each comes in some place
    step *= 5 if path.endswith("/query") else 1  # each query is a process
    for body in islice(with_each_value_odd(whole), 0, None, step):
        text = json.dumps(body)
        if text not in seen:
            seen.add(text)
            expect_no_failure(control.http.request(verb, url, content=text, headers=json_type), text)
    for raw in (
        DEEP,
        DEEPER,
        '{"a":' * 500 + "1" + "}" * 500,
        "1" * 5000,
        b"\xff",
        b"\xef\xbb\xbf{}",
        "",
        "{",
        '{"a":1,"a":2}',
        b"\0",
    ):
        expect_no_failure(control.http.request(verb, url, content=raw, headers=json_type), raw)
    for kind in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/json; charset=utf-16",
        ";" * 60_000,
    ):
        expect_no_failure(
            control.http.request(verb, url, content=json.dumps(whole), headers={"content-type": kind}), kind
        )


@pytest.mark.parametrize(
    "text", [text for text in ODD_TEXTS if text.isascii() and text.isprintable() and len(text) < 1000]
)
def test_odd_headers(control: InProcessControl, text: str) -> None:
    for name in (
        "content-type",
        "accept",
        "content-length",
        "last-event-id",
        "authorization",
        "cookie",
        "range",
        "prefer",
        "expect",
        "x-name",
    ):
        if name == "content-length" and text.isdecimal():
            continue
        try:
            answer = control.http.request("POST", "/api/v1/blobs/missing", json={"digests": []}, headers={name: text})
        except httpx.TransportError:
            continue  # nothing of the application's: no request
        if answer.headers.get("content-type"):
            expect_no_failure(answer, (name, text))


def test_a_full_disk_is_named_and_nothing_of_the_request_stays(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with small_disk(home, "4m"), in_process_control(home) as control:
        digest = hashlib.sha256(bytes(200_000)).hexdigest()
        ballast = fill(home)
        refused = [
            control.http.post("/api/v1/keys", json={"name": "odd", "models": ["x" * 100] * 100}),
            control.http.put(f"/api/v1/blobs/{digest}", content=bytes(200_000)),
        ]
        ballast.unlink()

        assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(503, "unavailable")] * 2
        assert [key["name"] for key in control.http.get("/api/v1/keys").json()["keys"]] == ["admin"]
        assert control.http.post("/api/v1/keys", json={"name": "odd"}).status_code == 201
        assert control.http.put(f"/api/v1/blobs/{digest}", content=bytes(200_000)).status_code == 201
