"""Methods for notifications and webhooks."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods, project_path

_NOTIFICATIONS = "/api/v1/notifications"
_WEBHOOKS = "/api/v1/webhooks"


class NotificationMethods(Methods):
    """Notifications, how one gets them, and webhooks."""

    def notifications(self, *, unread: bool = False, limit: int = 100) -> dict[str, Any]:
        """Return the newest of one's own notifications, and in `unread` how many are unread in all."""
        return dict(self._http.get(_NOTIFICATIONS, unread=unread, limit=limit))

    def mark_notifications_read(self, ids: Sequence[str] | None = None) -> int:
        """Mark notifications of one's own read, or all; returns how many became read."""
        answer = self._http.send("POST", f"{_NOTIFICATIONS}/read", {"ids": None if ids is None else list(ids)})
        return int(answer["read"])

    def notification_choices(self) -> list[dict[str, Any]]:
        """Return the kinds of notification and how one gets each, `default` first."""
        return list(self._http.get(f"{_NOTIFICATIONS}/choices")["choices"])

    def choose_notifications(self, kind: str, *, inbox: bool, email: bool, webhook: bool) -> dict[str, Any]:
        """Choose how one gets notifications of a kind; `default` is every kind without a choice of its own."""
        body = {"inbox": inbox, "email": email, "webhook": webhook}
        return dict(self._http.send("PUT", f"{_NOTIFICATIONS}/choices/{quote(kind, safe='')}", body))

    def webhooks(self, project: str | None = None) -> list[dict[str, Any]]:
        """Return one's own webhooks, or those of a project."""
        return self._list(_webhooks(project), "webhooks")

    def register_webhook(
        self, url: str, *, kinds: Sequence[str] = (), project: str | None = None, format: str = "unshelf"
    ) -> dict[str, Any]:
        """Register a webhook of one's own or of a project; its `secret` is returned this once. `format`: unshelf or slack."""
        body = {"url": url, "kinds": list(kinds), "format": format}
        return dict(self._http.send("POST", _webhooks(project), body))

    def change_webhook(
        self, id: str, *, url: str | None = None, kinds: Sequence[str] | None = None, state: str | None = None,
        format: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Change where a webhook leads and what it gets; `state` is active or disabled, `format` unshelf or slack."""
        body = {"url": url, "kinds": None if kinds is None else list(kinds), "state": state, "format": format}
        return dict(self._http.send("PATCH", _webhook(id), body))

    def delete_webhook(self, id: str) -> None:
        """Delete a webhook."""
        self._http.send("DELETE", _webhook(id))

    def test_webhook(self, id: str) -> dict[str, Any]:
        """Send something to a webhook, once; returns the delivery, which `webhook_deliveries` tells more of."""
        return dict(self._http.send("POST", f"{_webhook(id)}/test", {}))

    def webhook_deliveries(self, id: str, *, limit: int = 100) -> list[dict[str, Any]]:
        """Return the newest of what was sent to a webhook and what waits."""
        return list(self._http.get(f"{_webhook(id)}/deliveries", limit=limit)["deliveries"])


def _webhooks(project: str | None) -> str:
    return _WEBHOOKS if project is None else f"{project_path(project)}/webhooks"


def _webhook(id: str) -> str:
    return f"{_WEBHOOKS}/{quote(id, safe='')}"
