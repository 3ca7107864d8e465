"""kill -9 of any process, at random, again and again, under load on several versions of several models.

A few seconds, which kill each role once at least; `make test-long` makes it ten minutes, on more versions."""

import os
import random
import signal
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.support.long import LONG
from tests.support.models import write_model
from tests.support.platform import Platform
from tests.support.waiting import wait_until

SECONDS = 600.0 if LONG else 8.0
ROLES = ["gateway", "host", "worker", "worker", "control"]
MODELS = ["fox", "owl"]
VERSIONS = [1, 2, 3] if LONG else [1, 2]
CALLERS = 8

TELLING = """
def predict(rows):
    return [f"{name}:{version} says {{row['number']}}" for row in rows]
"""


@dataclass(frozen=True)
class Call:
    """One call and what its caller saw; `status` 0: no answer, the connection broke."""

    reference: str
    number: int
    status: int
    body: dict[str, Any]


@dataclass
class Crowd:
    """Callers that ask random versions, each number once, and remember everything."""

    platform: Platform
    seed: int
    calls: list[Call] = field(default_factory=list)

    def __enter__(self) -> "Crowd":
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(index,)) for index in range(CALLERS)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(90)

    def _call(self, index: int) -> None:
        dice = random.Random(self.seed * 100 + index)
        headers = {"Authorization": f"Bearer {self.platform.token}"}
        with httpx.Client(base_url=self.platform.url, headers=headers, timeout=60) as client:
            number = index
            while not self._stop.is_set():
                number += CALLERS
                model = dice.choice(MODELS)
                reference = dice.choice([model, *(f"{model}:{version}" for version in VERSIONS)])
                try:
                    answer = client.post(f"/models/{reference}/predict", json={"inputs": [{"number": number}]})
                except httpx.TransportError:
                    self.calls.append(Call(reference, number, 0, {}))
                else:
                    self.calls.append(Call(reference, number, answer.status_code, answer.json()))


@pytest.mark.timeout(240 + 2 * SECONDS)
@pytest.mark.long
def test_random_kills_lose_and_mix_up_nothing(start_platform: Callable[..., Platform], tmp_path: Path) -> None:
    """Given load on several versions, when processes are killed at random, then every answer that a caller saw is right, from the
    version that was asked, and in the records exactly once; and nobody is told of a failure."""
    platform = start_platform(gateways="2")
    _deploy_all(platform, tmp_path)
    seed = int(os.environ.get("UNSHELF_TEST_SEED", time.time_ns() % 1_000_000))
    print(f"UNSHELF_TEST_SEED={seed}")

    with Crowd(platform, seed) as crowd:
        killed = _kill_at_random(platform, random.Random(seed))
        wait_until(lambda: _all_answer(platform), what="all is well again")
        healed = len(crowd.calls)
        wait_until(lambda: len(crowd.calls) > healed + 100, what="a hundred more calls")

    statuses = Counter(call.status for call in crowd.calls)
    print(f"{dict(killed)} killed, answers by status: {dict(statuses)}")
    assert statuses[200] > 100, "too little load to show anything"
    assert set(killed) == set(ROLES)
    refused = [call for call in crowd.calls if call.status not in (0, 200)]
    assert refused == []
    # A killed gateway takes the connections it held along, and nothing else breaks any.
    assert statuses[0] <= killed["gateway"] * CALLERS
    recorded = _assert_right_and_recorded_once(platform, crowd.calls)
    _assert_counters_agree(platform, recorded, slack=killed["gateway"] * CALLERS)


def _deploy_all(platform: Platform, folder: Path) -> None:
    for model in MODELS:
        for version in VERSIONS:
            code = TELLING.format(name=model, version=version)
            source = write_model(folder / f"{model}{version}", name=model, code=code, example=[{"number": 1}])
            platform.cli("deploy", str(source))


def _kill_at_random(platform: Platform, dice: random.Random) -> Counter[str]:
    """kill -9 until the time is over, each role once at least; how many of each role."""
    killed: Counter[str] = Counter()
    ends = time.monotonic() + SECONDS
    due = dice.sample(sorted(set(ROLES)), len(set(ROLES)))
    while time.monotonic() < ends:
        time.sleep(dice.uniform(0.2, 1.2))
        role = due.pop() if due else dice.choice(ROLES)
        processes = platform.processes(role)
        if not processes:
            continue
        try:
            dice.choice(processes).send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            continue
        killed[role] += 1
    return killed


def _all_answer(platform: Platform) -> bool:
    try:
        return all(platform.http.get(path).status_code == 200 for path in ("/readyz", "/api/v1/models"))
    except httpx.TransportError:
        return False


def _said(model: str, version: int, number: int) -> list[str]:
    return [f"{model}:{version} says {number}"]


def _assert_right_and_recorded_once(platform: Platform, calls: list[Call]) -> int:
    """Gives how many predictions are recorded, whatever their outcome."""
    records: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for model in MODELS:
        for record in platform.records(model, tail=1_000_000):
            records[record["id"]].append(record)
    for call in calls:
        if call.status != 200:
            continue
        model, _, wanted = call.reference.partition(":")
        assert call.body["model"] == model
        assert call.body["version"] == int(wanted or 1), "another version answered than was asked"
        assert call.body["outputs"] == _said(model, call.body["version"], call.number)
        found = records[call.body["id"]]
        assert len(found) == 1, f"prediction {call.body['id']} is in the records {len(found)} times"
        assert found[0]["output"] == call.body["outputs"]
        assert found[0]["input"] == {"inputs": [{"number": call.number}]}
        assert (found[0]["model"], found[0]["version"]) == (model, call.body["version"])
    # What was recorded and never seen can only be what a killed gateway could not say any more.
    recorded = sum(record["status"] == 200 for found in records.values() for record in found)
    answered = sum(call.status == 200 for call in calls)
    broken = sum(call.status == 0 for call in calls)
    assert answered <= recorded <= answered + broken
    return sum(map(len, records.values()))


def _assert_counters_agree(platform: Platform, in_log: int, *, slack: int) -> None:
    """A gateway killed between record, count and answer leaves a difference of what it had in hand at that moment, never
    another one; and afterwards, with nobody killed, a hundred calls are a hundred records, counted once each."""
    before = _counted(platform)
    print(f"{in_log} in the log, counted {before}")
    assert in_log - slack <= before["recorded"] <= in_log
    assert in_log - slack <= before["answered"] <= in_log
    in_log_of_one = len(platform.records("fox:2", tail=1_000_000))
    for number in range(100):
        assert platform.predict("fox:2", [{"number": -number}]) == _said("fox", 2, -number)
    assert len(platform.records("fox:2", tail=1_000_000)) == in_log_of_one + 100
    assert _counted(platform) == {name: count + 100 for name, count in before.items()}


def _counted(platform: Platform) -> dict[str, int]:
    """Answered and recorded, as the metrics have them for all gateways together."""
    text = platform.http.get("/metrics").text
    names = ("answered", "recorded")
    return {
        name: sum(
            int(float(line.split()[-1]))
            for line in text.splitlines()
            if line.startswith(f"unshelf_predictions_{name}_total")
        )
        for name in names
    }
