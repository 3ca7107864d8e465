"""`/metrics`: what gateways count, summed over all of them, kept when one is killed, and shown to whom it concerns."""

import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.support.disks import fill, small_disk
from tests.unit.gateway.stage import Stage, hashed, one_model, version
from unshelf.contracts import cells, counting
from unshelf.contracts.bundle import Recording
from unshelf.contracts.cells import CHUNK_BYTES, CellFile, read_cells
from unshelf.contracts.routing import KeyRoute
from unshelf.gateway.metrics import counters
from unshelf.gateway.metrics.counters import IN_FLIGHT, Counters
from unshelf.gateway.problems import Refused
from unshelf.gateway.sheets import divide

WATCHER = "unshelf_" + "w" * 43
SOME = "unshelf_" + "s" * 43
KEYS = {
    hashed(WATCHER): KeyRoute(id="k2", name="prometheus", role="deploy"),
    hashed(SOME): KeyRoute(id="k3", name="team", role="deploy", models=["rose"]),
}


def scrape(stage: Stage, token: str = WATCHER, **headers: str) -> httpx.Response:
    return httpx.get(f"{stage.url}/metrics", headers={"Authorization": f"Bearer {token}", **headers})


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
    stage.wait(lambda: scrape(stage).status_code == 200)
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
        stage.wait(lambda: scrape(stage).status_code == 200)
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
        stage.wait(lambda: stage.client.get("/readyz").status_code == 200)
        assert samples(stage)["unshelf_recording_working",] == 1
        assert [path.name for path in (stage.home / "predictions").glob(".room*")] == []


def test_what_is_in_flight_is_seen(watched: Stage) -> None:
    with ThreadPoolExecutor(3) as pool:
        for _ in range(3):
            pool.submit(watched.predict, do="sleep", seconds=1)
        watched.wait(lambda: samples(watched).get(("unshelf_in_flight", "iris", "1")) == 3)
    assert samples(watched)["unshelf_in_flight", "iris", "1"] == 0


def test_a_gateway_that_is_killed_takes_no_count_with_it(watched: Stage) -> None:
    for number in range(20):
        watched.predict([number])
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(watched.predict, do="hang")
        watched.wait(lambda: samples(watched).get(("unshelf_in_flight", "iris", "1")) == 1)
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
    assert httpx.post(f"{watched.url}/metrics", headers={"Authorization": f"Bearer {WATCHER}"}).status_code == 405


def test_open_metrics_is_spoken_to_those_who_ask_for_it(watched: Stage) -> None:
    answer = scrape(watched, Accept="application/openmetrics-text; version=1.0.0")

    assert answer.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    assert answer.text.endswith("# EOF\n")


def test_more_counters_than_a_chunk_holds_are_found_again(tmp_path: Path) -> None:
    path = tmp_path / "metrics" / "gateway-0.cells"
    file = CellFile(path)
    for number in range(300):
        file.block(("version", f"m{number}", 1), 80)[79] = number

    again = CellFile(path)

    assert path.stat().st_size > 2 * CHUNK_BYTES
    assert dict(read_cells(path)) == dict(again.blocks()) == dict(file.blocks())
    again.block(("version", "m299", 1), 80)[0] += 1
    again.block(("later",), 1)[0] = 7
    assert dict(read_cells(path))["version", "m299", 1][0] == 1
    assert dict(read_cells(path))[("later",)] == [7]
    assert read_cells(tmp_path / "gone.cells") == []


def test_a_full_disk_costs_the_sum_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cells.os, "posix_fallocate", full)
    file = CellFile(tmp_path / "gateway-0.cells")
    file.block(("totals",), 2)[1] += 5

    assert file.blocks() == [(("totals",), [0, 5])]
    assert read_cells(tmp_path / "gateway-0.cells") == []


def test_a_disk_that_takes_nothing_from_the_start_costs_no_more(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("a file where the folder should be")
    file = CellFile(tmp_path / "metrics" / "gateway-0.cells")
    file.block(("totals",), 2)[0] += 3

    assert file.blocks() == [(("totals",), [3, 0])]


def test_counting_costs_next_to_nothing(tmp_path: Path, set_stage: Callable[..., Stage]) -> None:
    """A bound of twenty times what it takes, against a lock or a file sneaking in."""
    counted = Counters(tmp_path, 0)
    prediction = _outcome()
    begun = time.perf_counter()
    for _ in range(1000):
        counted.begun(prediction)
        counted.recorded(1, 0)
        counted.answered([[prediction]])
    assert (time.perf_counter() - begun) / 1000 < 60e-6


def test_predictions_count_the_same_together_and_one_by_one(tmp_path: Path) -> None:
    told = [_outcome() for _ in range(7)]
    told[1].version = told[4].version = 2
    told[2].refuse(Refused("unavailable", "gone"))
    told[2].attempts, told[2].batch_rows = 0, 0
    told[5].latency_us, told[5].queue_us, told[5].predict_us, told[5].batch_rows = 40_000_000, 7, 29_000, 64
    told[6].model, told[6].version = "nobody", 0
    together, single = Counters(tmp_path / "a", 0), Counters(tmp_path / "b", 0)
    for each in told[:6]:
        together.begun(each)
        single.begun(each)

    together.answered(divide(told))
    for each in told:
        single.answered([[each]])

    assert dict(together.file.blocks()) == dict(single.file.blocks())
    assert together.version("iris", 1)[counters.IN_FLIGHT] == 0
    assert sum(cells[0] for label, cells in together.file.blocks() if label[0] == counters.OUTCOMES) == 7


def _outcome() -> counters.Prediction:
    prediction = counters.Prediction("k", "iris", "native", likeness="all")
    prediction.model, prediction.version, prediction.status = "iris", 1, 200
    prediction.latency_us, prediction.queue_us, prediction.predict_us = 900, 100, 300
    prediction.attempts, prediction.batch_rows = 1, 4
    return prediction
