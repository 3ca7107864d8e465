"""Tiers and quotas through control's API: refused, asked for, granted for a time, and held to."""

from datetime import timedelta

import pytest

from tests.support.accounts import joined, logged_in
from tests.support.asgi import AppCaller
from unshelf.foundation.clock import now
from unshelf.server.wiring.control import Control

MANIFEST = {"loader": {"kind": "python"}, "files": [], "python": "3.11"}


def deploy(name: str, tier: str = "small") -> dict[str, object]:
    return {"name": name, "project": "risk", "manifest": MANIFEST | {"resources": {"tier": tier}}, "release": True}


def test_a_tier_is_asked_for_granted_for_a_time_and_over_after_it(
    control: Control, admin: AppCaller, nobody: AppCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, role in (("carl", "contributor"), ("olga", "approver")):
        joined(admin, nobody, name)
        if role == "approver":
            assert admin("POST", "/api/v1/members", json={"name": name, "role": role}).status_code == 201
    admin("POST", "/api/v1/projects", json={"name": "risk"})
    admin("POST", "/api/v1/projects/risk/members", json={"name": "carl", "role": "contributor"})
    carl, olga = logged_in(control.app, "carl"), logged_in(control.app, "olga")
    assert admin("PUT", "/api/v1/tiers/large", json={"price": 0.4, "currency": "EUR", "restricted": True}).is_success
    refused = carl("POST", "/api/v1/deploys", json=deploy("loans", "large"))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "unshelf requests tier large" in refused.json()["hint"]
    asked = carl("POST", "/api/v1/requests", json={"kind": "tier", "wanted": {"tier": "large"}, "reason": "images"})
    assert asked.status_code == 201, asked.text
    path = f"/api/v1/requests/{asked.json()['id']}"
    assert carl("POST", f"{path}/grant", json={}).status_code == 403
    assert olga("POST", f"{path}/grant", json={"expires_in_seconds": 3600}).json()["state"] == "granted"
    assert "--tier large" in carl("GET", path).json()["next_step"]
    assert carl("POST", "/api/v1/deploys", json=deploy("loans", "large")).status_code == 202
    later = now() + timedelta(hours=2)
    monkeypatch.setattr("unshelf.manage.tiers.service.now", lambda: later)
    assert carl("POST", "/api/v1/deploys", json=deploy("cards", "large")).status_code == 403


def test_a_project_is_held_to_its_quota_and_its_people_ask_for_more(
    control: Control, admin: AppCaller, nobody: AppCaller
) -> None:
    for name in ("anna", "olga"):
        joined(admin, nobody, name)
    assert admin("POST", "/api/v1/members", json={"name": "anna", "role": "administrator"}).status_code == 201
    anna, olga = logged_in(control.app, "anna"), logged_in(control.app, "olga")
    assert olga("POST", "/api/v1/projects", json={"name": "risk"}).status_code == 201
    assert olga("GET", "/api/v1/projects/risk/quota").json()["limits"] is None
    assert olga("PUT", "/api/v1/quotas/project/risk", json={"replicas": 99}).status_code == 403
    assert anna("PUT", "/api/v1/quotas/project/risk", json={"replicas": 0}).status_code == 200
    refused = olga("POST", "/api/v1/deploys", json=deploy("cards"))
    assert (refused.status_code, refused.json()["code"]) == (403, "quota_exceeded")
    assert "0 replicas of 0 replicas in use, and this takes 1 replica more" in refused.json()["detail"]
    assert refused.json()["hint"].startswith("anna can raise it.")
    body = {"kind": "quota", "project": "risk", "wanted": {"replicas": 1}, "reason": "another model"}
    asked = olga("POST", "/api/v1/requests", json=body)
    assert asked.status_code == 201, asked.text
    path = f"/api/v1/requests/{asked.json()['id']}"
    assert olga("POST", f"{path}/grant", json={}).status_code == 403, "an owner does not raise the quota of a project"
    assert anna("POST", f"{path}/grant", json={"expires_in_seconds": 3600}).status_code == 200
    assert olga("GET", "/api/v1/projects/risk/quota").json()["limits"]["replicas"] == 1
    assert olga("POST", "/api/v1/deploys", json=deploy("cards")).status_code == 202


@pytest.mark.long
def test_uploads_are_held_to_a_quota_of_disk(admin: AppCaller) -> None:
    assert admin("PUT", "/api/v1/quotas/installation/*", json={"disk_bytes": 10}).status_code == 200
    digest = "2e99758548972a8e8822ad47fa1017ff72f06f3ff6a016851f45c398732bc50c"  # of "this is a test"
    refused = admin("PUT", f"/api/v1/blobs/{digest}", content=b"this is a test")
    assert (refused.status_code, refused.json()["code"]) == (403, "quota_exceeded")
    assert admin("PUT", "/api/v1/quotas/installation/*", json={"disk_bytes": 14}).status_code == 200
    assert admin("PUT", f"/api/v1/blobs/{digest}?project=default", content=b"this is a test").status_code == 201
    assert admin("GET", "/api/v1/quotas").json()["quotas"][0]["used"]["disk_bytes"] == 14
