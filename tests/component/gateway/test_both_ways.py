"""A request that is all there takes the short way through the gateway, one that comes in parts the long way: with the same outcome."""

import http.client
import json
import socket

import httpx
import pytest

from tests.component.gateway.stage import Stage
from tests.support.routes import TOKEN
from unshelf.contracts.records import PredictionRecord

GOOD = b'{"inputs":[1,2]}'
JSON = {"content-type": "application/json"}
CASES = {
    "a good one": ("/models/iris/predict", JSON, GOOD),
    "by version": ("/models/iris:1/predict", JSON, GOOD),
    "MLflow": ("/models/iris/invocations", JSON, b'{"instances":[1]}'),
    "CSV": ("/models/iris/invocations", {"content-type": "text/csv"}, b"x\n1\n"),
    "a trace": ("/models/iris/predict", {**JSON, "traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}, GOOD),
    "a deadline": ("/models/iris/predict", {**JSON, "x-request-timeout": "5"}, GOOD),
    "a deadline that is none": ("/models/iris/predict", {**JSON, "x-request-timeout": "soon"}, GOOD),
    "no body": ("/models/iris/predict", JSON, b""),
    "the model raises": ("/models/iris/predict", JSON, b'{"inputs":[1],"do":"raise"}'),
    "an unknown model": ("/models/unknown/predict", JSON, GOOD),
    "an unknown version": ("/models/iris:9/predict", JSON, GOOD),
    "no reference": ("/models/iris:x/predict", JSON, GOOD),
    "another media type": ("/models/iris/predict", {"content-type": "text/plain"}, GOOD),
    "a wrong token": ("/models/iris/predict", {**JSON, "authorization": "Bearer unshelf_wrong"}, GOOD),
    "another origin": ("/models/iris/predict", {**JSON, "origin": "http://elsewhere.example"}, GOOD),
    "percent-encoded": ("/models/%69ris/predict", JSON, GOOD),
}


@pytest.mark.parametrize("case", CASES)
def test_short_and_long_way_end_alike(shared_stage: Stage, case: str) -> None:
    """Sent in one piece twice, the second time with a head that is known, and once with the body after the head."""
    path, headers, body = CASES[case]
    outcomes = [_ask(shared_stage, path, headers, body, parted=parted) for parted in (False, False, True)]

    assert outcomes[1] == outcomes[0]
    assert outcomes[2] == outcomes[0]


def _ask(
    stage: Stage, path: str, headers: dict[str, str], body: bytes, *, parted: bool
) -> tuple[int, dict[str, str], object, list[object]]:
    """Status, headers, body and record of the answer, without what differs from one to the next."""
    known = {"host": f"127.0.0.1:{stage.port}", "authorization": f"Bearer {TOKEN}", "content-length": str(len(body))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in (known | headers).items())
    head = f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode()
    before = {record.id for record in stage.records()}
    with socket.create_connection(("127.0.0.1", stage.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(head if parted else head + body)
        if parted:
            # What is asked later is answered later: then the head has been read, and the body is missing.
            assert httpx.get(f"{stage.url}/healthz", timeout=60).status_code == 200
            connection.sendall(body)
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        content = json.loads(answer.read())
    told = {name.lower(): value for name, value in answer.getheaders()}
    for name in ("x-prediction-id", "server-timing", "date", "content-length", "traceparent"):
        told.pop(name, None)
    content.pop("id", None)
    made = [_kept(record) for record in stage.records() if record.id not in before]
    return answer.status, told, content, made


def _kept(record: PredictionRecord) -> object:
    output = json.loads(record.output)
    if isinstance(output, dict):
        output.pop("id", None)
    return (
        record.status, record.code, record.model, record.version, record.reference, record.protocol, record.key, record.attempts,
        record.content_type, record.input, record.input_header, record.output_header, record.trace, output,
    )  # fmt: skip
