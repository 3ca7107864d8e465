"""Methods for monitors."""

from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods, model_path

_MONITORS = "/api/v1/monitors"


class MonitorMethods(Methods):
    """Things that are watched of models, and what they found."""

    def monitors(self, model: str | None = None) -> list[dict[str, Any]]:
        """Return the monitors of a model, or of all models that one may see, each with what it found last."""
        if model is not None:
            return list(self._http.get(f"{model_path(model)}/monitors")["monitors"])
        return self._list(_MONITORS, "monitors")

    def monitor(self, model: str, name: str) -> dict[str, Any]:
        """Return a monitor."""
        return dict(self._http.get(_monitor(model, name)))

    def add_monitor(self, model: str, name: str, kind: str = "inputs", **options: Any) -> dict[str, Any]:
        """Add a monitor to a model.

        `options`: `version`, `window`, `reference`, `columns`, `threshold`, `thresholds`, `severity`, `paused`; of the kind `performance`
        also `metric` (one that every model has, or one of the model's own), `worse` (of the latter: `below` or `above`), `slice`,
        `relative`, `least_labels`, `estimated`."""
        return dict(self._http.send("POST", f"{model_path(model)}/monitors", {"name": name, "kind": kind, **options}))

    def change_monitor(self, model: str, name: str, **options: Any) -> dict[str, Any]:
        """Change a monitor; `options` as of `add_monitor`. What is left out stays as it is."""
        return dict(self._http.send("PATCH", _monitor(model, name), options))

    def delete_monitor(self, model: str, name: str) -> None:
        """Delete a monitor and what it found; one that every model has becomes as it was before it was changed."""
        self._http.send("DELETE", _monitor(model, name))

    def monitor_results(
        self, model: str, name: str, *, version: int | None = None, since: str | None = None, limit: int = 100
    ) -> list[dict[str, Any]]:
        """Return what a monitor found, the newest window first. `since`: a moment in ISO 8601."""
        answer = self._http.get(f"{_monitor(model, name)}/results", version=version, since=since, limit=limit)
        return list(answer["results"])

    def export_monitors(self, form: str, *, model: str | None = None) -> str:
        """Return monitors as a file: `prometheus` (alert rules, YAML) or `grafana` (a dashboard, JSON)."""
        answer = self._http.respond("GET", f"{_MONITORS}/export/{form}", params={"model": model} if model else None)
        return answer.content.decode()

    def run_monitors(self, model: str, *, monitor: str | None = None, since: str | None = None) -> dict[str, Any]:
        """Have monitors of a model judge windows now, all since a moment where one is given, which raises no alert about the past.

        Returns how many results are new (`judged`), and how many of these are alarms."""
        judged = alarms = 0
        first: str | None = None
        while True:
            body = {"monitor": monitor, "since": since}
            came = self._http.send("POST", f"{model_path(model)}/monitors/run", body)
            judged, alarms, first = judged + came["judged"], alarms + came["alarms"], first or came["since"]
            if came["done"] or (came["reached"] == since and not came["judged"]):
                return {"judged": judged, "alarms": alarms, "since": first, "reached": came["reached"]}
            since = came["reached"]


def _monitor(model: str, name: str) -> str:
    return f"{model_path(model)}/monitors/{quote(name, safe='')}"
