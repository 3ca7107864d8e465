"""An installation is kept as a file: exported from one, applied to an empty one, cut off, mended and pruned. Everything is real."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.models import write_model
from tests.support.platform import UNSHELF, Platform, running_platform

FILE = """
[[users]]
name = "ada"
full_name = "Ada Lovelace"
email = "ada@example.org"

[[groups]]
name = "validators"
description = "They look twice."
members = ["ada"]

[[projects]]
name = "risk"
title = "Credit risk"
priority = "high"

[[members]]
on = "project:risk"
kind = "group"
name = "validators"
role = "contributor"

[[tiers]]
name = "small"
price = 0.25
restricted = true

[[tier_rights]]
tier = "small"
kind = "group"
name = "validators"

[[quotas]]
account = "project"
name = "risk"
cores = 4.0

[[prices]]
resource = "cpu_hour"
price = 0.04

[[budgets]]
project = "risk"
amount = 500.0
thresholds = [50, 90]

[[environments]]
name = "tabular"
notes = "For tables."
restricted = true
groups = ["validators"]

[[models]]
name = "adder"
project = "risk"
visibility = "internal"
origins = ["https://app.example.org"]
rate = 100.0

[[secrets]]
on = "project:risk"
name = "DB"

[[connections]]
name = "warehouse"
project = "risk"
kind = "sql"
settings = {host = "db.example.org", database = "risk"}
description = "Contracts"

[[credentials]]
connection = "warehouse"
name = "password"

[[bindings]]
name = "contracts"
project = "risk"
target = "data://warehouse/public/contracts"

[[networks]]
model = "adder"
version = 1
allow = ["db.example.org:5432"]

[[metrics]]
model = "adder"
name = "lost"
code = "def lost(truth, prediction, rows): return 1.0"
better = "lower"

[[monitors]]
model = "adder"
name = "own"
kind = "inputs"
columns = ["a"]
threshold = 0.2

[[monitors]]
model = "adder"
name = "errors"
severity = "critical"
kind = "errors"

[[support]]
on = "model:adder"
level = "critical"
escalate_after = 60
owner = {kind = "user", name = "ada"}

[[webhooks]]
project = "risk"
url = "https://chat.example.org/hook"
format = "slack"
kinds = ["alert.raised"]

[[alert_policies]]
on = "model:adder"
name = "fit again"
kinds = ["errors_high"]
act = "start"
start_kind = "job"
start_target = "nightly"

[[schedules]]
project = "risk"
name = "each night"
target = "nightly"
cron = "0 3 * * *"
time_zone = "Europe/Berlin"
state = "paused"

