"""`/metrics`: what gateways count, summed over all of them, kept when one is killed, and shown to whom it concerns."""

import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.component.gateway.stage import Stage
from tests.support.disks import fill, small_disk
from tests.support.routes import hashed, one_model, version
from tests.support.waiting import wait_until
from unshelf.contracts import counter_ids as counting
from unshelf.contracts.bundle import Recording
from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.telemetry.counters import IN_FLIGHT, Counters

WATCHER = "unshelf_" + "w" * 43
SOME = "unshelf_" + "s" * 43
KEYS = {
    hashed(WATCHER): KeyRoute(id="k2", name="prometheus", permissions=("model.predict", "metrics.read")),
    hashed(SOME): KeyRoute(id="k3", name="team", permissions=("model.predict", "metrics.read"), models=["rose"]),
}


def scrape(stage: Stage, token: str = WATCHER, **headers: str) -> httpx.Response:
    return httpx.get(f"{stage.url}/metrics", headers={"Authorization": f"Bearer {token}", **headers}, timeout=60)


def samples(stage: Stage, token: str = WATCHER) -> dict[tuple[str, ...], float]:
    """(name, *label values in the order of their names) → value."""
    families = text_string_to_metric_families(scrape(stage, token).text)
    return {
        (one.name, *dict(sorted(one.labels.items())).values()): one.value
        for family in families
        for one in family.samples
    }


@pytest.fixture
def watched(stage: Stage) -> Stage:
    stage.publish({"iris": one_model(), "rose": one_model()}, KEYS)
    wait_until(lambda: scrape(stage).status_code == 200)
    return stage


def test_every_prediction_is_counted_by_model_version_protocol_and_status(watched: Stage) -> None:
    for number in range(5):
        watched.predict([number])
    watched.predict(reference="tulip")
    watched.client.post("/v2/models/iris/infer", json={"inputs": []})
    watched.predict(reference="rose", do="status", status=422, payload={"code": "invalid_input", "detail": "no"})

    found = samples(watched)

    assert found["unshelf_requests_total", "iris", "native", "200", "1"] == 5
    assert found["unshelf_requests_total", "iris", "v2", "200", "1"] == 1
    assert found["unshelf_requests_total", "rose", "native", "422", "1"] == 1
    assert found["unshelf_requests_total", "", "native", "404", "0"] == 1
    assert found["unshelf_request_seconds_count", "iris", "1"] == 6
    assert found["unshelf_request_seconds_bucket", "+Inf", "iris", "1"] == 6
    assert 0 < found["unshelf_request_seconds_sum", "iris", "1"] < 10
    assert found["unshelf_batch_rows_bucket", "1.0", "iris", "1"] == 6
    assert found["unshelf_predict_seconds_sum", "iris", "1"] == pytest.approx(6 * 0.0025)
    assert found["unshelf_wake_seconds_count", "spawned", "iris", "1"] == 1
    assert found["unshelf_replicas", "iris", "serving", "1"] == 1
    assert found["unshelf_replica_memory_bytes", "iris", "1"] == 5000
    assert found["unshelf_in_flight", "iris", "1"] == 0
    assert found["unshelf_predictions_answered_total",] == found["unshelf_predictions_recorded_total",] == 8
    assert found["unshelf_predictions_lost_total",] == 0


def test_what_is_lost_is_counted_by_model_until_the_disk_takes_records_again(set_stage: Callable[..., Stage]) -> None:
    """Given a full disk, then the metrics tell whose predictions are lost; given room, then the gateway is ready without a call."""
    stage = set_stage(segment_bytes=1)
    with small_disk(stage.home / "predictions"):
        serving = one_model(versions={1: version(recording=Recording(on_failure="serve"))})
        stage.publish({"iris": serving, "rose": one_model()}, KEYS)
        wait_until(lambda: scrape(stage).status_code == 200)
        assert samples(stage)["unshelf_recording_working",] == 1
        ballast = fill(stage.home / "predictions")
        for _ in range(2):
            assert stage.predict(["x" * 8000]).status_code == 200
        assert stage.predict(["x" * 8000], reference="rose").status_code == 503

        found = samples(stage)
        assert found["unshelf_model_predictions_lost_total", "iris", "1"] == 2
        assert found["unshelf_model_predictions_lost_total", "rose", "1"] == 1
        assert found["unshelf_predictions_lost_total",] == 3
        assert found["unshelf_recording_working",] == 0
        assert stage.client.get("/readyz").status_code == 503
        assert ("unshelf_model_predictions_lost_total", "iris", "1") not in samples(stage, SOME)

        ballast.unlink()
        wait_until(lambda: stage.client.get("/readyz").status_code == 200)
        assert samples(stage)["unshelf_recording_working",] == 1
        assert [path.name for path in (stage.home / "predictions").glob(".room*")] == []


