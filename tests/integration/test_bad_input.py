"""Whatever is thrown at a predict route, the answer is a clear 4xx: never a 500, never a traceback, and the next good call works."""

import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.long import LONG
from tests.support.models import write_model
from tests.support.platform import Platform

GOOD = {"inputs": [{"a": 1.0, "b": 2.0}]}
DEEP: Any = 1.0
for _ in range(10):
    DEEP = [DEEP]


@pytest.fixture(scope="module")
def model(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> str:
    platform.cli("deploy", str(write_model(tmp_path_factory.mktemp("fussy"), name="fussy")))
    return "fussy"


def _check(platform: Platform, answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code
    assert problem["detail"]
    assert "Traceback" not in answer.text
    assert platform.predict("fussy", GOOD["inputs"]) == [3.0]
    return problem


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed_request"),
        (b'{"inputs": [{"a": 1.0, "b"', 400, "malformed_request"),
        (b'{"inputs": [{"a": NaN, "b": 1.0}]}', 400, "malformed_request"),
        (b'{"inputs": [{"a": Infinity, "b": 1.0}]}', 400, "malformed_request"),
        (b"\xff\xfe\x00", 400, "malformed_request"),
        (b"[" * 100_000, 400, "malformed_request"),
        (b'{"inputs": [{"a": 1' + b"0" * 10_000 + b', "b": 1}]}', 422, "invalid_input"),
        (b"[]", 422, "invalid_input"),
        (b"{}", 422, "invalid_input"),
        (b'{"inputs": 5}', 422, "invalid_input"),
        (b'{"inputs": []}', 422, "invalid_input"),
        (json.dumps({"inputs": DEEP}).encode(), 422, "invalid_input"),
        (json.dumps({"inputs": [{"a": DEEP, "b": 1.0}]}).encode(), 422, "invalid_input"),
        (b'{"inputs": [{"a": 1.0}]}', 422, "invalid_input"),
        (b'{"inputs": [{"a": 1.0, "b": 2.0, "c": 3.0}]}', 422, "invalid_input"),
        (b'{"inputs": [{"a": "1.0", "b": 2.0}]}', 422, "invalid_input"),
        (b'{"inputs": [{"a": true, "b": 2.0}]}', 422, "invalid_input"),
        (b'{"inputs": [{"a": null, "b": 2.0}]}', 422, "invalid_input"),
        (b'{"inputs": [[1.0]]}', 422, "invalid_input"),
        (b'{"inputs": [{"\\ud800": 1.0}]}', 422, "invalid_input"),
        (b'{"inputs": [{"a": 1.0, "b": 2.0, "\\udfff": "\\ud800"}]}', 422, "invalid_input"),
        (b'{"inputs": [[1.0, 2.0], {"a": "x", "b": 1.0}]}', 422, "invalid_input"),
    ],
)
def test_bad_bodies_get_a_clear_answer(platform: Platform, model: str, body: bytes, status: int, code: str) -> None:
    answer = platform.http.post(f"/models/{model}/predict", content=body, headers={"Content-Type": "application/json"})
    _check(platform, answer, status, code)


def test_each_fault_is_named_with_row_and_column(platform: Platform, model: str) -> None:
    rows = [{"a": 1.0, "b": 2.0}, {"a": "x", "b": 2.0}, {"b": 1.0}, {"a": 1.0, "b": 2.0, "c": 0}]
    problem = _check(
        platform, platform.http.post(f"/models/{model}/predict", json={"inputs": rows}), 422, "invalid_input"
    )
    assert [(error["row"], error["column"]) for error in problem["errors"]] == [(1, "a"), (2, "a"), (3, "c")]


def test_a_body_of_100_megabytes_gets_413(platform: Platform, model: str) -> None:
    body = b'{"inputs": [' + b"[1.0, 2.0]," * 9_600_000 + b"[1.0, 2.0]]}"
    assert len(body) > 100_000_000
    headers = {"Content-Type": "application/json"}
    _check(
        platform, platform.http.post(f"/models/{model}/predict", content=body, headers=headers), 413, "body_too_large"
    )
    chunks = (body[start : start + 1_000_000] for start in range(0, len(body), 1_000_000))
    _check(
        platform, platform.http.post(f"/models/{model}/predict", content=chunks, headers=headers), 413, "body_too_large"
    )