[[triggers]]
project = "risk"
name = "new data"
target = "nightly"
action = "data.added"
subject = "orders-*"
"""
SETTINGS = {"gateways": "1", "data_hosts": "db.example.org", "egress_allow": "*.example.org"}


@pytest.fixture
def installations(tmp_path: Path) -> Iterator[tuple[Platform, Platform]]:
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(running_platform(tmp_path / name / "home", **SETTINGS)) for name in ("one", "two")
        )
        yield one, two


@pytest.mark.long  # tests/component/control/test_platform_files.py does it over one API
def test_a_file_makes_another_installation_the_same(tmp_path: Path, installations: tuple[Platform, Platform]) -> None:
    one, two = installations
    file = tmp_path / "platform.toml"
    file.write_text(FILE)
    # Given an empty installation, where the file makes all that a file can make, and says what to do about the rest,
    first = one.cli("apply", "-f", str(file), check=False)
    assert first.returncode == 1
    assert (
        "unshelf secrets set DB --project risk" in first.stdout and "unshelf deploy PATH --name adder" in first.stdout
    )
    # when the rest is done,
    for platform in installations:
        fill(platform, tmp_path)
    one.cli("apply", "-f", str(file))
    # then the second time changes nothing, and the export of it holds every kind,
    assert "is as the file says" in one.cli("apply", "-f", str(file)).stdout
    exported = tmp_path / "exported.toml"
    one.cli("export", "-o", str(exported))
    assert {line for line in FILE.splitlines() if line.startswith("[[")} <= set(exported.read_text().splitlines())
    # and an apply of it to another installation, which is killed after some steps and begun again, makes that one the same.
    cut_off(two, exported, after=7)
    two.cli("apply", "-f", str(exported))
    assert two.cli("export").stdout == exported.read_text()
    assert "is as the file says" in two.cli("apply", "-f", str(exported), "--prune").stdout
    started = two.http.get("/api/v1/schedules").json()["schedules"][0]
    assert two.http.get(f"/api/v1/jobs/{started['target']}").json()["name"] == "nightly"
    # Somebody changes things by hand: each is shown, and mended; what the file does not name goes with --prune alone.
    drift(two)
    shown = two.cli("apply", "-f", str(exported), "--plan", "--prune", "--json", check=False)
    steps = {(step["act"], step["kind"], *step["key"]) for step in json.loads(shown.stdout)["steps"]}
    assert shown.returncode == 1
    assert steps == {
        ("change", "models", "adder"), ("change", "networks", "adder", "1"), ("change", "monitors", "adder", "own"),
        ("change", "connections", "warehouse"), ("change", "schedules", "risk", "each night"),
        ("change", "triggers", "risk", "new data"), ("remove", "groups", "strangers"),
    }  # fmt: skip
    two.cli("apply", "-f", str(exported))
    assert two.cli("apply", "-f", str(exported), "--plan", "--prune", check=False).stdout == "- groups strangers\n"
    two.cli("apply", "-f", str(exported), "--prune")
    assert two.cli("export").stdout == exported.read_text()
    # A wrong file changes nothing, and the line is named.
    wrong = tmp_path / "wrong.toml"
    other = FILE.replace('name = "validators"\nrole', 'name = "unknown"\nrole')
    wrong.write_text(f'[[projects]]\nname = "new"\n{other}')
    line = wrong.read_text().splitlines().index('name = "unknown"') + 1
    refused = two.cli("apply", "-f", "wrong.toml", cwd=tmp_path, check=False)
    said = " ".join(refused.stderr.replace("│", " ").split())
    assert refused.returncode == 1
    assert f"wrong.toml, line {line}: there is no group 'unknown', and the file has none." in said
    assert "Add it as [[groups]], or mend the name." in said
    assert two.cli("export").stdout == exported.read_text()


def fill(platform: Platform, folder: Path) -> None:
    """Do what a file does not: a model, a job, an environment, and values of secrets."""
    platform.http.post("/api/v1/projects", json={"name": "risk"})
    platform.cli("deploy", str(write_model(folder / "adder", name="adder")))
    script = folder / "nightly.py"
    script.write_text("print(1)\n")
    platform.cli("run", str(script), "--alone", "--name", "nightly", "--project", "risk")
    platform.cli("environments", "create", "tabular", "iniconfig", "--curated")
    assert platform.http.put("/api/v1/projects/risk/secrets/DB", json={"value": "x"}).is_success
    credentials = {"kind": "sql", "settings": {"host": "db.example.org", "database": "risk"}, "project": "risk"}
    said = platform.http.put(
        "/api/v1/data/warehouse/connection", json={**credentials, "credentials": {"password": "p"}}
    )
    assert said.is_success, said.text


def cut_off(platform: Platform, file: Path, *, after: int) -> None:
    command = [*UNSHELF, "apply", "-f", str(file)]
    environment = {**platform.environment(), "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(after):
            assert process.stdout.readline()
        process.kill()
    assert process.returncode == -9


def drift(platform: Platform) -> None:
    http = platform.http
    schedule = http.get("/api/v1/schedules").json()["schedules"][0]["id"]
    trigger = http.get("/api/v1/triggers").json()["triggers"][0]["id"]
    for answer in (
        http.put("/api/v1/models/adder/visibility", json={"visibility": "private"}),
        http.patch("/api/v1/models/adder:1/network", json={"allow": ["other.example.org:443"], "remove": ["db.example.org:5432"]}),
        http.patch("/api/v1/models/adder/monitors/own", json={"threshold": 0.5}),
        http.put(
            "/api/v1/data/warehouse/connection",
            json={"kind": "sql", "settings": {"host": "db.example.org", "database": "risk"}, "description": "Other"},
        ),
        http.patch(f"/api/v1/schedules/{schedule}", json={"cron": "0 4 * * *", "state": "active"}),
        http.patch(f"/api/v1/triggers/{trigger}", json={"state": "paused"}),
        http.post("/api/v1/groups", json={"name": "strangers"}),
    ):  # fmt: skip
        assert answer.is_success, answer.text
