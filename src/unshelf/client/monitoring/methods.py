"""Methods for roles of columns, dashboards and the fleet."""

from typing import Any

from unshelf.client.manage.methods import Methods, model_path


class MonitoringMethods(Methods):
    """Dashboards, the fleet, and roles of columns."""

    def columns(self, ref: str) -> dict[str, Any]:
        """Return the roles of a version's columns (`prediction`, `scores`, `classes`, `task`, `label`, `key`, `slices`, `time`), where each
        is known from (`sources`), and those that are missing, with what that costs."""
        return dict(self._http.get(f"{model_path(ref)}/columns"))

    def change_columns(self, ref: str, *, reason: str = "", **roles: Any) -> dict[str, Any]:
        """Set roles of a version's columns, and of later versions until theirs are set; None or an empty list takes one away."""
        return dict(self._http.send("PATCH", f"{model_path(ref)}/columns", {**roles, "reason": reason}))

    def dashboard(self, ref: str, *, since: str = "", until: str = "", window: int | None = None) -> dict[str, Any]:
        """Return what a model did in a range of time: traffic, latency, errors, columns and their drift, what changed, and `words`.

        `since`, `until`: `7d`, `2h` ago, or a moment as ISO 8601; unless given, the last seven days. `window`: steps are windows of that
        many predictions, one of `window_sizes`, in place of hours or days."""
        return dict(self._http.get(f"{model_path(ref)}/dashboard", since=since, until=until, window=window))

    def dashboard_column(self, ref: str, column: str, *, since: str = "", until: str = "") -> dict[str, Any]:
        """Return the distribution of a column (`in:NAME`, `out:NAME`) in a range beside that of its reference."""
        return dict(self._http.get(f"{model_path(ref)}/dashboard/column", column=column, since=since, until=until))

    def fleet(self, *, project: str | None = None) -> dict[str, Any]:
        """Return all models that the token may inspect, those that need attention first, with the reasons."""
        return dict(self._http.get("/api/v1/fleet", project=project))
