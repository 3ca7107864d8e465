"""A machine is lost: its installation is restored from a backup on another, much longer path, and nothing is missing."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.models import write_model
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

PASSPHRASE = "a long sentence that lies elsewhere"
ROWS = [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 0.5}]


def test_a_busy_installation_is_back_with_every_prediction_event_person_and_goal(
    tmp_path: Path, start_platform: Callable[..., Platform]
) -> None:
    # Given an installation with people, a goal, a secret and a model that is asked all the time,
    place = tmp_path / "backups"
    platform = start_platform(gateways="1", segment_bytes="20000")
    http = platform.http
    assert http.post("/api/v1/users", json={"name": "ada"}).status_code == 201
    assert http.post("/api/v1/projects/default/goals", json={"title": "Fewer losses"}).status_code == 201
    assert http.put("/api/v1/projects/default/secrets/DB", json={"value": "hidden"}).status_code in (200, 201, 204)
    platform.cli("deploy", str(write_model(tmp_path / "adder", name="adder")))
    key = platform.key(models=["adder"])
    answered: list[str] = []
    ended = threading.Event()

    def ask() -> None:
        with platform.client(key) as caller:
            while not ended.is_set():
                answer = caller.post("/models/adder/predict", json={"inputs": ROWS})
                assert answer.status_code == 200, answer.text
                answered.append(answer.json()["id"])

    caller = threading.Thread(target=ask)
    caller.start()
    try:
        wait_until(lambda: len(answered) >= 200)
        # when it is backed up twice while it is busy,
        first = backup(platform, place)
        before = len(answered)
        wait_until(lambda: len(answered) >= before + 100)
        certain = list(answered)  # these were answered before the backup began
        second = backup(platform, place)
    finally:
        ended.set()
        caller.join()
    assert second["new_bytes"] < first["new_bytes"]
    events = ids(http.get("/api/v1/audit", params={"limit": 1000}).json()["events"])
    expected = platform.predict("adder:1", ROWS)
    # and destroyed,
    platform.stop()
    shutil.rmtree(platform.home)
    # then it is restored below a path of 200 characters,
    new = tmp_path / ("n" * (200 - len(str(tmp_path)) - 6)) / "home"
    restore(place, new)
    with running_platform(new, gateways="1") as restored:
        # and everything is there: tokens, answers, predictions, events, people, goals, secrets.
        assert restored.client(key).post("/models/adder/predict", json={"inputs": ROWS}).json()["outputs"] == expected
        assert restored.predict("adder:1", ROWS) == expected
        recorded = [record["id"] for record in restored.records("adder")]
        assert len(recorded) == len(set(recorded)), "no record counts twice"
        assert set(certain) <= set(recorded)
        now = restored.http.get("/api/v1/audit", params={"limit": 1000}).json()["events"]
        assert set(events) - set(ids(now)) <= set(events[:50]), "only what came after the backup is gone"
        assert "installation.restored" in {event["action"] for event in now}
        assert restored.http.get("/api/v1/audit/chain").json()["faults"] == []
        assert "ada" in restored.http.get("/api/v1/users").text
        assert "Fewer losses" in restored.http.get("/api/v1/projects/default/goals").text
        assert "DB" in restored.http.get("/api/v1/projects/default/secrets").text


def backup(platform: Platform, place: Path) -> Any:
    return json.loads(command(platform.home, "backup", str(place), "--json"))


def restore(place: Path, home: Path) -> None:
    command(home, "restore", str(place), "--home", str(home))


def command(home: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNSHELF_")}
    environment |= {"UNSHELF_HOME": str(home), "UNSHELF_BACKUP_PASSPHRASE": PASSPHRASE}
    unshelf = str(Path(sys.executable).with_name("unshelf"))
    done = subprocess.run(
        [unshelf, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["id"] for event in events]
