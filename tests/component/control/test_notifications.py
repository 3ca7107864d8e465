"""Notifications and webhooks through control's API."""

import pytest

from tests.support.accounts import joined, logged_in
from tests.support.asgi import AppCaller
from unshelf.server.wiring.control import Control

URL = "https://hooks.example.org/x"


def test_everybody_chooses_how_they_get_what(admin: AppCaller, stranger: AppCaller) -> None:
    at = "/api/v1/notifications"
    assert admin("GET", at).json() == {"notifications": [], "unread": 0, "next_cursor": None}
    assert admin("POST", f"{at}/read", json={}).json() == {"read": 0}
    ways = {"inbox": True, "email": False, "webhook": False}
    chosen = admin("PUT", f"{at}/choices/request.decided", json=ways).json()
    assert ways.items() <= chosen.items() and chosen["chosen"]
    kinds = {each["kind"]: each["email"] for each in admin("GET", f"{at}/choices").json()["choices"]}
    assert kinds["default"] and kinds["webhook.disabled"] and not kinds["request.decided"]
    others = {each["kind"]: each["email"] for each in stranger("GET", f"{at}/choices").json()["choices"]}
    assert others["request.decided"]
    assert admin("DELETE", f"{at}/choices/request.decided").status_code == 204
    assert admin("PUT", f"{at}/choices/nothing", json=ways).status_code == 404


def test_webhooks_are_kept_by_who_owns_them(
    control: Control, admin: AppCaller, nobody: AppCaller, stranger: AppCaller
) -> None:
    joined(admin, nobody, "ada")
    ada = logged_in(control.app, "ada")
    made = ada("POST", "/api/v1/webhooks", json={"url": URL}).json()
    assert made["secret"].startswith("whsec_") and made["project"] is None
    at = f"/api/v1/webhooks/{made['id']}"
    assert "secret" not in ada("GET", at).json()
    assert [each["id"] for each in ada("GET", "/api/v1/webhooks").json()["webhooks"]] == [made["id"]]
    for verb, path in (("GET", at), ("DELETE", at), ("POST", f"{at}/test"), ("GET", f"{at}/deliveries")):
        assert admin(verb, path).status_code == 404
        assert stranger(verb, path).status_code == 403
    assert ada("PATCH", at, json={"state": "disabled"}).json()["state"] == "disabled"
    assert ada("POST", "/api/v1/webhooks", json={"url": "http://example.org"}).status_code == 422
    assert ada("POST", "/api/v1/projects/default/webhooks", json={"url": URL}).status_code == 404
    ours = admin("POST", "/api/v1/projects/default/webhooks", json={"url": URL}).json()
    assert ours["project"] == "default"
    listed = admin("GET", "/api/v1/projects/default/webhooks").json()["webhooks"]
    assert [each["id"] for each in listed] == [ours["id"]]
    assert ada("DELETE", at).status_code == 204
    assert ada("GET", at).status_code == 404


@pytest.mark.long
def test_the_webhooks_of_who_is_deactivated_are_gone(control: Control, admin: AppCaller, nobody: AppCaller) -> None:
    joined(admin, nobody, "ada")
    made = logged_in(control.app, "ada")("POST", "/api/v1/webhooks", json={"url": URL}).json()
    assert admin("POST", "/api/v1/users/ada/deactivate", json={}).status_code == 200
    actions = [event["action"] for event in admin("GET", "/api/v1/audit").json()["events"]]
    assert "webhook.deleted" in actions
    assert admin("GET", f"/api/v1/webhooks/{made['id']}").status_code == 404
