"""Operating a platform: callers are limited, what happens is counted over all processes, and a caller finds its trace again."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

ROW = {"a": 1.0, "b": 2.0}
TRACE = "0af7651916cd43dd8448eb211c80319c"


def scraped(platform: Platform, token: str) -> dict[tuple[str, ...], float]:
    """(name, *label values in the order of their names) → value."""
    answer = httpx.get(f"{platform.url}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    assert answer.status_code == 200, answer.text
    families = text_string_to_metric_families(answer.text)
    return {
        (one.name, *dict(sorted(one.labels.items())).values()): one.value
        for family in families
        for one in family.samples
    }


def ask(platform: Platform, token: str, **headers: str) -> httpx.Response:
    """A call on a connection of its own, so that the kernel may give it to any gateway."""
    return httpx.post(
        f"{platform.url}/models/sums/predict",
        json={"inputs": [ROW]},
        headers={"Authorization": f"Bearer {token}", **headers},
        timeout=60,
    )


def counted(platform: Platform, token: str, status: str) -> float:
    return scraped(platform, token).get(("unshelf_requests_total", "sums", "native", status, "1"), 0.0)


@pytest.mark.long
def test_a_day_of_an_operator(tmp_path: Path) -> None:
    """Given two gateways and a model with limits in its recipe, when callers ask too much and a gateway is killed, then they are told
    when to come back, no count is lost, and the trace of a call stands in the log."""
    folder = write_model(tmp_path / "sums", name="sums", extra="\n[limits]\nrate = 2\nburst = 10\n")
    with running_platform(tmp_path / "home", gateways="2") as platform:
        platform.cli("deploy", str(folder))
        watcher = platform.key(role="deploy")
        caller = platform.key(models=["sums"])

        answers = [ask(platform, caller) for _ in range(30)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert 5 <= len(refused) <= 25
        assert {answer.status_code for answer in answers} == {200, 429}
        assert all(
            answer.json()["code"] == "too_many_requests" and answer.headers["retry-after"] == "1" for answer in refused
        )
        assert platform.http.get("/api/v1/models/sums").json()["limits"]["rate"] == 2
        assert counted(platform, watcher, "429") == len(refused)

        platform.cli("limit", "sums", "--none")
        with ThreadPoolExecutor(8) as pool:
            good = sum(answer.status_code == 200 for answer in pool.map(lambda _: ask(platform, caller), range(100)))
        assert good == 100
        platform.kill("gateway")
        wait_until(lambda: len(platform.processes("gateway")) == 2, what="the gateway is back")
        before = counted(platform, watcher, "200")
        assert before == 100 + len(answers) - len(refused)
        assert ask(platform, caller, traceparent=f"00-{TRACE}-b7ad6b7169203331-01").status_code == 200
        assert counted(platform, watcher, "200") == before + 1
        assert platform.records("sums")[-1]["trace"] == TRACE

        _all_facts_are_there(scraped(platform, watcher))
        assert ask_metrics(platform, caller) == 403


@pytest.mark.long
def test_a_key_is_limited_by_command(tmp_path: Path, start_platform: Callable[..., Platform]) -> None:
    platform = start_platform(gateways="1")
    platform.cli("deploy", str(write_model(tmp_path / "held", name="held")))
    made = platform.cli("keys", "create", "job", "--model", "held", "--rate", "0.1", "--burst", "2", "--json")
    token: str = json.loads(made.stdout)["token"]

    with httpx.Client(base_url=platform.url, headers={"Authorization": f"Bearer {token}"}, timeout=60) as job:
        codes = [job.post("/models/held/predict", json={"inputs": [ROW]}).status_code for _ in range(4)]

    assert codes == [200, 200, 429, 429]


def ask_metrics(platform: Platform, token: str) -> int:
    return httpx.get(f"{platform.url}/metrics", headers={"Authorization": f"Bearer {token}"}, timeout=60).status_code


def _all_facts_are_there(found: dict[tuple[str, ...], Any]) -> None:
    assert found["unshelf_predictions_answered_total",] == found["unshelf_predictions_recorded_total",]
    assert found["unshelf_predictions_lost_total",] == 0
    assert found["unshelf_host_up",] == 1
    assert found["unshelf_replicas", "sums", "serving", "1"] >= 1
    assert (
        sum(found.get(("unshelf_wake_seconds_count", how, "sums", "1"), 0) for how in ("forked", "spawned", "running"))
        >= 2
    )
    assert found["unshelf_in_flight", "sums", "1"] == 0
    processes = {labels[2] for labels in found if labels[0] == "process_resident_memory_bytes"}
    assert processes == {"supervisor", "control", "gateway", "host"}
