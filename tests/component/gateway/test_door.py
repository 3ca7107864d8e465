"""The private door: predictions that the platform asks for itself, at a real gateway, apart from those of callers."""

import socket
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import msgspec
import pytest

from tests.component.gateway.stage import Stage, one_model
from tests.component.gateway.test_metrics import KEYS, samples
from tests.support.waiting import wait_until
from unshelf.contracts.bundle import Recording
from unshelf.contracts.errors import Unavailable
from unshelf.contracts.protocols.door import DoorRequest, door_socket
from unshelf.contracts.routing import RequestLimits
from unshelf.foundation.prediction_client import PredictionClient


@pytest.fixture
def client(stage: Stage) -> Iterator[PredictionClient]:
    with closing(PredictionClient(stage.run)) as client:
        yield client


def asked(**fields: Any) -> DoorRequest:
    return DoorRequest(
        **{"actor": "user:anna", "reference": "iris", "purpose": "try", "body": b'{"inputs": [1.5]}', **fields}
    )


def test_a_try_is_answered_and_recorded_as_one_and_counts_as_no_use(stage: Stage, client: PredictionClient) -> None:
    stage.publish({"iris": one_model()}, keys=KEYS)
    wait_until(lambda: stage.predict().status_code == 200)
    before = samples(stage)["unshelf_requests_total", "iris", "native", "200", "1"]

    outcome = client.predict(asked())

    assert (outcome.status, outcome.model, outcome.version, outcome.code) == (200, "iris", 1, "")
    answer = msgspec.json.decode(outcome.body)
    assert answer == {"id": outcome.id, "model": "iris", "version": 1, "outputs": [1.5]}
    assert dict(outcome.headers)["x-prediction-id"] == outcome.id
    record = stage.records()[-1]
    assert (record.id, record.purpose, record.key, record.reference) == (outcome.id, "try", "user:anna", "iris")
    found = samples(stage)
    assert found["unshelf_requests_total", "iris", "native", "200", "1"] == before
    assert found["unshelf_request_seconds_count", "iris", "1"] == before
    assert found["unshelf_in_flight", "iris", "1"] == 0
    assert found["unshelf_internal_requests_total", "iris", "try", "200", "1"] == 1


def test_a_batch_counts_as_use(stage: Stage, client: PredictionClient) -> None:
    stage.publish({"iris": one_model()}, keys=KEYS)
    wait_until(lambda: stage.predict().status_code == 200)
    before = samples(stage)["unshelf_requests_total", "iris", "native", "200", "1"]

    client.predict(asked(purpose="batch"))

    assert samples(stage)["unshelf_requests_total", "iris", "native", "200", "1"] == before + 1
    assert stage.records()[-1].purpose == "batch"


@pytest.mark.long
@pytest.mark.parametrize(
    ("fields", "expected", "body"),
    [
        ({"reference": "gone"}, (404, "not_found"), b'{"inputs": [1.5]}'),
        ({"body": b'{"do": "status", "status": 500, "payload": {}}'}, (500, "model_error"), None),
        ({"content_type": "image/png"}, (415, "unsupported_media_type"), b'{"inputs": [1.5]}'),
        ({"timeout": 0.05, "body": b'{"do": "hang"}'}, (504, "deadline_exceeded"), b'{"do": "hang"}'),
        ({"body": bytes(2 << 20)}, (413, "body_too_large"), b""),
        ({"protocol": "v2", "json_length": 99, "body": b"{}"}, (400, "malformed_request"), b"{}"),
    ],
)
def test_every_outcome_is_given_back_and_recorded(
    stage: Stage, client: PredictionClient, fields: dict[str, Any], expected: tuple[int, str], body: bytes | None
) -> None:
    outcome = client.predict(asked(purpose="backtest", **fields))

    assert (outcome.status, outcome.code) == expected
    assert msgspec.json.decode(outcome.body)["code"] == outcome.code
    record = stage.records()[-1]
    assert (record.id, record.status, record.code, record.purpose) == (outcome.id, *expected, "backtest")
    assert body is None or record.input == body


@pytest.mark.parametrize(
    ("protocol", "fields", "answer"),
    [
        ("mlflow", {"body": b'{"instances": [1]}'}, b'{"instances": [1]}'),
        ("v2", {"body": b'{"inputs": []}\0\0', "json_length": 14}, b'{"outputs": []}\0\0'),
        ("arrow", {"content_type": "application/vnd.apache.arrow.stream", "body": b"arrow"}, None),
    ],
)
def test_every_protocol_comes_through(
    stage: Stage, client: PredictionClient, protocol: str, fields: dict[str, Any], answer: bytes | None
) -> None:
    outcome = client.predict(asked(protocol=protocol, purpose="replay", **fields))

    record = stage.records()[-1]
    assert (record.protocol, record.purpose, record.input) == (protocol, "replay", fields["body"])
    assert answer is None or outcome.body == answer