@pytest.mark.long  # series stay for a last scrape, 15 seconds
def test_series_of_what_was_removed_go_and_the_others_stay(watched: Stage) -> None:
    def series(name: str) -> list[tuple[str, ...]]:
        """Those that are counted; what runs is the host's to say."""
        return [each for each in samples(watched) if name in each and "_replica" not in each[0]]

    watched.predict()
    watched.predict(reference="rose")
    others = len(series("rose"))
    assert len(series("iris")) == others
    watched.publish({"rose": one_model()}, KEYS)
    wait_until(lambda: not series("iris"), what="the removed model has no series")
    assert len(series("rose")) == others


def test_what_is_in_flight_is_seen(watched: Stage) -> None:
    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            pool.submit(watched.predict, do="sleep", seconds=1)
        wait_until(lambda: samples(watched).get(("unshelf_in_flight", "iris", "1")) == 3)
    assert samples(watched)["unshelf_in_flight", "iris", "1"] == 0


def test_a_gateway_that_is_killed_takes_no_count_with_it(watched: Stage) -> None:
    for number in range(20):
        watched.predict([number])
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(watched.predict, do="hang")
        wait_until(lambda: samples(watched).get(("unshelf_in_flight", "iris", "1")) == 1)
        watched.process.send_signal(signal.SIGKILL)
        assert watched.end_of_gateway() == -signal.SIGKILL
        assert isinstance(hanging.exception(), httpx.TransportError)
    watched.start_gateway()
    watched.predict()

    found = samples(watched)

    assert found["unshelf_requests_total", "iris", "native", "200", "1"] == 21
    assert found["unshelf_predictions_answered_total",] == found["unshelf_predictions_recorded_total",] == 21
    assert found["unshelf_in_flight", "iris", "1"] == 0


def test_the_counts_of_other_gateways_are_added(watched: Stage) -> None:
    watched.predict()
    other = Counters(watched.run / "metrics", 1)
    other.version("iris", 1)[IN_FLIGHT] += 2
    other.file.block((counting.TOTALS,), 8)[counting.ANSWERED] += 10

    found = samples(watched)

    assert found["unshelf_in_flight", "iris", "1"] == 2
    assert found["unshelf_predictions_answered_total",] == 11


def test_the_processes_of_the_platform_show_what_they_take(watched: Stage) -> None:
    found = samples(watched)

    assert found["process_resident_memory_bytes", str(os.getpid()), "supervisor"] > 1e6
    assert found["process_cpu_seconds_total", str(watched.process.pid), "gateway"] > 0


def test_a_key_for_some_models_sees_these_and_a_key_that_predicts_sees_none(watched: Stage) -> None:
    watched.predict()
    watched.predict(reference="rose")

    found = samples(watched, SOME)

    assert found["unshelf_requests_total", "rose", "native", "200", "1"] == 1
    assert not [labels for labels in found if "iris" in labels]
    answer = watched.client.get("/metrics")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert (
        httpx.post(f"{watched.url}/metrics", headers={"Authorization": f"Bearer {WATCHER}"}, timeout=60).status_code
        == 405
    )


def test_open_metrics_is_spoken_to_those_who_ask_for_it(watched: Stage) -> None:
    answer = scrape(watched, Accept="application/openmetrics-text; version=1.0.0")

    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")
