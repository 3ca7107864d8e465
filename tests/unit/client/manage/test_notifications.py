"""Notifications and webhooks from the client: each method's request."""

from tests.support.control import Control
from unshelf.client.client import Client


def test_notifications_are_listed_read_and_chosen(control: Control, client: Client) -> None:
    control.reply("GET", "/api/v1/notifications", {"notifications": [], "unread": 2, "next_cursor": None})
    control.reply("POST", "/api/v1/notifications/read", {"read": 2})
    control.reply("GET", "/api/v1/notifications/choices", {"choices": [{"kind": "default"}]})
    control.reply("PUT", "/api/v1/notifications/choices/a%2Fb", {"kind": "a/b"})
    assert client.notifications(unread=True)["unread"] == 2
    assert client.mark_notifications_read(["n1"]) == client.mark_notifications_read() == 2
    assert client.notification_choices() == [{"kind": "default"}]
    client.choose_notifications("a/b", inbox=True, email=False, webhook=False)
    assert [one.json["ids"] for one in control.calls("POST", "/api/v1/notifications/read")] == [["n1"], None]
    assert control.asked[-1].json == {"inbox": True, "email": False, "webhook": False}


def test_webhooks_are_one_s_own_or_a_project_s(control: Control, client: Client) -> None:
    for path in ("/api/v1/webhooks", "/api/v1/projects/credit/webhooks"):
        control.reply("GET", path, {"webhooks": [{"id": path}], "next_cursor": None})
        control.reply("POST", path, {"id": path, "secret": "s"}, 201)
    assert client.webhooks() == [{"id": "/api/v1/webhooks"}]
    assert client.webhooks("credit") == [{"id": "/api/v1/projects/credit/webhooks"}]
    assert client.register_webhook("https://x", kinds=["k"], project="credit")["secret"] == "s"
    assert control.asked[-1].json == {"url": "https://x", "kinds": ["k"], "format": "unshelf"}


def test_a_webhook_is_changed_tried_and_deleted(control: Control, client: Client) -> None:
    at = "/api/v1/webhooks/w1"
    control.reply("PATCH", at, {"id": "w1"})
    control.reply("POST", f"{at}/test", {"id": "d1"}, 202)
    control.reply("GET", f"{at}/deliveries", {"deliveries": [{"id": "d1"}], "next_cursor": None})
    control.reply("DELETE", at, None, 204)
    client.change_webhook("w1", state="disabled")
    assert control.asked[-1].json == {"url": None, "kinds": None, "state": "disabled", "format": None}
    assert client.test_webhook("w1") == {"id": "d1"}
    assert client.webhook_deliveries("w1") == [{"id": "d1"}]
    client.delete_webhook("w1")
    assert control.asked[-1].method == "DELETE"
