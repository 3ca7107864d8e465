"""Workers that die, hang, lie and leave: nobody who asked is to blame for it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.component.gateway.stage import Stage
from tests.support.routes import one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts.protocols.host import Failed, InFlight, ReportHang, VersionAddresses


def test_requests_wait_while_a_worker_wakes(stage: Stage) -> None:
    stage.host.pause = 0.5

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda number: stage.predict([number]), range(8)))

    assert [answer.json()["outputs"] for answer in answers] == [[number] for number in range(8)]
    assert len(stage.host.wakes) == 1


def test_a_worker_that_was_killed_costs_nobody_an_error(stage: Stage) -> None:
    stage.predict()
    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(stage.predict, [number], do="sleep", seconds=0.3) for number in range(8)]
        worker = stage.host.workers["iris", 1]
        wait_until(lambda: len(worker.seen) == 9)
        stage.do(_killed(worker))

    assert [answer.result().json()["outputs"] for answer in answers] == [[number] for number in range(8)]
    assert {record.attempts for record in stage.records()[1:]} == {2}
    assert stage.host.wakes[-1].not_address == worker.address


def test_an_input_that_kills_every_worker_is_answered_and_given_up(stage: Stage) -> None:
    answer = stage.predict(do="die")

    assert (answer.status_code, answer.json()["code"]) == (500, "model_error")
    assert "process died" in answer.json()["detail"]
    assert len(stage.host.every_worker) == 3
    assert (stage.records()[-1].attempts, stage.records()[-1].status) == (3, 500)
    assert stage.predict().status_code == 200


@pytest.mark.long
def test_an_input_that_kills_workers_takes_no_other_request_with_it(stage: Stage) -> None:
    stage.predict()
    with ThreadPoolExecutor(12) as pool:
        innocent = [pool.submit(stage.predict, [number], do="sleep", seconds=0.4) for number in range(6)]
        wait_until(lambda: len(stage.host.workers["iris", 1].seen) == 7)
        killer = pool.submit(stage.predict, do="die")

    assert [answer.result().status_code for answer in innocent] == [200] * 6
    assert killer.result().json()["code"] == "model_error"


@pytest.mark.long
@pytest.mark.parametrize(
    "lie",
    [
        {"do": "garbage"},
        {"do": "status", "status": 302, "payload": {}},
        {"do": "status", "status": 422, "payload": {"code": "model_error", "detail": "statuses must fit"}},
        {"do": "status", "status": 500, "payload": ["not an object"]},
        {"do": "status", "status": 400, "payload": {"code": "never heard of", "detail": ""}},
        {"do": "status", "status": 503, "payload": {"code": "paused", "detail": "that is the gateway's to say"}},
    ],
)
def test_an_answer_that_is_none_counts_as_a_death(stage: Stage, lie: dict) -> None:
    answer = stage.predict(**lie)

    assert (answer.status_code, answer.json()["code"]) == (500, "model_error")
    assert stage.records()[-1].attempts == 3
    assert stage.predict().status_code == 200


def test_a_worker_that_can_not_answer_in_time_says_when_to_come_again(stage: Stage) -> None:
    """Given a worker that refuses at once what would be answered too late, then its caller hears so, and no other worker is tried."""
    refusal = {"code": "overloaded", "detail": "The model takes 1 s a row.", "hint": "Later.", "retry_after": 12}
    answer = stage.predict(do="status", status=503, payload=refusal)

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "overloaded", "12")
    assert answer.json()["detail"] == "The model takes 1 s a row."
    assert (stage.records()[-1].attempts, stage.records()[-1].status) == (1, 503)
    forever = {**refusal, "retry_after": 10**9}
    assert stage.predict(do="status", status=503, payload=forever).headers["retry-after"] == "3600"


def test_a_stopping_worker_is_left_in_peace(stage: Stage) -> None:
    assert stage.predict(do="stop").status_code == 200
    first = stage.host.workers["iris", 1]
    wait_until(lambda: not first.connections)

    assert stage.predict().status_code == 200
    assert stage.host.workers["iris", 1] is not first
    assert [record.attempts for record in stage.records()] == [1, 1]


def test_too_late_is_a_timeout_and_the_worker_hears_of_it(stage: Stage) -> None:
    answer = stage.client.post(
        "/models/iris/predict", json={"inputs": [1], "do": "hang"}, headers={"X-Request-Timeout": "0.2"}
    )

    assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")
    assert "0.2 seconds" in answer.json()["detail"]
    assert stage.records()[-1].code == "deadline_exceeded"
    worker = stage.host.workers["iris", 1]
    wait_until(lambda: len(worker.cancelled) == 1)
    assert stage.predict().status_code == 200
    assert stage.host.workers["iris", 1] is worker


def test_the_versions_own_timeout_can_not_be_stretched(stage: Stage) -> None:
    stage.publish({"quick": one_model(versions={1: version(timeout=0.2)})})

    answer = stage.client.post(
        "/models/quick/predict", json={"inputs": [1], "do": "hang"}, headers={"X-Request-Timeout": "60"}
    )

    assert answer.status_code == 504


def test_the_deadline_counts_while_a_worker_wakes(stage: Stage) -> None:
    stage.host.pause = 3.0

    answer = stage.client.post("/models/iris/predict", json={"inputs": [1]}, headers={"X-Request-Timeout": "0.2"})

    assert answer.status_code == 504
    assert stage.records()[-1].attempts == 0


def test_more_than_may_be_in_flight_are_turned_away(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(max_in_flight=2)
    with ThreadPoolExecutor(2) as pool:
        held = [pool.submit(stage.predict, do="sleep", seconds=1.0) for _ in range(2)]
        wait_until(lambda: ("iris", 1) in stage.host.workers and len(stage.host.workers["iris", 1].seen) == 2)

        answer = stage.predict()

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "overloaded", "1")
    assert [future.result().status_code for future in held] == [200, 200]
    assert stage.predict().status_code == 200


def test_what_the_host_can_not_start_is_unavailable_without_its_log(stage: Stage) -> None:
    stage.host.failing["iris"] = Failed(
        id=0, code="check_failed", detail="the worker ended while it started", log="secret line", retry_after=7.0
    )

    answer = stage.predict()

    assert (answer.status_code, answer.json()["code"], answer.headers["retry-after"]) == (503, "unavailable", "7")
    assert answer.json()["detail"] == "the worker ended while it started"
    assert "secret" not in answer.text
    stage.host.failing.clear()
    assert stage.predict().status_code == 200


def test_a_short_not_now_of_the_host_is_waited_out(stage: Stage) -> None:
    stage.host.failing["iris"] = Failed(id=0, code="unavailable", detail="started again in 0.2 s", retry_after=0.2)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(stage.predict)
        wait_until(lambda: len(stage.host.wakes) == 2)
        stage.host.failing.clear()

    assert answer.result().status_code == 200


@pytest.mark.long
def test_a_version_that_keeps_failing_is_told_in_the_end(stage: Stage) -> None:
    stage.host.failing["iris"] = Failed(id=0, code="unavailable", detail="it can't be started", retry_after=0.5)

    answer = stage.predict()

    assert (answer.status_code, answer.json()["detail"]) == (503, "it can't be started")
    assert len(stage.host.wakes) == 5


def test_a_version_that_only_the_gateway_knows_yet_is_asked_for_again(stage: Stage) -> None:
    stage.host.failing["iris"] = Failed(id=0, code="not_found", detail="there is no version iris:1")
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(stage.predict)
        wait_until(lambda: len(stage.host.wakes) > 2)
        stage.host.failing.clear()

    assert answer.result().status_code == 200


def test_a_restarted_host_moves_the_gateway_to_its_worker(stage: Stage) -> None:
    stage.predict()
    old = stage.host.workers["iris", 1]
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(stage.predict, ["slow"], do="sleep", seconds=1.0)
        wait_until(lambda: len(old.seen) == 2)
        stage.do(stage.host.stop())
        assert stage.predict(["meanwhile"]).status_code == 200
        stage.do(stage.host.new_worker(("iris", 1)))
        stage.do(stage.host.start())
        new = stage.host.workers["iris", 1]
        wait_until(lambda: bool(new.connections))

        assert stage.predict(["moved"]).status_code == 200
        assert new.seen[-1]["inputs"] == ["moved"]
        assert slow.result().json()["outputs"] == ["slow"]
    wait_until(lambda: not old.connections)
    assert {record.attempts for record in stage.records()} == {1}


def test_while_the_host_is_away_requests_wait_for_it(stage: Stage) -> None:
    stage.do(stage.host.stop())
    wait_until(lambda: httpx.get(f"{stage.url}/readyz", timeout=60).status_code == 503)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(stage.predict)
        stage.do(stage.host.start())

    assert answer.result().status_code == 200
    assert httpx.get(f"{stage.url}/readyz", timeout=60).status_code == 200


def test_the_workers_of_a_removed_version_are_hung_up(stage: Stage) -> None:
    stage.predict()
    worker = stage.host.workers["iris", 1]
    assert worker.connections

    stage.publish({"rose": one_model()})

    wait_until(lambda: not worker.connections)
    assert stage.process.poll() is None


async def _killed(worker) -> None:
    worker.die()


def test_an_input_for_which_the_memory_of_its_tier_is_too_small_is_answered_with_the_reason(stage: Stage) -> None:
    stage.host.out_of_memory = "1 GiB, tier small"
    answer = stage.predict(do="die")

    assert (answer.status_code, answer.json()["code"]) == (503, "out_of_memory")
    assert "ran out of its memory (1 GiB, tier small)" in answer.json()["detail"]
    assert "retry-after" in answer.headers
    assert b"tier small" in stage.records()[-1].output


def test_a_worker_that_says_nothing_until_the_deadline_is_reported(stage: Stage) -> None:
    stage.publish({"iris": one_model(versions={1: version(timeout=0.5)})})
    wait_until(lambda: stage.logged()[-1].get("generation") == 2)
    answer = stage.predict(do="hang")

    assert (answer.status_code, answer.json()["code"]) == (504, "deadline_exceeded")
    wait_until(lambda: bool(stage.host.told))
    (stuck,) = stage.host.told
    assert isinstance(stuck, ReportHang)
    assert stuck.address == stage.host.workers["iris", 1].address
    assert stuck.silent_seconds >= 0.45


def test_a_deadline_of_the_callers_own_and_a_busy_worker_are_no_reason_to_report_it(stage: Stage) -> None:
    stage.publish({"iris": one_model(versions={1: version(timeout=0.6)})})
    wait_until(lambda: stage.logged()[-1].get("generation") == 2)
    hurried = {"x-request-timeout": "0.1"}
    assert stage.client.post("/models/iris/predict", json={"do": "hang"}, headers=hurried).status_code == 504
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(stage.predict, do="hang")
        for _ in range(8):
            assert stage.predict(do="sleep", seconds=0.1).status_code == 200
        assert hanging.result().status_code == 504
    assert not stage.host.told


def test_predictions_go_to_the_least_busy_replica_and_the_host_hears_how_many_there_are(stage: Stage) -> None:
    stage.publish({"iris": one_model(versions={1: version(max_replicas=2)})})
    wait_until(lambda: stage.logged()[-1].get("generation") == 2)
    stage.predict()
    first = stage.host.workers["iris", 1]
    second = stage.do(stage.host.new_worker(("iris", 1)))
    stage.host.served = [VersionAddresses(model="iris", version=1, addresses=[first.address, second.address])]

    with ThreadPoolExecutor(6) as pool:
        slow = [pool.submit(stage.predict, do="sleep", seconds=1.0) for _ in range(6)]
        wait_until(lambda: bool(second.connections))
        told = next(message for message in stage.host.told if isinstance(message, InFlight))
        assert told.loads[0].in_flight == 6
        for _ in range(5):
            assert stage.predict().status_code == 200
        assert [answer.result().status_code for answer in slow] == [200] * 6
    assert (len(first.seen), len(second.seen)) == (7, 5)

    stage.do(_killed(second))
    assert stage.predict().status_code == 200
    assert len(stage.host.wakes) == 1, "nobody had to be woken: the first replica serves"
