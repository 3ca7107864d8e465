"""Parameters at a real gateway: those beside a body go before it to the worker and into the record, whole or redacted."""

import gzip
import json
from collections.abc import Callable
from contextlib import closing

import msgspec
import pytest

from tests.component.gateway.stage import Stage
from tests.component.gateway.test_arrow import ARROW, keep_frames
from tests.support.routes import one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import Recording
from unshelf.contracts.protocols import frames
from unshelf.contracts.protocols.door import DoorRequest
from unshelf.contracts.signature import Parameter
from unshelf.foundation.prediction_client import PredictionClient

PARAMS = '{"top_k": 3, "who": "\\u00fc"}'
HEADER = {"unshelf-params": PARAMS}
JSON = {"content-type": "application/json"}
BODY = b'{"inputs": [[1, 2]]}'


def split(payload: bytes) -> tuple[bytes, bytes]:
    start = frames.PARAMS_LENGTH.size
    stop = start + frames.PARAMS_LENGTH.unpack_from(payload)[0]
    return payload[start:stop], payload[stop:]


@pytest.mark.parametrize(
    ("path", "content_type", "protocol"),
    [
        ("/models/iris/predict", "application/json", frames.NATIVE),
        ("/models/iris/predict", ARROW, frames.ARROW),
        ("/models/iris/invocations", "application/json", frames.MLFLOW_JSON),
        ("/models/iris/invocations", "text/csv", frames.MLFLOW_CSV),
        ("/v2/models/iris/infer", "application/json", frames.V2),
    ],
)
def test_they_go_before_the_body_in_every_protocol_and_are_recorded_beside_it(
    stage: Stage, path: str, content_type: str, protocol: int
) -> None:
    seen = keep_frames(stage)
    for turn in range(2):  # the second has a head that is known
        stage.client.post(path, content=BODY, headers={"content-type": content_type, **HEADER})
        kind, _, payload = seen[turn]
        assert (kind, split(payload)) == (protocol + frames.BESIDE, (PARAMS.encode(), BODY))
        record = stage.records()[turn]
        assert (record.params, record.input, record.input_size) == (PARAMS.encode(), BODY, 0)
    stage.client.post(path, content=BODY, headers={"content-type": content_type, "unshelf-params": ""})
    assert (seen[2][0], seen[2][2], stage.records()[2].params) == (protocol, BODY, b"")


@pytest.mark.parametrize("size", [3 << 20, (1 << 20) - 1])
def test_large_arrow_bodies_are_handed_over_with_their_parameters(stage: Stage, size: int) -> None:
    seen = keep_frames(stage)
    body = b"a" * size
    answer = stage.client.post("/models/iris/predict", content=body, headers={"content-type": ARROW, **HEADER})
    assert answer.status_code == 200
    ((kind, _, payload),) = seen
    assert (kind, split(payload)) == (frames.ARROW + frames.BESIDE, (PARAMS.encode(), body))
    assert [worker.handed_over for worker in stage.host.every_worker] == [int(size >= 1 << 20)]
    record = stage.records()[0]
    assert (record.params, record.input_size or len(record.input)) == (PARAMS.encode(), size)


def test_compressed_bodies_have_theirs_too(stage: Stage) -> None:
    seen = keep_frames(stage)
    stage.client.post(
        "/models/iris/predict", content=gzip.compress(BODY), headers={**JSON, **HEADER, "content-encoding": "gzip"}
    )
    assert split(seen[0][2]) == (PARAMS.encode(), BODY)


def test_a_deferred_prediction_keeps_them_until_it_runs(stage: Stage) -> None:
    seen = keep_frames(stage)
    answer = stage.client.post(
        "/models/iris/predict", content=BODY, headers={**JSON, **HEADER, "prefer": "respond-async"}
    )
    assert answer.status_code == 202
    wait_until(lambda: len(seen) == 1)
    assert (seen[0][0], split(seen[0][2])) == (frames.NATIVE + frames.BESIDE, (PARAMS.encode(), BODY))
    wait_until(lambda: len(stage.records()) == 1)
    assert (stage.records()[0].params, stage.records()[0].input) == (PARAMS.encode(), BODY)


def test_a_redacted_parameter_is_nowhere_on_the_disk(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage()
    route = version(recording=Recording(redact=["who"]))
    names = [Parameter(name="top_k", type="integer", default=3), Parameter(name="who", type="string", default="")]
    signature = msgspec.structs.replace(route.signature, parameters=names)
    stage.publish({"iris": one_model(versions={1: msgspec.structs.replace(route, signature=signature)})})
    wait_until(lambda: stage.predict().status_code == 200 and stage.records()[-1].generation == stage._generation)
    secret = "123-45-6789"
    stage.client.post(
        "/models/iris/predict",
        content=BODY,
        headers={**JSON, "unshelf-params": json.dumps({"who": secret, "top_k": 7})},
    )
    stage.client.post(
        "/models/iris/predict",
        content=json.dumps({"inputs": [[1, 2]], "params": {"who": secret, "top_k": 7}}),
        headers=JSON,
    )
    beside, inside = stage.records()[-2:]
    assert json.loads(beside.params) == {"who": "[redacted]", "top_k": 7}
    assert json.loads(inside.input)["params"] == {"who": "[redacted]", "top_k": 7}
    for file in stage.home.rglob("*"):
        assert not (file.is_file() and secret.encode() in file.read_bytes()), file


def test_the_platform_s_own_predictions_may_have_them(stage: Stage) -> None:
    seen = keep_frames(stage)
    asked = DoorRequest(actor="user:anna", reference="iris", purpose="try", body=BODY, params=PARAMS.encode())
    with closing(PredictionClient(stage.run)) as client:
        assert client.predict(asked).status == 200
    assert split(seen[0][2]) == (PARAMS.encode(), BODY)
    assert stage.records()[0].params == PARAMS.encode()
