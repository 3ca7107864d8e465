"""The client's methods on alerts: list them, answer them, decide, and set who hears of them and what is done without anybody."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods, model_path, project_path

_ALERTS = "/api/v1/alerts"
_POLICIES = "/api/v1/alert-policies"


class AlertMethods(Methods):
    """Alerts, decisions about them, policies, and the support of models."""

    def alerts(
        self, *, state: str = "open", model: str | None = None, limit: int = 100, **more: Any
    ) -> list[dict[str, Any]]:
        """List detected problems, newest first: of one model, or all that concern the key. `state`: open, active (neither snoozed nor
        ignored), resolved or all. `more`: `project`, `kind`, `severity`, `mine`."""
        return list(self._http.get(_ALERTS, state=state, model=model, limit=limit, **more)["alerts"])

    def alert(self, id: str) -> dict[str, Any]:
        """Return an alert, with what was done about it."""
        return dict(self._http.get(_alert(id)))

    def alert_card(self, id: str) -> dict[str, Any]:
        """Return the decision card of an alert: `options`, the best first, and the `decisions` so far."""
        return dict(self._http.get(f"{_alert(id)}/card"))

    def acknowledge_alert(self, id: str) -> dict[str, Any]:
        """Say that one looks after an alert, so that it is not escalated."""
        return dict(self._http.send("POST", f"{_alert(id)}/acknowledge", {}))

    def snooze_alert(self, id: str, *, seconds: float | None = None, until: str | None = None) -> dict[str, Any]:
        """Have nobody hear of an alert for some seconds, or until a moment in ISO 8601."""
        body = {"seconds": None if seconds is None else round(seconds), "until": until}
        return dict(self._http.send("PUT", f"{_alert(id)}/snooze", body))

    def wake_alert(self, id: str) -> dict[str, Any]:
        """End a snooze."""
        return dict(self._http.send("DELETE", f"{_alert(id)}/snooze"))

    def assign_alert(self, id: str, name: str | None, *, kind: str = "user") -> dict[str, Any]:
        """Give an alert to a user or a group (`kind`); None: to nobody in particular."""
        if name is None:
            return dict(self._http.send("DELETE", f"{_alert(id)}/assignee"))
        return dict(self._http.send("PUT", f"{_alert(id)}/assignee", {"kind": kind, "name": name}))

    def heed_alert(self, id: str) -> dict[str, Any]:
        """Take back that an alert is ignored until it changes."""
        return dict(self._http.send("DELETE", f"{_alert(id)}/ignored"))

    def decide_alert(
        self, id: str, choice: str, *, reason: str = "", version: int | None = None, target: str | None = None
    ) -> dict[str, Any]:
        """Carry out an option of an alert's card (`rollback`, `replace`, `retrain`, `collect`, `update`, `pause`, `repair` or `ignore`).

        `version`, `target`: which, where the card has several. Returns the decision with its outcome."""
        body = {"choice": choice, "reason": reason, "version": version, "target": target}
        return dict(self._http.send("POST", f"{_alert(id)}/decisions", body))

    def alert_policies(self, *, model: str | None = None, project: str | None = None) -> list[dict[str, Any]]:
        """Return the policies that the token may see: all, those about alerts of a model, or those of a project."""
        return self._list(_POLICIES, "policies", model=model, project=project)

    def set_alert_policy(
        self, name: str, act: str, *, kinds: Sequence[str], model: str | None = None, project: str | None = None,
        severity: str = "critical", start: tuple[str, str] | None = None, hours: int = 24,
    ) -> dict[str, Any]:  # fmt: skip
        """Have something done about alerts of these kinds without anybody: `pause`, `rollback`, or `start` a thing (its kind and id)."""
        body = {
            "name": name, "act": act, "kinds": list(kinds), "model": model, "project": project, "severity": severity,
            "start_kind": start and start[0], "start_target": start and start[1], "hours": hours,
        }  # fmt: skip
        return dict(self._http.send("POST", _POLICIES, body))

    def delete_alert_policy(self, id: str) -> None:
        """Delete a policy."""
        self._http.send("DELETE", f"{_POLICIES}/{quote(id, safe='')}")

    def support(self, *, model: str | None = None, project: str | None = None) -> dict[str, Any]:
        """Return how much a model, or the models of a project, matter, and who hears of their alerts."""
        return dict(self._http.get(_support(model, project)))

    def set_support(
        self, *, model: str | None = None, project: str | None = None, level: str | None = None,
        owner: tuple[str, str] | None = None, escalate_to: tuple[str, str] | None = None,
        escalate_after: int | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Set the support of a model or a project, in place of all that was set. `owner`, `escalate_to`: `user` or `group`, and the name;
        `escalate_after`: minutes."""
        body = {
            "level": level, "escalate_after": escalate_after, "owner": _contact(owner), "escalate_to": _contact(escalate_to),
        }  # fmt: skip
        return dict(self._http.send("PUT", _support(model, project), body))


def _alert(id: str) -> str:
    return f"{_ALERTS}/{quote(id, safe='')}"


def _support(model: str | None, project: str | None) -> str:
    return f"{model_path(model) if model is not None else project_path(project or '')}/support"


def _contact(named: tuple[str, str] | None) -> dict[str, str] | None:
    return None if named is None else {"kind": named[0], "name": named[1]}
