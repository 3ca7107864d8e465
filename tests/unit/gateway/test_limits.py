"""Limits for callers: so many requests a second and at a time, of a key and of a model; beyond it 429 and when to come back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.unit.gateway.stage import Stage, hashed, one_model
from unshelf.contracts.routing import KeyRoute, Limits
from unshelf.gateway import limits as module
from unshelf.gateway.limits import Limiter, part_of
from unshelf.gateway.problems import Refused

LIMITED = "unshelf_" + "l" * 43


def publish(stage: Stage, key: Limits | None = None, model: Limits | None = None) -> None:
    routes = {hashed(LIMITED): KeyRoute(id="k2", name="job", role="predict", limits=key)}
    stage.publish({"iris": one_model(limits=model), "rose": one_model()}, routes)
    stage.wait(lambda: call(stage, "nothing").status_code == 404 if key is None else True)


def call(stage: Stage, reference: str = "iris", **fields: Any) -> httpx.Response:
    return httpx.post(
        f"{stage.url}/models/{reference}/predict",
        json={"inputs": [1], **fields},
        headers={"Authorization": f"Bearer {LIMITED}"},
        timeout=20,
    )


def test_a_key_beyond_its_rate_is_told_when_to_come_back(stage: Stage) -> None:
    """Given 3 requests at once and then one in ten seconds, when 5 come, then 2 are refused, recorded without their input."""
    publish(stage, key=Limits(rate=0.1, burst=3))

    answers = [call(stage, "rose") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert answers[-1].json()["detail"] == "the key 'job' may have 0.1 requests a second"
    assert 5 <= int(answers[-1].headers["retry-after"]) <= 10
    last = stage.records()[-1]
    assert (last.status, last.code, last.input, last.key) == (429, "too_many_requests", b"", "k2")
    assert stage.predict(reference="rose").status_code == 200


def test_a_refused_body_leaves_the_connection_usable(stage: Stage) -> None:
    publish(stage, key=Limits(rate=0.1, burst=1))
    with httpx.Client(base_url=stage.url, headers={"Authorization": f"Bearer {LIMITED}"}) as client:
        codes = [client.post("/models/rose/predict", content=b"x" * 300_000).status_code for _ in range(3)]

    assert codes == [400, 429, 429]


def test_a_model_s_limit_holds_for_all_callers_together(stage: Stage) -> None:
    publish(stage, model=Limits(rate=0.1, burst=2))

    assert [call(stage).status_code, stage.predict().status_code] == [200, 200]
    refused = stage.predict()
    assert (refused.status_code, refused.json()["detail"]) == (429, "the model 'iris' may have 0.1 requests a second")
    assert stage.predict(reference="iris:1").status_code == 429
    assert stage.predict(reference="rose").status_code == 200
    assert stage.records()[-2].version == 1


@pytest.mark.parametrize("whose", ["key", "model"])
def test_requests_at_a_time_are_limited_and_given_back(stage: Stage, whose: str) -> None:
    publish(stage, **{whose: Limits(concurrency=2)})
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(call, stage, do="sleep", seconds=1) for _ in range(2)]
        stage.wait(lambda: len(stage.host.workers.get(("iris", 1), _Nobody).seen) == 2)
        refused = call(stage)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert [one.result().status_code for one in slow] == [200, 200]
    assert [call(stage).status_code for _ in range(4)] == [200] * 4


def test_a_new_table_gives_nobody_a_fresh_start_and_takes_a_limit_away(stage: Stage) -> None:
    publish(stage, key=Limits(rate=0.1, burst=2))
    assert [call(stage, "rose").status_code for _ in range(3)] == [200, 200, 429]
    publish(stage, key=Limits(rate=0.1, burst=5))
    stage.wait(lambda: len([one for one in stage.logged() if one["event"] == "a new routing table"]) >= 3)
    assert call(stage, "rose").status_code == 429
    publish(stage)
    assert call(stage, "rose").status_code == 200


def test_each_gateway_holds_its_part(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(index=1, gateways=4)
    publish(stage, key=Limits(rate=0.4, burst=8))

    assert [call(stage, "rose").status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(("whole", "gateways", "parts"), [(10, 4, [3, 3, 2, 2]), (8, 2, [4, 4]), (1, 3, [1, 1, 1])])
def test_the_parts_of_a_number_add_up(whole: int, gateways: int, parts: list[int]) -> None:
    assert [part_of(whole, gateway, gateways) for gateway in range(gateways)] == parts


def test_in_the_long_run_the_rate_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Given 50 a second, when 1,000 a second ask for 10 seconds, then 500 are let in, and the first second's worth."""
    clock = [0.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    limiter = Limiter(Limits(rate=50), 0, 1)
    let_in = 0
    for _ in range(10_000):
        clock[0] += 0.001
        try:
            limiter.enter("the key 'x'")
        except Refused:
            continue
        limiter.leave()
        let_in += 1

    assert 548 <= let_in <= 551


class _Nobody:
    seen: tuple[()] = ()
