"""As IT: who spent what this month, whose jobs wait and why; and the numbers are the kernel's."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.support.models import write_model
from tests.support.persons import person
from tests.support.platform import Platform, running_platform
from tests.support.waiting import wait_until

BURN = """
import time
end = time.process_time() + {seconds}
while time.process_time() < end:
    pass
"""


def kernel_seconds(platform: Platform) -> float:
    """CPU time of the server with all that it ever started and waited for, as the kernel accounts it now."""
    server = psutil.Process(platform.process.pid)
    return sum(sum(each.cpu_times()[:4]) for each in [server, *server.children(recursive=True)] if each.is_running())


def report(platform: Platform, by: str) -> dict[str, Any]:
    return dict(platform.http.get("/api/v1/usage", params={"by": by}).json())


def lines(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {line["name"] or line["what"]: line["amounts"] for line in found["billed"]}


@pytest.mark.long
def test_who_spent_what_and_whose_jobs_wait(tmp_path: Path) -> None:
    """Given two people whose jobs burn CPU and a key that calls a model; then the report of the month has each with what the kernel
    accounted, together with the platform itself it has everything, also when the host is killed; and a spent budget says why jobs wait."""
    burn = tmp_path / "programs" / "burn.py"
    burn.parent.mkdir()
    burn.write_text(BURN.format(seconds=1.5))
    with running_platform(tmp_path / "home", gateways="1") as platform:
        ana, ben = (person(platform, tmp_path / f"of-{name}", name) for name in ("ana", "ben"))
        for name, project in (("ana", "risk"), ("ben", "shop")):
            assert platform.http.post("/api/v1/projects", json={"name": project}).is_success
            member = {"name": name, "role": "owner"}
            assert platform.http.post(f"/api/v1/projects/{project}/members", json=member).is_success
        assert platform.http.put("/api/v1/tiers/small", json={"price": 3600}).is_success  # a unit a second
        assert platform.http.patch("/api/v1/prices", json={"cpu_hour": 36}).is_success
        ana.done("run", str(burn), "--project", "risk")
        ana.done("deploy", str(write_model(tmp_path / "loans", name="loans")), "--project", "risk")
        platform.kill("host")
        wait_until(
            lambda: platform.http.post("/models/loans/predict", json={"inputs": [{"a": 1.0, "b": 1.0}]}).is_success
        )
        ben.done("run", str(burn), "--project", "shop")

        least, found, most = kernel_seconds(platform), report(platform, "person"), kernel_seconds(platform)
        assert 0.98 * least - 1.0 <= found["total"]["cpu_seconds"] <= 1.02 * most, (
            "all lines are what the kernel accounted"
        )
        people = lines(found)
        (job,) = json.loads(ben.done("jobs", "list", "--project", "shop", "--json"))["jobs"]
        accounted = platform.http.get(f"/api/v1/jobs/{job['id']}").json()["runs"][0]["cpu_seconds"]
        assert people["ben"]["cpu_seconds"] == pytest.approx(accounted, rel=0.02)
        assert people["ben"]["cost"] == pytest.approx(people["ben"]["held_seconds"]), (
            "by the second held, at the tier's price"
        )
        assert {"platform: control", "platform: gateway", "platform: host"} <= {
            line["what"] for line in found["unbilled"]
        }
        by_key = lines(report(platform, "key"))
        assert by_key["admin"]["predictions"] >= 1
        assert "kept warm" in by_key

        rows = list(csv.DictReader(io.StringIO(platform.cli("usage", "--by", "project", "--csv").stdout)))
        assert {row["project"] for row in rows if row["billed"] == "yes"} >= {"risk", "shop"}
        assert set(lines(json.loads(ben.done("usage", "--json")))) == {"shop"}, "others' projects are not Ben's to see"
        assert "somebody" not in ana.done("usage", "--by", "key", "--project", "risk")

        spent = json.loads(platform.cli("budgets", "set", "shop", "0.5", "--stop", "jobs", "--json").stdout)
        assert spent["percent"] > 100
        refused = ben.cli("run", str(burn), "--project", "shop")
        assert refused.returncode == 1
        assert "The budget of the project shop is spent" in refused.stdout + refused.stderr
        inbox = ben.done("notifications")
        assert "100 % of the budget of the project shop is spent" in " ".join(inbox.split())
