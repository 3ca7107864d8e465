"""A machine is lost: its installation is restored from a backup on another, much longer path, and nothing is missing."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import venv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.integration import unprivileged
from tests.support.backends import BACKENDS, chosen
from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.waiting import wait_until

DOUBLER = """
def predict(rows):
    return [2 * (row["a"] + row["b"]) for row in rows]
"""
PASSPHRASE = "a long sentence that lies elsewhere"
SYSTEM_PYTHON = Path(f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}")
"""Another Python of this version, where the machine has one."""
ROWS = [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": 0.5}]


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """A folder that another user owns, where this test may become one."""
    made = Path(tempfile.mkdtemp(prefix="elsewhere-"))
    if becomes_another():
        os.chown(made, unprivileged.USER, unprivileged.USER)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.mark.long
def test_a_busy_installation_is_back_with_every_prediction_event_person_and_goal(
    tmp_path: Path, elsewhere: Path, start_platform: Callable[..., Platform], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given an installation with people, a goal, a secret and a model that is asked all the time,
    place = elsewhere / "backups"
    platform = start_platform(gateways="1", segment_bytes="20000")
    fill(platform, tmp_path)
    key = platform.key(models=["adder"])
    # when it is backed up twice while it is busy, and the second time only what is new is written,
    certain = back_up_twice(platform, key, place)
    kept = Kept.of(platform.http)
    answers = {version: platform.predict(f"adder:{version}", ROWS) for version in (1, 2)}
    assert answers[1] != answers[2]
    # and destroyed,
    platform.stop()
    shutil.rmtree(platform.home)
    # then it is restored below a path of 200 characters, as another user, whose Python lies elsewhere,
    monkeypatch.setenv("HOME", str(elsewhere))
    monkeypatch.setenv("UV_CACHE_DIR", str(elsewhere / "cache"))
    program = program_elsewhere(elsewhere / "python")
    new = elsewhere / ("n" * (200 - len(str(elsewhere)) - 6)) / "home"
    new.parent.mkdir()
    give(elsewhere)
    command(program, new, "restore", str(place), "--home", str(new))
    with running_platform(new, program=program, gateways="1") as restored:
        # and everything is there: tokens, answers of each version, predictions, events, people, goals, secrets.
        first_answer = restored.client(key).post("/models/adder/predict", json={"inputs": ROWS})
        assert first_answer.status_code == 200, first_answer.text + restored.log.read_text()[-6000:]
        assert {version: restored.predict(f"adder:{version}", ROWS) for version in (1, 2)} == answers
        recorded = [record["id"] for record in restored.records("adder")]
        assert len(recorded) == len(set(recorded)), "no record counts twice"
        assert set(certain) <= set(recorded)
        now = Kept.of(restored.http)
        assert set(kept.events) - set(now.events) <= set(list(kept.events)[:50]), (
            "only what came after the backup is gone"
        )
        assert "installation.restored" in now.events.values()
        assert restored.http.get("/api/v1/audit/chain").json()["faults"] == []
        assert (now.people, now.goals, now.secrets, now.environments) == (
            kept.people, kept.goals, kept.secrets, kept.environments
        )  # fmt: skip
        assert "ada" in now.people and "Fewer losses" in now.goals and "DB" in now.secrets
        users, prefixes = lives_of(restored)
        assert users == {unprivileged.USER if becomes_another() else os.getuid()}
        assert not any(prefix.is_relative_to(Path(sys.prefix)) for prefix in prefixes)
    if not becomes_another():
        pytest.skip(
            "all of it holds, but as the same user: another one takes root, and can't reach the tests' PostgreSQL"
        )


def fill(platform: Platform, folder: Path) -> None:
    http = platform.http
    assert http.post("/api/v1/users", json={"name": "ada"}).status_code == 201
    assert http.post("/api/v1/projects/default/goals", json={"title": "Fewer losses"}).status_code == 201
    assert http.put("/api/v1/projects/default/secrets/DB", json={"value": "hidden"}).status_code in (200, 201, 204)
    platform.cli("deploy", str(write_model(folder / "adder", name="adder")))
    platform.cli(
        "deploy", str(write_model(folder / "doubler", name="adder", code=DOUBLER, requirements=("iniconfig",)))
    )


def back_up_twice(platform: Platform, key: str, place: Path) -> list[str]:
    """Back up while a model is asked all the time; return the predictions that were answered before the second backup began."""
    answered: list[str] = []
    ended = threading.Event()
    caller = threading.Thread(target=ask, args=(platform, key, answered, ended))
    caller.start()
    try:
        wait_until(lambda: len(answered) >= 200)
        backup(platform, place)
        before = len(answered)
        wait_until(lambda: len(answered) >= before + 100)
        certain = list(answered)
        second = backup(platform, place)
    finally:
        ended.set()
        caller.join()
    assert second["new_bytes"] < second["bytes"], "what the place has is not written again"
    return certain


@dataclass(frozen=True, kw_only=True)
class Kept:
    """What an installation has to keep."""

    events: dict[str, str]
    people: list[str]
    goals: list[str]
    secrets: list[str]
    environments: dict[str, str]

    @classmethod
    def of(cls, http: httpx.Client) -> "Kept":
        found = [(each["id"], each["action"]) for each in items(http, "/audit", "events", limit=1000)]
        versions = [http.get(f"/api/v1/models/adder:{version}").json()["version"] for version in (1, 2)]
        return cls(
            events=dict(found),
            people=[each["name"] for each in items(http, "/users", "users")],
            goals=[each["title"] for each in items(http, "/projects/default/goals", "goals")],
            secrets=[each["name"] for each in items(http, "/projects/default/secrets", "secrets")],
            environments={each["digest"]: each["environment"] for each in versions},
        )


def items(http: httpx.Client, path: str, name: str, **asked: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = http.get(f"/api/v1{path}", params=asked).json()[name]
    return found


def ask(platform: Platform, key: str, answered: list[str], ended: threading.Event) -> None:
    with platform.client(key) as caller:
        while not ended.is_set():
            answer = caller.post("/models/adder/predict", json={"inputs": ROWS})
            assert answer.status_code == 200, answer.text
            answered.append(answer.json()["id"])


def program_elsewhere(folder: Path) -> list[str]:
    """Make an interpreter of its own in a folder, of another Python where there is one; return `unshelf` by it, as another user if
    we may become one."""
    makers = [str(SYSTEM_PYTHON)] if SYSTEM_PYTHON.exists() else []
    made = [
        subprocess.run([maker, "-m", "venv", "--copies", "--without-pip", str(folder)], check=False) for maker in makers
    ]
    if not any(each.returncode == 0 for each in made):
        venv.create(folder, symlinks=False)
    packages = next(folder.glob("lib/python*/site-packages"))
    ours = [path for path in sys.path if path.endswith("site-packages")]
    # Packages are the same ones, found where they are; only the interpreter is another. addsitedir reads how ours names its sources.
    (packages / "ours.pth").write_text("".join(f"import site; site.addsitedir({path!r})\n" for path in ours))
    uv = folder / "bin" / "uv"
    shutil.copy2(Path(sys.executable).with_name("uv"), uv)
    program = [str(folder / "bin" / "python"), "-P", "-m", "unshelf.cli"]
    if not becomes_another():
        return program
    return [sys.executable, unprivileged.__file__, "namespaces", *program]


def becomes_another() -> bool:
    """Whether the restored installation can run as another user."""
    return os.getuid() == 0 and "postgres" not in chosen()


def give(folder: Path) -> None:
    """Have the other user own a folder with all that is in it."""
    if becomes_another():
        for path in (folder, *folder.rglob("*")):
            os.chown(path, unprivileged.USER, unprivileged.USER, follow_symlinks=False)


def lives_of(platform: Platform) -> tuple[set[int], set[Path]]:
    """Return the users that the platform's own processes run as, and the programs that they run."""
    own = [
        psutil.Process(platform.process.pid),
        *(each for role in ("control", "gateway", "host") for each in platform.processes(role)),
    ]
    return {each.uids().real for each in own}, {Path(each.exe()) for each in own}


def backup(platform: Platform, place: Path) -> Any:
    return json.loads(command(UNSHELF, platform.home, "backup", str(place), "--json"))


def command(program: list[str], home: Path, *arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("UNSHELF_")}
    environment |= {"UNSHELF_HOME": str(home), "UNSHELF_BACKUP_PASSPHRASE": PASSPHRASE}
    environment |= {f"UNSHELF_{name.upper()}": value for name, value in BACKENDS.settings(home).items()}
    done = subprocess.run(
        [*program, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
