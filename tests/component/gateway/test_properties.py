"""Whatever is sent to the predict routes: an answer of the list, a problem when it is none, and never a 500."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.component.gateway.stage import Stage
from tests.support.long import LONG
from tests.support.routes import TOKEN
from unshelf.contracts.problems import CODES

KEYS = ["inputs", "instances", "dataframe_split", "x", ""]
json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)
references = st.text(max_size=30) | st.sampled_from(
    ["iris", "iris:1", "iris@x", "iris:0", "..", "iris/../iris", "iris:1:1"]
)
routes = st.sampled_from(
    [
        "/models/{}/predict",
        "/models/{}/invocations",
        "/v2/models/{}/infer",
        "/v2/models/iris/versions/{}/infer",
        "/v2/models/{}",
        "/v2/{}",
    ]
)
paths = st.builds(lambda route, reference: route.format(quote(reference, safe="/:@")), routes, references)
methods = st.sampled_from(["POST"] * 8 + ["GET", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
header_names = st.sampled_from(
    ["Content-Type", "Inference-Header-Content-Length", "X-Request-Timeout", "Content-Encoding", "Accept", "X-Anything"]
)
header_values = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20) | st.sampled_from(
    [
        "application/json",
        "text/csv",
        "application/octet-stream",
        "gzip",
        "deflate",
        "5",
        "1e-9",
        "application/json;charset=",
    ]
)
bodies = (
    st.binary(max_size=200) | st.text(max_size=100).map(str.encode) | json_values.map(lambda v: json.dumps(v).encode())
)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with closing(Stage()) as stage:
        # Wake the worker: the property is not about waiting for it.
        stage.predict()
        yield stage.client


@pytest.mark.long
@settings(max_examples=300 if LONG else 100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(methods, paths, st.dictionaries(header_names, header_values, max_size=3), bodies)
def test_no_request_is_the_servers_fault(
    client: httpx.Client, method: str, path: str, headers: dict[str, str], body: bytes
) -> None:

    answer = client.request(method, path, headers=headers, content=body)

    assert "Traceback" not in answer.text
    if answer.status_code == 200 or method == "HEAD":
        return
    problem = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.status_code == CODES[problem["code"]]
    # 504: X-Request-Timeout asked for less time than it takes; 503: for what is no prediction, there is no control here.
    assert answer.status_code < 500 or answer.status_code in (503, 504), problem
    assert "id" in problem or answer.status_code in (400, 404, 405, 503)


@settings(max_examples=100 if LONG else 50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_on_the_wire_bring_it_down(client: httpx.Client, sent: bytes, framed: bool) -> None:
    head = b"POST /models/iris/predict HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %b\r\n" % TOKEN.encode()
    port = client.base_url.port
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head + sent if framed else sent)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece

    assert b"Traceback" not in answer
    assert not answer.startswith(b"HTTP/1.1 5") or b"deadline_exceeded" in answer
    assert client.get("/healthz").status_code == 200