def test_shadows_use_up_nobodys_limits_and_what_must_not_be_on_disk_is_not(
    stage: Stage, client: PredictionClient
) -> None:
    limits = RequestLimits(rate=0.001, burst=1)
    model = one_model(limits=limits)
    version = msgspec.structs.replace(model.versions[1], recording=Recording(redact=["x"]))
    stage.publish({"iris": msgspec.structs.replace(model, versions={1: version})})
    wait_until(
        lambda: client.predict(asked(purpose="shadow")).status == 200 and b"redacted" in stage.records()[-1].input
    )

    assert [client.predict(asked(purpose="shadow")).status for _ in range(3)] == [200] * 3
    assert (stage.predict().status_code, stage.predict().status_code) == (200, 429)


@pytest.mark.parametrize("name", ["X-Unshelf-Purpose", "X-Purpose", "Purpose"])
def test_no_caller_can_choose_a_purpose(stage: Stage, name: str) -> None:
    for url in ("/models/iris/predict", "/models/iris/invocations"):
        sent = {"json": {"inputs": [1.5], "purpose": "shadow"}, "headers": {name: "shadow"}}
        assert stage.client.post(f"{url}?purpose=shadow", **sent).status_code == 400
        assert stage.client.post(url, **sent).status_code == 200
    body = {"inputs": [], "parameters": {"purpose": "shadow"}, "purpose": "shadow"}
    stage.client.post("/v2/models/iris/infer", json=body, headers={name: "shadow"})

    assert {record.purpose for record in stage.records()} == {"live"}
    assert [record.status for record in stage.records()].count(200) == 3


@pytest.mark.parametrize("purpose", ["live", "anything", ""])
def test_the_door_takes_no_purpose_of_callers(stage: Stage, client: PredictionClient, purpose: str) -> None:
    with pytest.raises(Unavailable):
        client.predict(asked(purpose=purpose))

    assert stage.records() == []
    assert stage.predict().status_code == 200


def test_only_our_own_user_may_come_through_the_door(stage: Stage) -> None:
    door = stage.run / door_socket(0)

    assert stat.S_IMODE(door.stat().st_mode) == 0o600
    with socket.socket(socket.AF_UNIX) as stranger:  # one who speaks HTTP to it
        stranger.settimeout(60)
        stranger.connect(str(door))
        stranger.sendall(b"POST /models/iris/predict HTTP/1.1\r\n\r\n")
        assert stranger.recv(100) == b""


@pytest.mark.long
def test_calls_at_a_time_do_not_wait_for_one_another(stage: Stage, client: PredictionClient) -> None:
    with ThreadPoolExecutor(4) as pool:
        hanging = pool.submit(client.predict, asked(body=b'{"do": "hang"}', timeout=5.0))
        wait_until(lambda: any(seen.get("do") == "hang" for worker in stage.host.every_worker for seen in worker.seen))
        answered = list(pool.map(lambda number: client.predict(asked(body=b'{"inputs": [%d]}' % number)), range(20)))
        assert not hanging.done()

    assert [msgspec.json.decode(each.body)["outputs"] for each in answered] == [[number] for number in range(20)]
    assert hanging.result().code == "deadline_exceeded"


def test_the_next_gateway_is_asked_when_one_is_gone(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage()
    gone = socket.socket(socket.AF_UNIX)
    with closing(PredictionClient(stage.run)) as client, closing(PredictionClient(stage.home)) as nowhere:
        assert client.predict(asked()).status == 200
        with gone:
            gone.bind(str(stage.run / door_socket(7)))  # it was killed: its name is there, and nobody listens
        assert [client.predict(asked()).status for _ in range(3)] == [200] * 3

        stage.process.kill()
        stage.end_of_gateway()
        with pytest.raises(Unavailable, match="No gateway answers"):
            client.predict(asked())
        stage.start_gateway()
        assert client.predict(asked()).status == 200
        with pytest.raises(Unavailable, match="No gateway answers"):
            nowhere.predict(asked())


def test_a_gateway_that_ends_answers_what_it_has_and_closes_its_door(stage: Stage) -> None:
    with closing(PredictionClient(stage.run)) as client, ThreadPoolExecutor(1) as pool:
        client.predict(asked())  # this connection is idle then
        slow = pool.submit(client.predict, asked(body=b'{"do": "sleep", "seconds": 1, "inputs": [1]}'))
        wait_until(lambda: any(seen.get("do") == "sleep" for worker in stage.host.every_worker for seen in worker.seen))

        assert stage.stop_gateway() == 0

        assert slow.result().status == 200
        assert list(stage.run.glob("door-*")) == []
    stage.start_gateway()
