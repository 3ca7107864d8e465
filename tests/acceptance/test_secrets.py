"""A model that needs a key of somebody else's service, and a database's name: from its first deploy to the rotation of the key."""

import json
import os
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform
from tests.support.waiting import wait_until

FIRST, SECOND = "first-hunter2-of-the-service", "second-hunter2-of-the-service"
CODE = """
import hashlib, os

KEY = os.environ["SERVICE_KEY"]

def predict(rows):
    if rows[0]["a"] < 0:
        raise ValueError("negative")
    return [f"{hashlib.sha256(KEY.encode()).hexdigest()} {os.environ['DATABASE']}" for _ in rows]
"""
ROW = {"a": 1.0, "b": 2.0}


def sha256(text: str) -> str:
    return (
        subprocess.run(["sha256sum"], input=text.encode(), capture_output=True, check=True).stdout.split()[0].decode()
    )


def give(platform: Platform, value: str) -> subprocess.CompletedProcess[str]:
    """Set the secret as a person does in a script."""
    return subprocess.run(
        [*UNSHELF, "secrets", "set", "SERVICE_KEY", "--model", "caller"],
        input=f"{value}\n", env=platform.environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip


def places_with(platform: Platform, value: str) -> list[str]:
    """The files of the home folder, the server's output, and the processes' command lines and environments with this value."""
    found = [str(path) for path in platform.home.rglob("*") if path.is_file() and value.encode() in path.read_bytes()]
    found += [str(platform.log)] if value in platform.log.read_text() else []
    server = psutil.Process(platform.process.pid)
    for process in [server, *server.children(recursive=True)]:
        for name in ("cmdline", "environ"):
            try:
                if value.encode() in Path(f"/proc/{process.pid}/{name}").read_bytes():
                    found.append(f"{name} of {process.pid}")
            except OSError:  # it ended
                continue
    return found


def answers_with(platform: Platform, value: str) -> list[str]:
    paths = (
        "/api/v1/secrets", "/api/v1/models/caller/secrets", "/api/v1/models/caller", "/api/v1/audit", "/api/v1/machine",
        "/api/v1/models/caller/predictions", "/api/v1/alerts", "/api/v1/environments",
    )  # fmt: skip
    return [path for path in paths if value in platform.http.get(path).text]


@pytest.mark.long
def test_a_model_reads_a_secret_which_is_rotated_and_seen_by_nobody(tmp_path: Path) -> None:
    """Given a model that reads a secret and a variable, when it is deployed without, then the error names the variable; when
    the secret is set it serves; when the secret is rotated its workers are replaced; and at no time does the value stand in
    a file, an answer, a log or a command line."""
    folder = write_model(tmp_path / "caller", name="caller", code=CODE)
    with running_platform(tmp_path / "home") as platform:
        refused = platform.cli("deploy", str(folder), "--env", "DATABASE=sales", check=False)
        assert refused.returncode == 1
        said = " ".join(refused.stderr.split())
        assert "The model read the environment variable SERVICE_KEY, which is not set." in said
        assert "unshelf secrets set SERVICE_KEY --model caller" in said

        give(platform, FIRST)
        platform.cli("deploy", str(folder), "--env", "DATABASE=sales")
        assert platform.predict("caller", [ROW]) == [f"{sha256(FIRST)} sales"]
        assert "DATABASE=sales" in platform.cli("show", "caller").stdout
        assert platform.http.post("/models/caller/predict", json={"inputs": [{"a": -1.0, "b": 0.0}]}).status_code == 500

        rotated = give(platform, SECOND)
        assert "1 running worker has the old value" in " ".join(rotated.stdout.split())
        wait_until(lambda: platform.predict("caller", [ROW]) == [f"{sha256(SECOND)} sales"])

        stranger = platform.client(platform.key(role="deploy", models=["other"]))
        assert stranger.get("/api/v1/models/caller/secrets").status_code == 403
        assert stranger.get("/api/v1/secrets").json()["secrets"] == []
        (listed,) = json.loads(platform.cli("secrets", "list", "--json").stdout)["secrets"]
        assert (listed["model"], listed["name"], listed["readable"]) == ("caller", "SERVICE_KEY", True)
        for value in (FIRST, SECOND):
            assert places_with(platform, value) == []
            assert answers_with(platform, value) == []

    with running_platform(tmp_path / "home") as platform:
        assert platform.predict("caller", [ROW]) == [f"{sha256(SECOND)} sales"]
        for value in (FIRST, SECOND):
            assert places_with(platform, value) == []
        platform.cli("remove", "caller", "--yes")
        assert json.loads(platform.cli("secrets", "list", "--json").stdout)["secrets"] == []
        give(platform, FIRST)
        platform.cli("secrets", "delete", "SERVICE_KEY", "--model", "caller")
        assert [each["action"] for each in platform.http.get("/api/v1/audit").json()["events"]].count("secret.set") == 3


def test_a_value_given_as_an_argument_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [*UNSHELF, "secrets", "set", f"SERVICE_KEY={FIRST}", "--model", "caller"],
        env={**os.environ, "UNSHELF_HOME": str(tmp_path)}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert FIRST not in done.stdout + done.stderr


@pytest.mark.long
def test_an_operator_s_secret_comes_from_a_mounted_file_and_stands_nowhere_else(tmp_path: Path) -> None:
    """Given a folder that the operator mounts, when a file changes or goes, then workers get it, and a deploy says what is missing."""
    mounted = tmp_path / "mounted"
    mounted.mkdir()
    (mounted / "SERVICE_KEY").write_text(f"{FIRST}\n")
    entries = f"project/default={mounted},model/caller/DATABASE=env:UNSHELF_TEST_DATABASE"
    with running_platform(tmp_path / "home", secrets_from=entries, test_database="sales") as platform:
        folder = write_model(tmp_path / "model", name="caller", code=CODE, example=[ROW])
        platform.cli("deploy", str(folder))
        assert platform.predict("caller", [ROW]) == [f"{sha256(FIRST)} sales"]
        listed = platform.cli("secrets", "list", "--json").stdout
        assert {each["name"]: each["source"] for each in json.loads(listed)["secrets"]} == {
            "SERVICE_KEY": f"file {mounted}/SERVICE_KEY", "DATABASE": "variable UNSHELF_TEST_DATABASE of the server",
        }  # fmt: skip
        assert FIRST not in listed
        refused = platform.cli("secrets", "delete", "SERVICE_KEY", "--project", "default", check=False)
        assert (refused.returncode, "kept by the operator" in refused.stderr) == (1, True)

        (mounted / "SERVICE_KEY").write_text(SECOND)
        wait_until(
            lambda: platform.predict("caller", [ROW]) == [f"{sha256(SECOND)} sales"], what="the change is in force"
        )
        assert places_with(platform, SECOND) == []

        (mounted / "SERVICE_KEY").unlink()
        failed = platform.cli("deploy", str(folder), check=False)
        assert (failed.returncode, "SERVICE_KEY" in failed.stderr + failed.stdout) == (1, True)
        assert "gone" in platform.cli("secrets", "list").stdout
        assert platform.predict("caller", [ROW]) == [f"{sha256(SECOND)} sales"]
        used = [
            event for event in platform.http.get("/api/v1/audit").json()["events"] if event["action"] == "secret.used"
        ]
        assert {event["after"]["by"] for event in used} == {"check", "workers"}
