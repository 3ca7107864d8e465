"""A tier that is not everybody's, and a quota: refused, asked for, granted for a time, and held to."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.support.models import write_model
from tests.support.persons import Person, person
from tests.support.platform import Platform, running_platform

TIERS = json.dumps({"large": {"cpu": 1, "memory_bytes": 1 << 30, "threads": 1}})


def deployed(who: Person, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return who.cli("deploy", str(folder), "--project", "risk", "--json", *words)


def called(platform: Platform, name: str) -> int:
    row = {"inputs": [{"a": 1.0, "b": 1.0}]}
    return platform.http.post(f"/models/{name}/predict", json=row).status_code


@pytest.mark.long
def test_a_tier_by_right_and_a_quota_of_replicas(tmp_path: Path) -> None:
    """Given a project whose contributor wants the restricted tier `large`, when an approver grants it for a time, then the deploy works and
    goes on after that time, and the next one on it is refused; a deploy beyond the quota of replicas names who can raise it."""
    folders = {name: write_model(tmp_path / name, name=name) for name in ("loans", "cards")}
    with running_platform(tmp_path / "home", tiers=TIERS) as platform:
        anna, apollo, carl = (person(platform, tmp_path / f"of-{name}", name) for name in ("anna", "apollo", "carl"))
        platform.cli("roles", "grant", "anna", "administrator", "--installation")
        platform.cli("roles", "grant", "apollo", "approver", "--installation")
        anna.done("projects", "create", "risk")
        anna.done("roles", "grant", "carl", "contributor", "--project", "risk")
        anna.done("tiers", "restrict", "large", "--reason", "there is one of it")
        anna.done("tiers", "price", "large", "0.4", "--currency", "EUR")

        refused = deployed(carl, folders["loans"], "--tier", "large")
        assert refused.returncode == 1
        assert "may not use the tier 'large'" in refused.stdout + refused.stderr
        carl.done("requests", "tier", "large", "--reason", "the model is large")
        (request,) = json.loads(apollo.done("requests", "--whose", "to_decide", "--json"))["requests"]
        apollo.done("requests", "grant", request["id"], "--expires", "60s", "--reason", "for the pilot")
        done = deployed(carl, folders["loans"], "--tier", "large")
        assert done.returncode == 0, done.stderr
        assert called(platform, "loans") == 200

        (right,) = json.loads(anna.done("tiers", "show", "large", "--json"))["rights"]
        anna.done("tiers", "revoke", "large", right["id"])
        over = deployed(carl, folders["cards"], "--tier", "large")
        assert over.returncode == 1
        assert called(platform, "loans") == 200, "what runs goes on"

        anna.done("quotas", "set", "--project", "risk", "--replicas", "1")
        shown = json.loads(carl.done("quotas", "show", "risk", "--json"))
        assert (shown["used"]["replicas"], shown["limits"]["replicas"]) == (1, 1)
        assert "replicas 1 of 1" in carl.done("projects", "show", "risk")
        beyond = deployed(carl, folders["cards"])
        assert beyond.returncode == 1
        said = beyond.stdout + beyond.stderr
        assert "1 replica of 1 replica in use" in said
        assert "anna can raise it" in said
        carl.done("requests", "quota", "risk", "--replicas", "2", "--reason", "two models")
        (request,) = json.loads(anna.done("requests", "--whose", "to_decide", "--state", "open", "--json"))["requests"]
        anna.done("requests", "grant", request["id"], "--expires", "1h")
        assert deployed(carl, folders["cards"]).returncode == 0
        assert called(platform, "cards") == 200
        done_actions = {event["action"] for event in platform.http.get("/api/v1/audit?limit=500").json()["events"]}
        assert {"tier.changed", "tier.granted", "tier.revoked", "quota.set", "request.granted"} <= done_actions
