"""A model whose predictions take parameters, asked in every way, through the whole platform."""

import json
import platform as machine
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest
import tritonclient.grpc as triton_grpc
import tritonclient.http as triton_http

import unshelf
from tests.integration.test_arrow_and_grpc import free_port, grpc_port
from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from unshelf.client.errors import InvalidInput

pytestmark = pytest.mark.long  # a whole platform for what unit and component tests prove of its parts

CODE = """
from typing import Annotated, Literal

def predict(rows, *, factor: Annotated[float, "What each sum is multiplied by."] = 1.0, top_k: int = 5,
            style: Literal["plain", "loud"] = "plain", adds: list[int] = [], who: str = "nobody"):
    sums = [(row["a"] + row["b"]) * factor + sum(adds) for row in rows]
    print("asked by", who)
    return sums if style == "plain" else [value * 100 for value in sums]
"""
YIELDS = """
def predict(rows, *, times: int = 2):
    for row in rows:
        for _ in range(times):
            yield row["a"]
"""
SCALER = """
class Scaler:
    def predict(self, frame, params):
        return (frame["a"] * params["factor"] + sum(params["adds"])).to_numpy()

def _load_pyfunc(path):
    return Scaler()
"""
MLMODEL = """
mlflow_version: 3.17.2
flavors:
  python_function: {loader_module: scaler, code: code, python_version: "%s"}
signature:
  inputs: '[{"type": "double", "name": "a", "required": true}]'
  params: '[{"name": "factor", "type": "float", "default": 1.0, "shape": null},
            {"name": "adds", "type": "long", "default": [0], "shape": [-1]},
            {"name": "since", "type": "datetime", "default": "2024-01-01", "shape": null}]'
"""
ROWS = [{"a": 1.0, "b": 2.0}, {"a": 0.5, "b": 0.25}]
TENSORS = {"a": [1.0, 0.5], "b": [2.0, 0.25]}
USUAL, TENFOLD = [3.0, 0.75], [30.0, 7.5]
SECRET = "123-45-6789"
JSON, ARROW = "application/json", "application/vnd.apache.arrow.stream"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform with gRPC, a model with parameters, one that yields, and one without any."""
    folder = tmp_path_factory.mktemp("models")
    with running_platform(tmp_path_factory.mktemp("parameters") / "home", grpc_port=str(free_port())) as running:
        redact = '[recording]\nredact = ["who"]\n'
        write_model(folder / "sums", name="sums", code=CODE, requirements=("pyarrow", "numpy"))
        write_model(folder / "secret", name="secret", code=CODE, extra=redact)
        write_model(folder / "echo", name="echo", code=YIELDS)
        write_model(folder / "plain", name="plain")
        for name in ("sums", "secret", "echo", "plain"):
            running.cli("deploy", str(folder / name))
        yield running


@pytest.fixture
def client(platform: Platform) -> Iterator[unshelf.Client]:
    with unshelf.Client(platform.url, platform.token) as client:
        yield client


def ask(platform: Platform, path: str, body: Any, content_type: str = JSON, **headers: str) -> Any:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return platform.http.post(path, content=content, headers={"content-type": content_type, **headers})


def test_what_its_code_declares_is_in_its_signature_and_shown(platform: Platform, client: unshelf.Client) -> None:
    parameters = client.show("sums")["version"]["signature"]["parameters"]
    assert [(each["name"], each["type"], each.get("default")) for each in parameters] == [
        ("factor", "number", 1.0), ("top_k", "integer", 5), ("style", "string", "plain"), ("adds", "list[integer]", []),
        ("who", "string", "nobody"),
    ]  # fmt: skip
    shown = platform.cli("show", "sums").stdout
    assert "parameters" in shown
    assert "What each sum is multiplied by." in shown
    assert 'one of "plain", "loud"' in shown


def test_requests_without_any_are_predicted_with_the_defaults(client: unshelf.Client) -> None:
    assert client.predict("sums", ROWS) == client.predict("sums", ROWS, params={}) == USUAL


def test_python_gives_them_with_rows_tables_and_frames(client: unshelf.Client) -> None:
    params = {"factor": 10, "style": "plain", "adds": []}
    assert client.predict("sums", ROWS, params=params) == TENFOLD
    assert client.answer("sums", pd.DataFrame(ROWS), params).outputs == TENFOLD
    assert client.predict("sums", pa.table(TENSORS), params=params)["output"].to_pylist() == TENFOLD
    large = pd.DataFrame(
        {"a": [1.0] * 60_000, "b": [2.0] * 60_000}
    )  # which travels as Arrow, handed over to the worker
    assert client.predict("sums", large, {"factor": 10}) == [30.0] * 60_000


def test_deferred_predictions_keep_them(client: unshelf.Client) -> None:
    assert client.submit("sums", ROWS, {"factor": 10}).result(60) == TENFOLD
    assert client.submit("sums", pa.table(TENSORS), {"factor": 10}, as_rows=True).result(60) == TENFOLD


def test_streams_take_them(client: unshelf.Client) -> None:
    with client.stream("echo", ROWS, {"times": 3}) as outputs:
        assert list(outputs) == [1.0] * 3 + [0.5] * 3


def test_the_command_line_gives_them(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "rows.json").write_text(json.dumps(ROWS))
    given = ["-p", "factor=10", "--param", "adds=[1]", "--param", "who=007"]
    done = platform.cli("predict", "sums", "--data", str(tmp_path / "rows.json"), *given, "--json")
    answer = json.loads(done.stdout)
    assert answer["outputs"] == [31.0, 8.5]
    (record,) = [each for each in platform.records("sums") if each["id"] == answer["id"]]
    assert record["params"] == {"factor": 10, "adds": [1], "who": "007"}
    assert '"who":"007"' in platform.cli("logs", "sums", "--id", answer["id"]).stdout.replace(" ", "")
    refused = platform.cli("predict", "sums", "--data", str(tmp_path / "rows.json"), "-p", "factr=1", check=False)
    assert refused.returncode == 1
    assert "Did you mean 'factor'?" in refused.stderr


@pytest.mark.parametrize(
    ("path", "body", "content_type", "headers"),
    [
        ("/models/sums/predict", {"inputs": ROWS, "params": {"factor": 10}}, JSON, {}),
        ("/models/sums/predict", {"inputs": ROWS}, JSON, {"unshelf-params": '{"factor": 10}'}),
        ("/models/sums/invocations", {"dataframe_records": ROWS, "params": {"factor": 10}}, JSON, {}),
        ("/models/sums/invocations", b"a,b\n1,2\n0.5,0.25\n", "text/csv", {"unshelf-params": '{"factor": 10}'}),
    ],
)
def test_http_takes_them_in_bodies_and_in_a_header(
    platform: Platform, path: str, body: Any, content_type: str, headers: dict[str, str]
) -> None:
    answer = ask(platform, path, body, content_type, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.json().get("outputs", answer.json().get("predictions")) == TENFOLD
    assert platform.records("sums", tail=1)[0]["params"] == {"factor": 10}


def test_the_open_inference_protocol_takes_them_over_rest_and_grpc(platform: Platform) -> None:
    token = f"Bearer {platform.token}"
    for module, address in (
        (triton_http, platform.url.removeprefix("http://")),
        (triton_grpc, f"127.0.0.1:{grpc_port(platform)}"),
    ):
        client = module.InferenceServerClient(address)
        inputs = []
        for name, values in TENSORS.items():
            tensor = module.InferInput(name, [2], "FP64")
            tensor.set_data_from_numpy(pd.Series(values).to_numpy())
            inputs.append(tensor)
        found = client.infer(
            "sums",
            inputs,
            headers={"authorization": token},
            parameters={"factor": 10, "adds": "[1, 2]", "style": "loud"},
        )
        assert found.as_numpy("output").tolist() == [3300.0, 1050.0]
        assert platform.records("sums", tail=1)[0]["params"] == {"factor": 10, "adds": "[1, 2]", "style": "loud"}
        assert (
            client.infer("sums", inputs, headers={"authorization": token}, sequence_id=3, priority=1)
            .as_numpy("output")
            .tolist()
            == USUAL
        )
        client.close()


@pytest.mark.parametrize(
    ("model", "params", "said"),
    [
        ("sums", {"temperature": 1}, "The model has no parameter 'temperature'."),
        ("sums", {"factor": "much"}, "The parameter 'factor' must be a number, got \"much\"."),
        ("sums", {"style": "odd"}, 'The parameter \'style\' must be one of "plain", "loud", got "odd".'),
        ("plain", {"factor": 1}, "The model takes no parameters, but the request gives 'factor'."),
    ],
)
def test_what_is_wrong_is_refused_with_what_there_is(
    platform: Platform, client: unshelf.Client, model: str, params: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        client.predict(model, ROWS, params)
    assert refused.value.detail == said
    assert (model == "plain") == ("Send the inputs alone." in refused.value.hint)
    answers = [
        ask(platform, f"/models/{model}/predict", {"inputs": ROWS}, **{"unshelf-params": json.dumps(params)}),
        ask(platform, f"/models/{model}/invocations", {"inputs": ROWS, "params": params}),
    ]
    for answer in answers:
        problem = answer.json()
        assert (answer.status_code, problem["code"], problem["detail"]) == (422, "invalid_input", said)
        assert problem["errors"][0]["parameter"] == next(iter(params))


def test_a_header_that_is_no_json_is_a_bad_request(platform: Platform) -> None:
    answer = ask(platform, "/models/sums/predict", {"inputs": ROWS}, **{"unshelf-params": "factor=10"})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")
    assert "Unshelf-Params" in answer.json()["detail"]


def test_a_redacted_parameter_is_in_no_record(platform: Platform) -> None:
    for answer in (
        ask(platform, "/models/secret/predict", {"inputs": ROWS, "params": {"who": SECRET, "factor": 10}}),
        ask(
            platform,
            "/models/secret/predict",
            {"inputs": ROWS},
            **{"unshelf-params": f'{{"who": "{SECRET}", "factor": 10}}'},
        ),
        ask(platform, "/models/secret/invocations", {"inputs": ROWS, "params": {"who": [SECRET]}}),
        ask(platform, "/models/secret/invocations", {"inputs": ROWS, "params": {"whom": SECRET}}),
    ):
        assert answer.status_code in (200, 422)
    kept = platform.records("secret", tail=4)
    assert SECRET not in json.dumps(kept)
    assert [each["params"] for each in kept[:2]] == [{"who": "[redacted]", "factor": 10}] * 2
    assert kept[3]["params"] == {"whom": "[redacted]"}
    for file in (platform.home / "predictions").rglob("*"):
        assert not (file.is_file() and SECRET.encode() in file.read_bytes()), file


def test_sql_reads_those_that_came_beside_a_body(platform: Platform, client: unshelf.Client) -> None:
    ask(platform, "/models/sums/invocations", b"a,b\n1,2\n", "text/csv", **{"unshelf-params": '{"factor": 4}'})
    found = client.query("select params, out from predictions where params like '%4%'", model="sums")
    assert found["rows"] == [['{"factor": 4}', [12.0]]]


def test_a_maker_declares_them_in_python_in_place_of_the_code(client: unshelf.Client) -> None:
    def scaled(rows: Any, *, factor: float = 1.0, hidden: int = 0) -> list[float]:
        return [row["a"] * factor + hidden for row in rows]

    options = unshelf.DeployOptions(
        example=[{"a": 1.0}], parameters={"factor": {"type": "number", "default": 2.0, "min": 0, "max": 3}}
    )
    client.deploy(scaled, name="scaled", options=options)
    assert client.predict("scaled", [{"a": 1.0}]) == [2.0]
    assert client.predict("scaled", [{"a": 1.0}], {"factor": 3}) == [3.0]
    for params in ({"factor": 4}, {"hidden": 1}):
        with pytest.raises(InvalidInput):
            client.predict("scaled", [{"a": 1.0}], params)


def test_a_parameter_that_the_model_does_not_take_fails_its_deploy(client: unshelf.Client) -> None:
    def plain(rows: Any) -> list[float]:
        return [row["a"] for row in rows]

    options = unshelf.DeployOptions(example=[{"a": 1.0}], parameters={"factor": 2.0})
    with pytest.raises(unshelf.DeployFailed, match="unexpected keyword argument 'factor'"):
        client.deploy(plain, name="plain-told", options=options)


@pytest.mark.heavy
def test_an_mlflow_model_has_the_params_of_its_signature(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "scaler.py").write_text(SCALER)
    (tmp_path / "MLmodel").write_text(MLMODEL % machine.python_version())
    (tmp_path / "requirements.txt").write_text("mlflow-skinny==3.17.2\npandas\n")
    (tmp_path / "example.json").write_text('[{"a": 1.0}, {"a": 2.0}]')
    example = str(tmp_path / "example.json")
    platform.cli("deploy", str(tmp_path), "--name", "scaler", "--example", example)
    body = {"dataframe_split": {"columns": ["a"], "data": [[1.0], [2.0]]}}
    assert ask(platform, "/models/scaler/invocations", body).json() == {"predictions": [1.0, 2.0]}
    answer = ask(platform, "/models/scaler/invocations", {**body, "params": {"factor": 10, "adds": [1, 2]}})
    assert answer.json() == {"predictions": [13.0, 23.0]}
    refused = ask(platform, "/models/scaler/invocations", {**body, "params": {"since": "2025-01-01"}})
    assert (refused.status_code, "no parameter 'since'" in refused.json()["detail"]) == (422, True)
    assert "the parameter 'since'" in platform.cli("show", "scaler").stdout.replace("\n", " ")
