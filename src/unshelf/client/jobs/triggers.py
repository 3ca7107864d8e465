"""Methods for triggers."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods

_TRIGGERS = "/api/v1/triggers"


class TriggerMethods(Methods):
    """Things that start when something happens."""

    def triggers(self, *, project: str | None = None, target: str | None = None) -> list[dict[str, Any]]:
        """Return the triggers that one may see, of a project or of what they start, the newest first."""
        return self._list(_TRIGGERS, "triggers", project=project, target=target)

    def set_trigger(self, name: str, target: str, **options: Any) -> dict[str, Any]:
        """Have something started when something happens; `target`: of a job, its id.

        `options`: `waits_for` (event or call), `action`, `subject`, `most_an_hour`, `kind`."""
        return dict(self._http.send("POST", _TRIGGERS, {"name": name, "target": target, **options}))

    def trigger(self, id: str) -> dict[str, Any]:
        """Return a trigger."""
        return dict(self._http.get(_trigger(id)))

    def set_trigger_state(self, id: str, state: str) -> dict[str, Any]:
        """Set a trigger's state: `paused`, or `active` for what happens from now on."""
        return dict(self._http.send("PATCH", _trigger(id), {"state": state}))

    def delete_trigger(self, id: str) -> None:
        """Delete a trigger; what it started goes on."""
        self._http.send("DELETE", _trigger(id))

    def call_trigger(self, id: str, body: Mapping[str, Any], *, key: str | None = None) -> dict[str, Any]:
        """Call a trigger; its target gets the body as its parameter `call`. The same key again starts nothing."""
        return dict(self._http.send("POST", f"{_trigger(id)}/call", {"key": key, "body": dict(body)}))

    def trigger_starts(self, id: str, *, limit: int = 100) -> list[dict[str, Any]]:
        """Return what a trigger did, the last first."""
        return list(self._http.get(f"{_trigger(id)}/starts", limit=limit)["starts"])


def _trigger(id: str) -> str:
    return f"{_TRIGGERS}/{quote(id, safe='')}"
