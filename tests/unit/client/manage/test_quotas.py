"""Tiers and quotas through the client."""

import pytest

from tests.support.control import Control
from unshelf.client.client import Client
from unshelf.client.errors import Forbidden

NO_LIMITS = {"cores": None, "memory_bytes": None, "gpus": None, "disk_bytes": None, "replicas": None}


def test_each_act_on_tiers_has_its_address_and_body(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/tiers", {"tiers": [{"name": "large"}]})
    control.reply("PUT", "/api/v1/tiers/large", {"name": "large"})
    control.reply("GET", "/api/v1/tiers/large/rights", {"rights": []})
    control.reply("POST", "/api/v1/tiers/large/rights", {"id": "r"}, 201)
    control.reply("DELETE", "/api/v1/tiers/large/rights/r", None, 204)
    control.reply("POST", "/api/v1/requests", {"id": "q"}, 201)
    assert client.tiers(project="risk") == [{"name": "large"}]
    client.set_tier("large", price=0.4, currency="EUR", restricted=True)
    assert client.tier_rights("large") == []
    client.grant_tier("large", "ml", kind="group", expires_in_seconds=60)
    client.revoke_tier("large", "r")
    client.request_tier("large", reason="images")
    assert [each.json for each in control.asked if each.body] == [
        {"price": 0.4, "currency": "EUR", "restricted": True, "reason": ""},
        {"kind": "group", "name": "ml", "expires_in_seconds": 60, "reason": ""},
        {"kind": "tier", "wanted": {"tier": "large"}, "reason": "images"},
    ]  # fmt: skip
    assert control.calls("GET", "/api/v1/tiers")[0].path.endswith("?project=risk")


def test_each_act_on_quotas_has_its_address_and_body(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/quotas", {"quotas": []})
    control.reply("GET", "/api/v1/quotas/mine", {"quota": None})
    control.reply("GET", "/api/v1/projects/risk/quota", {"name": "risk"})
    for account in ("project/risk", "user/*", "installation/*"):
        control.reply("PUT", f"/api/v1/quotas/{account}", {"kind": account})
        control.reply("DELETE", f"/api/v1/quotas/{account}", None, 204)
    control.reply("POST", "/api/v1/requests", {"id": "q"}, 201)
    assert (client.quotas(), client.own_quota(), client.project_quota("risk")) == ([], None, {"name": "risk"})
    assert client.set_quota(project="risk", replicas=2)["kind"] == "project/risk"
    client.set_quota(cores=1.5)
    client.remove_quota(project="risk")
    client.request_quota("risk", replicas=4, reason="more callers")
    assert [each.json for each in control.asked if each.body] == [
        NO_LIMITS | {"replicas": 2}, NO_LIMITS | {"cores": 1.5},
        {"kind": "quota", "project": "risk", "wanted": {"replicas": 4}, "reason": "more callers"},
    ]  # fmt: skip
    with pytest.raises(ValueError, match="not both"):
        client.set_quota(project="risk", user="ada", gpus=0)


def test_a_refusal_by_a_quota_is_a_forbidden(control: Control, client: Client) -> None:
    control.problem("GET", "/api/v1/quotas", 403, "quota_exceeded", "The quota of the project 'risk' …")
    with pytest.raises(Forbidden) as refused:
        client.quotas()
    assert refused.value.code == "quota_exceeded"