def test_a_compressed_bomb_gets_413_and_an_honest_one_works(platform: Platform, model: str) -> None:
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    bomb = gzip.compress(b" " * 200_000_000)
    _check(
        platform, platform.http.post(f"/models/{model}/predict", content=bomb, headers=headers), 413, "body_too_large"
    )
    honest = platform.http.post(
        f"/models/{model}/predict", content=gzip.compress(json.dumps(GOOD).encode()), headers=headers
    )
    assert honest.json()["outputs"] == [3.0]
    torn = platform.http.post(f"/models/{model}/predict", content=b"\x1f\x8bnonsense", headers=headers)
    _check(platform, torn, 400, "malformed_request")


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-pickle", "multipart/form-data; boundary=x", "application/octet-stream"],
)
def test_unknown_content_types_get_415(platform: Platform, model: str, content_type: str) -> None:
    answer = platform.http.post(f"/models/{model}/predict", content=b"x", headers={"Content-Type": content_type})
    _check(platform, answer, 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "reference",
    ["fussy:99", "fussy:0", "fussy:-1", "fussy:x", "fussy@nobody", "nobody", "..", "%2e%2e%2f%2e%2e", "fussy%2f..%2fother", "FUSSY",
     "fussy:1:1", "a" * 3000, "%00", "%ff", "fussy%0d%0aX: y", "~", "fussy@", ":1", "@", "%25"],
)  # fmt: skip
def test_strange_references_are_404_or_400(platform: Platform, model: str, reference: str) -> None:
    answer = platform.http.post(f"/models/{reference}/predict", json=GOOD)
    assert answer.status_code in (400, 404), f"{answer.status_code} {answer.text}"
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert platform.predict("fussy", GOOD["inputs"]) == [3.0]


def test_a_model_that_raises_gives_500_with_an_id_and_its_traceback_to_the_owner_only(
    platform: Platform, tmp_path: Any
) -> None:
    code = "def predict(rows):\n    return [1 / row['a'] for row in rows]\n"
    platform.cli("deploy", str(write_model(tmp_path, name="divides", code=code, example=[{"a": 2.0}])))
    answer = platform.http.post("/models/divides/predict", json={"inputs": [{"a": 0.0}]})
    assert (answer.status_code, answer.json()["code"]) == (500, "model_error")
    assert "Traceback" not in answer.text
    assert "ZeroDivision" in json.dumps(platform.records("divides")[-1]["output"])
    assert platform.records("divides")[-1]["id"] == answer.json()["id"]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
bodies = st.binary(max_size=200) | st.builds(
    lambda value: json.dumps(value).encode(),
    json_values | st.fixed_dictionaries({"inputs": json_values | st.lists(json_values, max_size=3)}),
)


@settings(max_examples=300 if LONG else 100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=bodies,
    content_type=st.sampled_from(["application/json", "text/csv", "application/octet-stream", "", "a/b"])
    | st.text("abc/;=", max_size=12),
    route=st.sampled_from(["/models/fussy/predict", "/models/fussy:1/invocations", "/v2/models/fussy/infer"]),
    header_length=st.none() | st.integers(-5, 300).map(str) | st.text("0x-", max_size=4),
)
def test_nothing_that_is_sent_gives_a_500(  # noqa: PLR0917 -- what hypothesis draws
    platform: Platform, model: str, body: bytes, content_type: str, route: str, header_length: str | None
) -> None:
    headers = {"Content-Type": content_type}
    if header_length is not None:
        headers["Inference-Header-Content-Length"] = header_length
    answer = platform.http.post(route, content=body, headers=headers)
    assert answer.status_code in (200, 400, 413, 415, 422), f"{answer.status_code} {answer.text}"
    assert "Traceback" not in answer.text
