"""Limits for callers: so many requests a second and at a time, of a key and of a model; beyond it 429 and when to come back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.component.gateway.stage import Stage
from tests.support.routes import hashed, one_model
from tests.support.waiting import wait_until
from unshelf.contracts.routing import KeyRoute, RequestLimits

LIMITED = "unshelf_" + "l" * 43


def publish(stage: Stage, key: RequestLimits | None = None, model: RequestLimits | None = None) -> None:
    routes = {hashed(LIMITED): KeyRoute(id="k2", name="job", permissions=("model.predict",), limits=key)}
    stage.publish({"iris": one_model(limits=model), "rose": one_model()}, routes)
    wait_until(lambda: call(stage, "nothing").status_code == 404 if key is None else True)


def call(stage: Stage, reference: str = "iris", **fields: Any) -> httpx.Response:
    return httpx.post(
        f"{stage.url}/models/{reference}/predict",
        json={"inputs": [1], **fields},
        headers={"Authorization": f"Bearer {LIMITED}"},
        timeout=60,
    )


def test_a_key_beyond_its_rate_is_told_when_to_come_back(stage: Stage) -> None:
    """Given 3 requests at once and then one in ten seconds, when 5 come, then 2 are refused, recorded without their input."""
    publish(stage, key=RequestLimits(rate=0.1, burst=3))

    answers = [call(stage, "rose") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert answers[-1].json()["detail"] == "The key 'job' may have 0.1 requests a second."
    assert 5 <= int(answers[-1].headers["retry-after"]) <= 10
    last = stage.records()[-1]
    assert (last.status, last.code, last.input, last.key) == (429, "too_many_requests", b"", "k2")
    assert stage.predict(reference="rose").status_code == 200


def test_a_refused_body_leaves_the_connection_usable(stage: Stage) -> None:
    publish(stage, key=RequestLimits(rate=0.1, burst=1))
    with httpx.Client(base_url=stage.url, headers={"Authorization": f"Bearer {LIMITED}"}, timeout=60) as client:
        codes = [client.post("/models/rose/predict", content=b"x" * 300_000).status_code for _ in range(3)]

    assert codes == [400, 429, 429]


def test_a_model_s_limit_holds_for_all_callers_together(stage: Stage) -> None:
    publish(stage, model=RequestLimits(rate=0.1, burst=2))

    assert [call(stage).status_code, stage.predict().status_code] == [200, 200]
    refused = stage.predict()
    assert (refused.status_code, refused.json()["detail"]) == (429, "The model 'iris' may have 0.1 requests a second.")
    assert stage.predict(reference="iris:1").status_code == 429
    assert stage.predict(reference="rose").status_code == 200
    assert stage.records()[-2].version == 1


@pytest.mark.long
@pytest.mark.parametrize("whose", ["key", "model"])
def test_requests_at_a_time_are_limited_and_given_back(stage: Stage, whose: str) -> None:
    publish(stage, **{whose: RequestLimits(concurrency=2)})
    with ThreadPoolExecutor(2) as pool:
        slow = [pool.submit(call, stage, do="sleep", seconds=1) for _ in range(2)]
        wait_until(lambda: len(stage.host.workers.get(("iris", 1), _Nobody).seen) == 2)
        refused = call(stage)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
        assert [one.result().status_code for one in slow] == [200, 200]
    assert [call(stage).status_code for _ in range(4)] == [200] * 4


def test_a_new_table_gives_nobody_a_fresh_start_and_takes_a_limit_away(stage: Stage) -> None:
    publish(stage, key=RequestLimits(rate=0.1, burst=2))
    assert [call(stage, "rose").status_code for _ in range(3)] == [200, 200, 429]
    publish(stage, key=RequestLimits(rate=0.1, burst=5))
    wait_until(lambda: len([one for one in stage.logged() if one["event"] == "the routing state changed"]) >= 3)
    assert call(stage, "rose").status_code == 429
    publish(stage)
    wait_until(lambda: call(stage, "rose").status_code == 200)


def test_each_gateway_holds_its_part(set_stage: Callable[..., Stage]) -> None:
    stage = set_stage(index=1, gateways=4)
    publish(stage, key=RequestLimits(rate=0.4, burst=8))

    assert [call(stage, "rose").status_code for _ in range(3)] == [200, 200, 429]


class _Nobody:
    seen: tuple[()] = ()
