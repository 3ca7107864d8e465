"""The text that Prometheus scrapes: all gateways added up, in each format, for the models that a key may see."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open_metrics
from prometheus_client.parser import text_string_to_metric_families as read_text

from unshelf.contracts.protocols.host import Replica
from unshelf.gateway.prediction import Prediction
from unshelf.gateway.records.batch import divide
from unshelf.gateway.telemetry.counters import Counters
from unshelf.gateway.telemetry.exposition import exposition

OPEN_METRICS = "application/openmetrics-text; version=1.0.0"


def answered(latency_us: int, *, model: str = "iris", purpose: Any = "live", rows: int = 4) -> Prediction:
    prediction = Prediction("k", model, "native", purpose=purpose)
    prediction.model, prediction.version, prediction.status = model, 1, 200
    prediction.latency_us, prediction.queue_us, prediction.predict_us = latency_us, 100, 300
    prediction.attempts, prediction.batch_rows = 1, rows
    return prediction


def a_replica(model: str = "iris", **fields: Any) -> Replica:
    values: dict[str, Any] = {
        "version": 1, "pid": 7, "address": "unix:w.sock", "state": "serving", "memory_bytes": 100, "started_at": 0.0,
        "last_used_at": 0.0, "requests": 0,
    }  # fmt: skip
    return Replica(model=model, **{**values, **fields})


def scrape(
    own: Counters,
    replicas: list[Replica] | None = None,
    *,
    allowed: Callable[[str], bool] = lambda _: True,
    accept: str = "",
    processes: list[Metric] | None = None,
) -> dict[str, float]:
    """Each sample as it is written, without quotes → its value."""
    text, content_type = exposition(own, replicas, processes or [], {}, allowed=allowed, accept=accept)
    read = read_open_metrics if content_type.startswith("application/openmetrics-text") else read_text
    return {
        f"{sample.name}{{{','.join(f'{name}={value}' for name, value in sorted(sample.labels.items()))}}}": sample.value
        for metric in read(text.decode())
        for sample in metric.samples
    }


@pytest.fixture
def own(tmp_path: Path) -> Counters:
    return Counters(tmp_path, 0)


@pytest.mark.parametrize("accept", ["", "text/plain", OPEN_METRICS])
def test_histograms_add_up_to_what_was_counted_in_every_format(own: Counters, accept: str) -> None:
    own.answered(divide([answered(900), answered(40_000_000)]))
    shown = scrape(own, accept=accept)
    labels = "model=iris,version=1"
    buckets = [
        shown[f"unshelf_request_seconds_bucket{{le={bound},{labels}}}"] for bound in ("0.0005", "0.001", "30.0", "+Inf")
    ]
    assert buckets == [0, 1, 1, 2]
    assert shown[f"unshelf_request_seconds_count{{{labels}}}"] == 2
    assert shown[f"unshelf_request_seconds_sum{{{labels}}}"] == pytest.approx(40.0009)
    assert shown[f"unshelf_batch_rows_bucket{{le=4.0,{labels}}}"] == 2
    assert shown[f"unshelf_batch_rows_sum{{{labels}}}"] == 8
    assert shown["unshelf_requests_total{model=iris,protocol=native,status=200,version=1}"] == 2


def test_all_gateways_are_added_up_and_the_own_one_is_counted_once(own: Counters, tmp_path: Path) -> None:
    other = Counters(tmp_path, 1)
    own.answered(divide([answered(900)]))
    other.answered(divide([answered(900), answered(900)]))
    other.answered(divide([answered(900, model="other")]))
    shown = scrape(own)
    assert shown["unshelf_requests_total{model=iris,protocol=native,status=200,version=1}"] == 3
    assert shown["unshelf_requests_total{model=other,protocol=native,status=200,version=1}"] == 1
    assert shown["unshelf_predictions_answered_total{}"] == 4


def test_what_the_platform_asks_for_itself_is_counted_apart(own: Counters) -> None:
    own.answered(divide([answered(900, purpose="check")]))
    shown = scrape(own)
    assert shown["unshelf_internal_requests_total{model=iris,purpose=check,status=200,version=1}"] == 1
    assert not any(name.startswith("unshelf_requests_total") for name in shown)


def test_wakes_are_shown_by_how_the_worker_came_to_be(own: Counters) -> None:
    own.woken("iris", 1, "forked", 0.25)
    own.woken("iris", 1, "forked", 0.5)
    shown = scrape(own)
    assert shown["unshelf_wake_seconds_count{how=forked,model=iris,version=1}"] == 2
    assert shown["unshelf_wake_seconds_sum{how=forked,model=iris,version=1}"] == 0.75
    assert not any("how=spawned" in name for name in shown)


def test_replicas_are_counted_by_state_and_their_memory_is_added_up(own: Counters) -> None:
    shown = scrape(own, [a_replica(), a_replica(memory_bytes=50), a_replica(state="starting", memory_bytes=1)])
    assert shown["unshelf_host_up{}"] == 1
    assert shown["unshelf_replicas{model=iris,state=serving,version=1}"] == 2
    assert shown["unshelf_replicas{model=iris,state=starting,version=1}"] == 1
    assert shown["unshelf_replica_memory_bytes{model=iris,version=1}"] == 151


def test_a_host_that_does_not_answer_is_down_and_not_without_replicas(own: Counters) -> None:
    shown = scrape(own, None)
    assert shown["unshelf_host_up{}"] == 0
    assert not any(name.startswith("unshelf_replica") for name in shown)
    assert scrape(own, [])["unshelf_host_up{}"] == 1


def test_models_that_a_key_may_not_see_are_left_out_everywhere(own: Counters) -> None:
    for purpose in ("live", "check"):
        own.answered(divide([answered(900, model="secret", purpose=purpose)]))
    own.woken("secret", 1, "forked", 0.1)
    own.lost([answered(900, model="secret")])
    shown = scrape(own, [a_replica("secret")], allowed=lambda model: model != "secret")
    assert [name for name in shown if "secret" in name] == []
