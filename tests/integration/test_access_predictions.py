"""The part of the table of who may do what that gateways answer, over HTTP and gRPC: docs/reference/access.md."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import httpx
import numpy as np
import pytest
import tritonclient.grpc as triton

from tests.support.access_table import COLUMNS, access_table
from tests.support.access_world import ON_THE_INSTALLATION, ON_THE_PROJECT, PEOPLE
from tests.support.accounts import PASSWORD
from tests.support.models import write_model
from tests.support.notifying import free_port
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

ROUTES = [(verb, path) for verb, path in access_table() if not path.startswith("/api/v1/")]
ROW = {"inputs": [{"a": 1.0, "b": 1.0}]}
TENSORS = {"inputs": [{"name": name, "shape": [1], "datatype": "FP64", "data": [1.0]} for name in ("a", "b")]}


@dataclass
class Served:
    """A platform with a private model in a project, and everybody's token."""

    platform: Platform
    grpc: str
    tokens: dict[str, str | None]

    def address(self, path: str) -> str:
        """The address of a route for the model, or for a prediction that the embedded administrator has asked for."""
        for name, value in {"ref": "qscorer", "version": "1"}.items():
            path = path.replace("{" + name + "}", value)
        return path.replace("{id}", self._later()) if "{id}" in path else path

    def _later(self) -> str:
        """The id of a new prediction that was answered later."""
        http = self.platform.http
        accepted = http.post("/models/qscorer/predict", json=ROW, headers={"Prefer": "respond-async"})
        assert accepted.status_code == 202, accepted.text
        later: str = accepted.json()["id"]
        wait_until(lambda: http.get(f"/models/qscorer/predictions/{later}/answer").status_code == 200, what="answered")
        return later


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    port = free_port()
    with running_platform(tmp_path_factory.mktemp("access") / "home", grpc_port=str(port)) as platform:
        for name in ("qcredit", "mortgage"):
            assert platform.http.post("/api/v1/projects", json={"name": name}).status_code == 201
        folder = write_model(tmp_path_factory.mktemp("qscorer"), name="qscorer")
        platform.cli("deploy", str(folder), "--project", "qcredit")
        tokens: dict[str, str | None] = {"nobody": None} | {name: _token(platform, name) for name in PEOPLE}
        tokens |= {
            "key elsewhere": platform.key(role="contributor", project="mortgage"),
            "key caller": platform.key(role="caller", models=["qscorer"]),
            "key contributor": platform.key(role="contributor", project="qcredit"),
            "key administrator": platform.key(role="administrator"),
        }
        yield Served(platform, f"127.0.0.1:{port}", tokens)


def _token(platform: Platform, name: str) -> str:
    wanted: dict[str, Any] = {"name": name}
    if name in ON_THE_PROJECT:
        wanted |= {"role": name, "project": "qcredit"}
    elif name in ON_THE_INSTALLATION:
        wanted |= {"role": name}
    elif name == "other":
        wanted |= {"role": "owner", "project": "mortgage"}
    link = platform.http.post("/api/v1/users", json=wanted).json()["url"].partition("#")[2]
    browser = platform.client(None)
    assert browser.post("/api/v1/password/link", json={"link": link, "password": PASSWORD}).status_code == 204
    csrf = browser.post("/api/v1/session", json={"name": name, "password": PASSWORD}).json()["csrf_token"]
    made = browser.post("/api/v1/tokens", json={"name": "t"}, headers={"x-unshelf-csrf": csrf})
    token: str = made.json()["token"]
    return token


def _answer(served: Served, verb: str, path: str, column: str) -> httpx.Response:
    body = TENSORS if path.endswith("/infer") else ROW
    request = {"json": body} if verb == "POST" else {}
    return served.platform.client(served.tokens[column]).request(verb, served.address(path), **request)


@pytest.mark.parametrize(("verb", "path"), ROUTES)
def test_the_table_is_true_of_predictions(served: Served, verb: str, path: str) -> None:
    expected = access_table()[verb, path]
    wait_until(lambda: _answer(served, "GET", "/v2", "administrator").status_code == 200, what="tokens are known")
    found = {column: _answer(served, verb, path, column).status_code for column in COLUMNS}
    words = {column: "yes" if status < 400 else str(status) for column, status in found.items()}
    line = f"| `{verb} {path}` | {' | '.join(words.values())} |"
    assert words == expected, f"If that is right, the line in docs/reference/access.md is\n{line}"


def test_grpc_asks_for_the_same(served: Served) -> None:
    expected = access_table()["POST", "/v2/models/{ref}/infer"]
    codes = {"401": "UNAUTHENTICATED", "403": "PERMISSION_DENIED", "404": "NOT_FOUND"}
    for column in COLUMNS:
        token = served.tokens[column]
        headers = {"authorization": f"Bearer {token}"} if token else {}
        with closing(triton.InferenceServerClient(served.grpc)) as client:
            inputs = [triton.InferInput(name, [1], "FP64") for name in ("a", "b")]
            for tensor in inputs:
                tensor.set_data_from_numpy(np.array([1.0]))
            try:
                client.infer("qscorer", inputs, headers=headers)
                found = "yes"
            except triton.InferenceServerException as error:
                found = next(word for word, code in codes.items() if str(error.status()).endswith(code))
        assert found == expected[column], column
