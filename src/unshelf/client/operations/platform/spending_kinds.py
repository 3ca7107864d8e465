"""Kinds about what projects and people may use, and what it costs."""

from collections.abc import Iterator
from urllib.parse import quote

from unshelf.client.operations.platform import acts
from unshelf.client.operations.platform.kind import API, Installation, Item, PlatformKind
from unshelf.client.operations.platform.shapes import flag, number, one_of, text, whole, wholes

_LIMITS = {
    "cores": number(), "memory_bytes": whole(), "gpus": whole(), "disk_bytes": whole(), "replicas": whole(),
}  # fmt: skip


def _rights(of: Installation) -> Iterator[Item]:
    for tier in of.listed("/tiers", "tiers"):
        for right in acts.readable(of.listed(f"/tiers/{quote(tier['name'], safe='')}/rights", "rights")):
            yield {**right, "kind": right["holder_kind"], "name": right["holder"], "_id": right["id"]}


def _quotas(of: Installation) -> Iterator[Item]:
    for quota in acts.readable(of.listed("/quotas", "quotas")):
        if quota["limits"] is not None and not quota["is_default"]:
            yield {"account": quota["kind"], "name": quota["name"], **quota["limits"]}


def _prices(of: Installation) -> Iterator[Item]:
    for resource, price in of.http.get(f"{API}/prices")["resources"].items():
        yield {"resource": resource, "price": price}


def _set_price(of: Installation, _before: Item, item: Item) -> None:
    of.http.send("PATCH", f"{API}/prices", {item["resource"]: item["price"]})


_QUOTA = acts.call("PUT", "/quotas/{account}/{name}", *_LIMITS)
_BUDGET = acts.call("PUT", "/budgets/{project}", "amount", "thresholds", "stops")
_TIER = acts.call("PUT", "/tiers/{name}", "price", "currency", "restricted")

SPENDING_KINDS = (
    PlatformKind(
        name="tiers", key={"name": text(needed=True)}, fields={"price": number(), "restricted": flag(False)},
        listed=lambda of: of.listed("/tiers", "tiers"), create=None, change=acts.replace_by(_TIER),
        remedy="Tiers are a setting: add {name} to UNSHELF_TIERS, restart the platform, and apply again.",
    ),
    PlatformKind(
        name="tier_rights",
        key={"tier": text(needed=True), "kind": one_of("user", "group", "role", "project", needed=True), "name": text(needed=True)},
        fields={}, listed=_rights, create=acts.call("POST", "/tiers/{tier}/rights", "kind", "name"),
        remove=acts.call("DELETE", "/tiers/{tier}/rights/{_id}"), exported=lambda right: right["expires_at"] is None,
    ),
    PlatformKind(
        name="quotas", key={"account": one_of("project", "user", "installation", needed=True), "name": text(needed=True)},
        fields=_LIMITS, listed=_quotas, create=_QUOTA, change=acts.replace_by(_QUOTA),
        remove=acts.call("DELETE", "/quotas/{account}/{name}"),
    ),
    PlatformKind(
        name="prices", key={"resource": text(needed=True)}, fields={"price": number(0.0)},
        listed=lambda of: acts.readable(_prices(of)), create=None, change=_set_price,
        remedy="No such resource has a price; `unshelf export --kind prices` shows those that have one.",
    ),
    PlatformKind(
        name="budgets", key={"project": text(needed=True)},
        fields={
            "amount": number(needed=True), "thresholds": wholes([50, 80, 100]),
            "stops": one_of("nothing", "jobs", default="nothing"),
        },
        listed=lambda of: of.listed("/budgets", "budgets"), create=_BUDGET, change=acts.replace_by(_BUDGET),
        remove=acts.call("DELETE", "/budgets/{project}"),
    ),
)  # fmt: skip
"""In the order in which they are made."""
