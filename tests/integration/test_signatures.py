"""A folder whose unshelf.toml states the signature: no example is needed, and every protocol holds to what is stated."""

import json
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import tritonclient.grpc as triton

import unshelf
from tests.support.arrow import stream
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

pytestmark = pytest.mark.long  # a whole platform for what unit and component tests prove of its parts

RECIPE = """
[model]
name = "rent"
predict = "predict.py:predict"
input = "pandas"

[environment]
requirements = ["pandas", "pyarrow"]

[signature.inputs]
size = "number"
rooms = { type = "integer", default = 3 }

[signature.inputs.city]
type = "category"
categories = ["Gent", "Lille"]
default = "Lille"
unseen = true

[signature.outputs]
output = "string"
"""
CODE = """
def predict(frame):
    columns = frame["size"], frame["rooms"], frame["city"], frame["city"].cat.codes
    return [" ".join(map(str, row)) for row in zip(*columns)]
"""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


GRPC_PORT = free_port()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("rent")
    (folder / "unshelf.toml").write_text(RECIPE)
    (folder / "predict.py").write_text(CODE)
    with running_platform(tmp_path_factory.mktemp("signatures") / "home", grpc_port=str(GRPC_PORT)) as running:
        running.cli("deploy", str(folder))
        yield running


def native(platform: Platform, row: dict[str, Any]) -> str:
    return str(platform.predict("rent", [row])[0])


def invocations(kind: str, write: Callable[[dict[str, Any]], Any]) -> Callable[[Platform, dict[str, Any]], str]:
    def ask(platform: Platform, row: dict[str, Any]) -> str:
        answer = platform.http.post("/models/rent/invocations", content=write(row), headers={"content-type": kind})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["predictions"][0])

    return ask


def arrow(platform: Platform, row: dict[str, Any]) -> str:
    body = stream(pa.table({name: [value] for name, value in row.items()}))
    headers = {"content-type": "application/vnd.apache.arrow.stream", "accept": "application/json"}
    return str(platform.http.post("/models/rent/predict", content=body, headers=headers).json()["outputs"][0])


DATATYPES = {float: "FP64", int: "INT64", str: "BYTES"}


def v2(platform: Platform, row: dict[str, Any]) -> str:
    tensors = [
        {"name": name, "datatype": DATATYPES[type(value)], "shape": [1], "data": [value]} for name, value in row.items()
    ]
    answer = platform.http.post("/v2/models/rent/infer", json={"inputs": tensors})
    return str(answer.json()["outputs"][0]["data"][0])


def grpc(platform: Platform, row: dict[str, Any]) -> str:
    inputs = []
    for name, value in row.items():
        tensor = triton.InferInput(name, [1], DATATYPES[type(value)])
        tensor.set_data_from_numpy(pd.Series([value]).to_numpy(dtype=object if isinstance(value, str) else None))
        inputs.append(tensor)
    with closing(triton.InferenceServerClient(f"127.0.0.1:{GRPC_PORT}")) as client:
        headers = {"authorization": f"Bearer {platform.token}"}
        found = client.infer("rent", inputs, headers=headers).as_numpy("output")
    return str(found[0].decode())


ASK = {
    "native": native,
    "records": invocations("application/json", lambda row: json.dumps({"dataframe_records": [row]})),
    "columns": invocations("application/json", lambda row: json.dumps({"inputs": {n: [v] for n, v in row.items()}})),
    "split": invocations(
        "application/json",
        lambda row: json.dumps({"dataframe_split": {"columns": [*row], "data": [[*row.values()]]}}),
    ),
    "csv": invocations("text/csv", lambda row: f"{','.join(row)}\n{','.join(map(str, row.values()))}\n"),
    "arrow": arrow,
    "v2": v2,
    "grpc": grpc,
}


@pytest.mark.parametrize("protocol", ASK)
def test_each_protocol_takes_defaults_and_unseen_categories(platform: Platform, protocol: str) -> None:
    ask = ASK[protocol]
    assert ask(platform, {"size": 1.5}) == "1.5 3 Lille 1"
    assert ask(platform, {"size": 1.5, "city": "Oslo", "rooms": 0}) == "1.5 0 Oslo 2"


def test_what_is_stated_is_shown_and_recorded(platform: Platform) -> None:
    with unshelf.Client(platform.url, platform.token) as client:
        inputs = client.show("rent")["version"]["signature"]["inputs"]
        id = client.answer("rent", [{"size": 4.5}]).id

        def recorded() -> Any:
            sql = f"select in_size, in_rooms, in_city from predictions where id = '{id}'"
            return client.query(sql, model="rent")["rows"]

        wait_until(lambda: bool(recorded()))
        assert recorded() == [[[4.5], [3], ["Lille"]]]
    assert inputs["columns"] == [
        {"name": "size", "type": "float64"},
        {"name": "rooms", "type": "int64", "default": 3},
        {"name": "city", "type": "string", "categories": ["Gent", "Lille"], "default": "Lille", "unseen": True},
    ]
    shown = platform.cli("show", "rent").stdout
    assert "3 where left out" in shown
    assert "made up from the signature" in shown


@pytest.mark.long
def test_a_model_with_categories_that_are_not_open_refuses_others(platform: Platform) -> None:
    """Given a signature from Python on top of an example, then an unseen value is named with the categories."""

    def predict(frame):  # type: ignore[no-untyped-def]
        return frame["n"].tolist()

    example = pd.DataFrame({"city": pd.Categorical(["Gent", "Lille"]), "n": [1, 2]})
    with unshelf.Client(platform.url, platform.token) as client:
        options = unshelf.DeployOptions(
            example=example, signature={"inputs": {"n": {"default": 5}}, "outputs": {"output": int}}
        )
        client.deploy(predict, name="closed", options=options)
        assert client.predict("closed", [{"city": "Gent"}]) == [5]
        with pytest.raises(unshelf.InvalidInput) as caught:
            client.predict("closed", [{"city": "Oslo"}])
    assert caught.value.errors == [{"row": 0, "column": "city", "expected": 'one of "Gent", "Lille"', "got": '"Oslo"'}]


def test_a_model_that_returns_something_else_than_is_stated_is_not_registered(
    platform: Platform, tmp_path: Path
) -> None:
    (tmp_path / "unshelf.toml").write_text(
        RECIPE.replace('"rent"', '"other"').replace('output = "string"', 'score = "number"')
    )
    (tmp_path / "predict.py").write_text(CODE)
    done = platform.cli("deploy", str(tmp_path), check=False)
    assert done.returncode == 1
    assert "The signature states the outputs 'score'; the model returns 'output'." in done.stdout + done.stderr
    assert platform.http.get("/api/v1/models/other").status_code == 404
