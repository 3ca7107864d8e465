"""A home that an earlier release wrote still serves: its models, aliases, releases, keys and records, and new ones beside them.

`home_of_41d60bf` was written by that commit: two versions of `adder` (75 % and 25 %, the first is `champion`), a key for `adder`, a
revoked one, and 40 predictions of version 1, some in Parquet and some in a segment. Its database is a dump, and its environment,
which has no packages, only what names it; both are made whole here."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.backends import BACKENDS
from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform

WRITTEN = Path(__file__).with_name("home_of_41d60bf")
ADMIN = "unshelf_" + "u" * 43
CALLER = "unshelf_vCmZWV_0aD8zX2XAx0i-tNPqG_kAnhGX9ce7sdYRsSk"
REVOKED = "unshelf_dBRxNH5TgY9cP8Amra5eInqxrKMQ6rLrNnfeg2se_mI"


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    home = tmp_path_factory.mktemp("upgrade") / "home"
    shutil.copytree(WRITTEN, home)
    home.chmod(0o700)
    (home / "admin-token").chmod(0o600)
    with sqlite3.connect(home / "unshelf.db") as connection:
        connection.executescript((home / "unshelf.sql").read_text())
    connection.close()
    (home / "unshelf.sql").unlink()
    (environment,) = (home / "environments").iterdir()
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    with running_platform(home, gateways="1") as platform:
        yield platform


def test_the_administrator_and_old_keys_are_known_and_the_revoked_one_is_not(upgraded: Platform) -> None:
    assert upgraded.token == ADMIN
    assert upgraded.http.get("/api/v1/models").status_code == 200
    row = {"inputs": [{"a": 1.0, "b": 2.0}]}
    assert upgraded.client(CALLER).post("/models/adder/predict", json=row).json()["outputs"] == [3.0]
    assert upgraded.client(CALLER).get("/api/v1/keys").status_code == 403
    assert upgraded.client(REVOKED).post("/models/adder/predict", json=row).status_code == 401


def test_versions_aliases_and_releases_are_as_they_were(upgraded: Platform) -> None:
    for reference in ("adder", "adder:1", "adder:2", "adder@champion"):
        assert upgraded.predict(reference, [{"a": 2.0, "b": 0.5}]) == [2.5]
    shown = upgraded.http.get("/api/v1/models/adder").json()
    assert [version["version"] for version in shown["versions"]] == [1, 2]
    assert shown["aliases"] == {"champion": 1}
    assert [(share["version"], share["percent"]) for share in shown["release"]] == [(1, 75.0), (2, 25.0)]


def test_every_record_is_read_once_and_new_ones_follow(upgraded: Platform) -> None:
    upgraded.predict("adder:1", [{"a": 1000.0, "b": 1.0}])
    sums = [record["output"][0] for record in upgraded.records("adder:1") if record["input"]["inputs"][0]["b"] == 1.0]
    assert sums[:40] == [float(number) + 1 for number in range(1, 41)]
    assert sums[40:] == [1001.0]


def test_the_trail_of_what_was_done_is_still_there(upgraded: Platform) -> None:
    events = upgraded.http.get("/api/v1/audit", params={"limit": 1000}).json()["events"]
    actions = [event["action"] for event in events]
    assert actions.count("version.registered") >= 2
    assert "key.revoked" in actions


def test_everything_belongs_to_the_project_default_and_nobody_else_sees_it(upgraded: Platform) -> None:
    shown = upgraded.http.get("/api/v1/models/adder").json()
    assert (shown["project"], shown["visibility"]) == ("default", "private")
    projects = upgraded.http.get("/api/v1/projects").json()["projects"]
    assert [(each["name"], each["stage"], each["archived_at"]) for each in projects] == [("default", "monitor", None)]
    assert upgraded.client(CALLER).get("/api/v1/models").json()["models"][0]["name"] == "adder"


def test_a_new_version_is_deployed_beside_the_old_ones(upgraded: Platform, tmp_path: Path) -> None:
    upgraded.cli("deploy", str(write_model(tmp_path / "adder", name="adder")))
    assert upgraded.predict("adder:3", [{"a": 1.0, "b": 1.0}]) == [2.0]


def test_its_database_was_backed_up_before_it_was_upgraded_and_can_be_gone_back_to(
    upgraded: Platform, tmp_path: Path
) -> None:
    place = upgraded.home / "backups"
    environment = {**os.environ, "UNSHELF_HOME": str(upgraded.home)}
    restored = tmp_path / "before"
    done = subprocess.run(
        [*UNSHELF, "restore", str(place), "--home", str(restored), "--json"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if BACKENDS.settings(upgraded.home).get("database"):
        pytest.skip("its database is made anew on another backend")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["reason"] == "upgrade"
    assert (restored / "admin-token").read_text().strip() == ADMIN
    assert list((restored / "predictions").rglob("*.parquet"))
