"""Tiers on the command line."""

import json

from tests.support.control import Control
from tests.unit.cli.conftest import Run

PATH = "/api/v1/tiers"
LARGE = {
    "name": "large", "cpu": 4.0, "memory_bytes": 16 << 30, "gpu": 0, "threads": 4, "price": 0.4, "currency": "EUR",
    "restricted": True, "may_use": False,
}  # fmt: skip
RIGHT = {
    "id": "r1", "tier": "large", "holder_kind": "group", "holder": "ml", "request": None, "created_at": "2026-05-01T00:00:00Z",
    "created_by": "admin", "expires_at": "2026-05-08T00:00:00Z",
}  # fmt: skip


def test_tiers_are_listed_with_hardware_price_and_who_may(control: Control, run: Run) -> None:
    small = {**LARGE, "name": "small", "price": None, "currency": "", "restricted": False, "may_use": True}
    control.reply("GET", PATH, {"tiers": [small, LARGE]})
    control.reply("GET", f"{PATH}/large/rights", {"rights": [RIGHT]})
    shown = run("tiers").out
    assert "0.4 EUR" in shown
    assert "with a right, not you" in shown
    assert "everybody" in shown
    assert json.loads(run("tiers", "list", "--project", "risk", "--json").out)["tiers"] == [small, LARGE]
    assert "ml" in run("tiers", "show", "large").out


def test_a_change_keeps_what_it_does_not_name(control: Control, run: Run) -> None:
    control.reply("GET", PATH, {"tiers": [LARGE]})
    control.reply("PUT", f"{PATH}/large", LARGE)
    assert "everybody's" in run("tiers", "open", "large").out
    assert "takes a right" in run("tiers", "restrict", "large").out
    assert "0.5 USD an hour" in run("tiers", "price", "large", "0.5", "--currency", "USD").out
    assert "no price" in run("tiers", "price", "large", "--none").out
    assert run("tiers", "price", "large").code == 2
    assert run("tiers", "open", "huge").code == 1
    changes = [
        (call.json["price"], call.json["currency"], call.json["restricted"])
        for call in control.calls("PUT", f"{PATH}/large")
    ]
    assert changes == [(0.4, "EUR", False), (0.4, "EUR", True), (0.5, "USD", True), (None, "", True)]


def test_rights_are_given_and_taken_away(control: Control, run: Run) -> None:
    control.reply("POST", f"{PATH}/large/rights", RIGHT, 201)
    control.reply("DELETE", f"{PATH}/large/rights/r1", None, 204)
    assert (
        "The group ml may use the tier large until"
        in run("tiers", "grant", "large", "ml", "--group", "--expires", "7d").out
    )
    for option, kind in ((), "user"), (("--role",), "role"), (("--project",), "project"):
        assert run("tiers", "grant", "large", "x", *option).code == 0
        assert control.calls("POST", f"{PATH}/large/rights")[-1].json["kind"] == kind
    assert run("tiers", "grant", "large", "x", "--group", "--role").code == 2
    assert "taken away" in run("tiers", "revoke", "large", "r1").out
