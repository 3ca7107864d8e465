"""Methods for schedules."""

from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods

_SCHEDULES = "/api/v1/schedules"


class ScheduleMethods(Methods):
    """Things that start by the clock."""

    def schedules(self, *, project: str | None = None, target: str | None = None) -> list[dict[str, Any]]:
        """Return the schedules that one may see, of a project or of what they start, the newest first."""
        return self._list(_SCHEDULES, "schedules", project=project, target=target)

    def set_schedule(
        self, name: str, target: str, cron: str, *, kind: str = "job", time_zone: str = "UTC", catch_up: str = "latest"
    ) -> dict[str, Any]:
        """Have something started again and again; `target`: of a job, its id. `catch_up`: `skip`, `latest` or `all`."""
        body = {
            "name": name,
            "kind": kind,
            "target": target,
            "cron": cron,
            "time_zone": time_zone,
            "catch_up": catch_up,
        }
        return dict(self._http.send("POST", _SCHEDULES, body))

    def schedule(self, id: str) -> dict[str, Any]:
        """Return a schedule."""
        return dict(self._http.get(_schedule(id)))

    def change_schedule(self, id: str, **changes: str) -> dict[str, Any]:
        """Change a schedule's `cron`, `time_zone`, `catch_up`, `target` or `state` (active or paused)."""
        return dict(self._http.send("PATCH", _schedule(id), changes))

    def delete_schedule(self, id: str) -> None:
        """Delete a schedule; what it started goes on."""
        self._http.send("DELETE", _schedule(id))

    def schedule_starts(self, id: str, *, limit: int = 100) -> list[dict[str, Any]]:
        """Return what a schedule did, the last first."""
        return list(self._http.get(f"{_schedule(id)}/starts", limit=limit)["starts"])

    def preview_timetable(self, cron: str, *, time_zone: str = "UTC") -> dict[str, Any]:
        """Return the next moments that a timetable names."""
        return dict(self._http.send("POST", f"{_SCHEDULES}/preview", {"cron": cron, "time_zone": time_zone}))


def _schedule(id: str) -> str:
    return f"{_SCHEDULES}/{quote(id, safe='')}"
