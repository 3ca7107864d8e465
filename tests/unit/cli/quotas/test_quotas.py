"""Quotas on the command line."""

import json
from typing import Any

import pytest

from tests.support.control import Control
from tests.unit.cli.conftest import Run
from unshelf.cli.quotas.quotas import usage_line

LIMITS = {"cores": None, "memory_bytes": 64 << 30, "gpus": 0, "disk_bytes": None, "replicas": 4}
QUOTA: dict[str, Any] = {
    "kind": "project", "name": "risk", "limits": LIMITS, "is_default": False,
    "used": {"cores": 1.5, "memory_bytes": 1 << 30, "gpus": 0, "disk_bytes": 12, "replicas": 3},
    "increases": [{"request": "r1", "limits": LIMITS, "expires_at": None}], "set_at": "2026-05-01T00:00:00Z",
    "set_by": "admin",
}  # fmt: skip


def test_a_quota_is_shown_with_what_is_used(control: Control, run: Run) -> None:
    control.reply("GET", "/api/v1/projects/risk/quota", QUOTA)
    control.reply("GET", "/api/v1/quotas/mine", {"quota": None})
    control.reply("GET", "/api/v1/quotas", {"quotas": [QUOTA, QUOTA | {"kind": "user", "name": "*"}]})
    shown = run("quotas", "show", "risk").out
    assert "64.0 GiB" in shown
    assert "no limit" in shown
    assert "Raised by the request r1" in shown
    assert "belongs to nobody" in run("quotas", "show").out
    listed = run("quotas").out
    assert "3 of 4" in listed
    assert "each user" in listed
    assert len(json.loads(run("quotas", "list", "--json").out)["quotas"]) == 2
    assert usage_line(QUOTA) == "memory 1.0 GiB of 64.0 GiB, GPUs 0 of 0, replicas 3 of 4"
    assert usage_line(QUOTA | {"limits": None}) == ""


@pytest.mark.parametrize(
    ("words", "path"),
    [
        (("--project", "risk"), "project/risk"), (("--user", "*"), "user/%2A"), (("--installation",), "installation/*"),
    ],
)  # fmt: skip
def test_a_quota_is_set_and_removed(control: Control, run: Run, words: tuple[str, ...], path: str) -> None:
    control.reply("PUT", f"/api/v1/quotas/{path}", QUOTA)
    control.reply("DELETE", f"/api/v1/quotas/{path}", None, 204)
    said = run("quotas", "set", *words, "--memory", "64GiB", "--disk", "1.5 TB", "--gpus", "0", "--cores", "2.5")
    assert said.code == 0, said.err
    assert "replicas 3 of 4" in said.out
    (call,) = control.calls("PUT", f"/api/v1/quotas/{path}")
    assert call.json == {
        "cores": 2.5, "memory_bytes": 64 << 30, "gpus": 0, "disk_bytes": 1_500_000_000_000, "replicas": None,
    }  # fmt: skip
    assert "removed" in run("quotas", "remove", *words).out


def test_what_makes_no_quota(control: Control, run: Run) -> None:
    assert run("quotas", "set", "--project", "risk").code == 2
    assert run("quotas", "set", "--replicas", "1").code == 2
    assert run("quotas", "set", "--project", "risk", "--user", "ada", "--replicas", "1").code == 2
    assert run("quotas", "set", "--project", "risk", "--memory", "much").code == 2
    assert control.asked == []


def test_more_is_asked_for(control: Control, run: Run) -> None:
    control.reply("POST", "/api/v1/requests", {"id": "r1"}, 201)
    assert "r1" in run("requests", "quota", "risk", "--replicas", "6", "--reason", "callers").out
    assert "r1" in run("requests", "tier", "large", "--reason", "images").out
    assert run("requests", "quota", "risk", "--reason", "callers").code == 2
    quota, tier = control.calls("POST", "/api/v1/requests")
    assert (quota.json["kind"], quota.json["wanted"]) == ("quota", {"replicas": 6})
    assert (tier.json["kind"], tier.json["wanted"]) == ("tier", {"tier": "large"})
