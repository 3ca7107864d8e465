"""Deferred predictions on a running platform: over several gateways, through kills and restarts, each in the records once."""

import contextlib
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx
import psutil
import pytest

from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

SLOW = """
import pathlib, time

GATE = pathlib.Path({gate!r})

def predict(rows):
    time.sleep(max(row["seconds"] for row in rows))
    while rows[0]["number"] < 1.0 and GATE.exists():
        time.sleep(0.01)
    return [row["number"] for row in rows]
"""
"""A model that sleeps, and is as slow as a test wants where it is given number 0: it waits until there is no gate any more."""
EXAMPLE = [{"number": 1.0, "seconds": 0.0}]
LATER = {"Prefer": "respond-async"}


def write_slow(folder: Path) -> str:
    code = SLOW.format(gate=str(folder / "gate"))
    return str(write_model(folder / "slow", name="slow", code=code, example=EXAMPLE))


@pytest.fixture
def gate(two_gateways: Platform) -> Iterator[Path]:
    """Holds number 0 as long as it is there."""
    gate = two_gateways.home.with_name("gate")
    gate.touch()
    yield gate
    gate.unlink(missing_ok=True)


def call(platform: Platform, method: str, url: str, **fields: Any) -> httpx.Response:
    """On a connection of its own, so that the kernel may give it to any gateway."""
    headers = {"Authorization": f"Bearer {platform.token}", **fields.pop("headers", {})}
    return httpx.request(method, f"{platform.url}{url}", headers=headers, timeout=60, **fields)


def submit(platform: Platform, number: int, seconds: float = 0.0) -> str:
    body = {"inputs": [{"number": float(number), "seconds": seconds}]}
    answer = call(platform, "POST", "/models/slow/predict", json=body, headers=LATER)
    assert answer.status_code == 202, answer.text
    return urljoin(answer.url.path, answer.headers["location"])


def state(platform: Platform, url: str) -> dict[str, Any]:
    answer = call(platform, "GET", url)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def finished(platform: Platform, url: str) -> dict[str, Any]:
    wait_until(lambda: "finished_at" in state(platform, url), what=f"{url} is finished")
    return state(platform, url)


def assert_each_is_recorded_once(platform: Platform, urls: list[str]) -> None:
    """What is polled is in the records, once, with the same output."""
    records = platform.records("slow")
    times = Counter(record["id"] for record in records)
    outputs = {record["id"]: record["output"] for record in records}
    for number, url in enumerate(urls):
        done = state(platform, url)
        assert (done["status"], done["outputs"]) == ("succeeded", [float(number)])
        assert times[done["prediction_id"]] == 1
        assert outputs[done["prediction_id"]] == done["outputs"]


@pytest.fixture(scope="module")
def two_gateways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("deferred")
    with running_platform(folder / "home", gateways="2", sandbox="off") as running:  # the model looks for the gate
        running.cli("deploy", write_slow(folder))
        yield running


@pytest.mark.long
def test_any_gateway_accepts_shows_and_cancels(two_gateways: Platform, gate: Path) -> None:
    blocking = submit(two_gateways, 0)
    urls = [blocking, *(submit(two_gateways, number) for number in range(1, 12))]
    victims = urls[9:]
    for url in victims:
        assert call(two_gateways, "DELETE", url).json()["status"] == "cancelled"
    for _ in range(4):  # whichever of the two is asked
        assert {state(two_gateways, url)["status"] for url in victims} == {"cancelled"}
    gate.unlink()
    for url in urls[:9]:
        finished(two_gateways, url)
    assert_each_is_recorded_once(two_gateways, urls[:9])
    assert [record["status"] for record in two_gateways.records("slow")].count(410) == 3


@pytest.mark.long
@pytest.mark.parametrize("which", [0, 1])
def test_work_goes_on_when_a_gateway_is_killed(two_gateways: Platform, gate: Path, which: int) -> None:
    """Given one that runs and others that wait, when either gateway is killed, then all of them finish."""
    wait_until(lambda: len(two_gateways.processes("gateway")) == 2, what="both gateways run")
    urls = [submit(two_gateways, 0), *(submit(two_gateways, number) for number in range(1, 6))]
    wait_until(lambda: state(two_gateways, urls[0])["status"] == "running", what="it runs")
    two_gateways.processes("gateway")[which].send_signal(signal.SIGKILL)
    gate.unlink()

    def all_finished() -> bool:
        try:
            return all("finished_at" in state(two_gateways, url) for url in urls)
        except httpx.TransportError:
            return False  # it was this connection's gateway

    wait_until(all_finished, what="all are finished")
    assert_each_is_recorded_once(two_gateways, urls)


@pytest.mark.long
@pytest.mark.parametrize("how", [pytest.param(signal.SIGTERM, marks=pytest.mark.long), signal.SIGKILL])
def test_a_restart_of_everything_loses_none(tmp_path: Path, how: signal.Signals) -> None:
    """Given one that is finished, one that runs and others that wait, when everything is ended, then a new start finishes them."""
    home = tmp_path / "home"
    with running_platform(home, gateways="2") as platform:
        platform.cli("deploy", write_slow(tmp_path))
        first = submit(platform, 0)
        before = finished(platform, first)
        urls = [first, submit(platform, 1, seconds=3.0)]
        wait_until(lambda: state(platform, urls[1])["status"] != "queued", what="it runs")
        urls += [submit(platform, number) for number in range(2, 5)]
        if how == signal.SIGKILL:
            everything = [psutil.Process(platform.process.pid)]
            everything += everything[0].children(recursive=True)
            for process in everything:
                with contextlib.suppress(psutil.NoSuchProcess):  # a worker that has ended by itself
                    process.kill()
            psutil.wait_procs(everything, timeout=60)
            platform.process.wait(60)
    with running_platform(home, gateways="1") as platform:
        for url in urls:
            finished(platform, url)
        assert state(platform, first) == before
        assert_each_is_recorded_once(platform, urls)


@pytest.mark.long
def test_what_was_cancelled_costs_the_next_one_nothing(start_platform: Callable[..., Platform], tmp_path: Path) -> None:
    """Given a worker that can't be interrupted, when what it is at is cancelled, then the next one does not pay with its deadline."""
    running = start_platform(gateways="1")
    folder = Path(write_slow(tmp_path))
    recipe = (folder / "unshelf.toml").read_text()
    (folder / "unshelf.toml").write_text(recipe.replace("[model]", "[model]\ntimeout = 8.0", 1))
    running.cli("deploy", str(folder))
    endless, next_one = submit(running, 0, seconds=600.0), submit(running, 1)
    wait_until(lambda: state(running, endless)["status"] == "running", what="it runs")
    assert call(running, "DELETE", endless).json()["status"] == "cancelled"
    assert finished(running, next_one)["outputs"] == [1.0]


def test_they_are_served_while_control_is_down(two_gateways: Platform) -> None:
    running = two_gateways
    control = running.processes("control")[0]
    control.suspend()
    try:
        assert finished(running, submit(running, 7))["outputs"] == [7.0]
    finally:
        control.resume()


def test_bad_rows_and_models_that_raise_are_told_as_ever(two_gateways: Platform) -> None:
    bad = [b'{"inputs": [{"number": "x"}]}', b"{", b'{"inputs": [{"number": 1, "seconds": -1}]}']
    for body in bad:
        now = call(two_gateways, "POST", "/models/slow/predict", content=body)
        later = call(two_gateways, "POST", "/models/slow/predict", content=body, headers=LATER)
        done = finished(two_gateways, urljoin(later.url.path, later.headers["location"]))
        whole = call(two_gateways, "GET", done["answer_url"])
        assert whole.status_code == now.status_code >= 400
        assert {**whole.json(), "id": ""} == {**now.json(), "id": ""}
        assert done["status"] == "failed"


def test_a_table_is_answered_later_as_a_table(two_gateways: Platform) -> None:
    """Arrow bodies travel as they are; an environment without pyarrow says so when it is its turn, as ever."""
    answer = call(
        two_gateways, "POST", "/models/slow/predict", content=b"ARROW", headers={
            **LATER, "Content-Type": "application/vnd.apache.arrow.stream", "Accept": "application/vnd.apache.arrow.stream",
        },
    )  # fmt: skip
    assert answer.status_code == 202
    assert (
        finished(two_gateways, urljoin(answer.url.path, answer.headers["location"]))["problem"]["code"]
        == "unsupported_media_type"
    )
