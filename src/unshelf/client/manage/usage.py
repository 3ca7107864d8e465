"""Methods for use, cost, prices and budgets."""

from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods


class UsageMethods(Methods):
    """Use of the machine, by whom and for what; its cost; budgets."""

    def usage(self, *, by: str = "project", month: str | None = None, project: str | None = None) -> dict[str, Any]:
        """Return what was used within a month (`2026-11`, UTC; None: this one), of a project or of all that the token may see.

        `by`: project, person, model, version, key, job, tier or what. `billed` and `unbilled` are lists of lines with `name`, `what` and
        `amounts`: cpu_seconds, memory_gib_seconds, held_seconds, gpu_seconds, disk_gib_hours, predictions, and the cost in `currency`."""
        return dict(self._http.get("/api/v1/usage", by=by, month=month, project=project))

    def usage_csv(self, *, by: str = "project", month: str | None = None, project: str | None = None) -> str:
        """Return the same as CSV, a line a row."""
        asked = {"by": by, "month": month, "project": project}
        params = {name: value for name, value in asked.items() if value is not None}
        return self._http.respond("GET", "/api/v1/usage/csv", params=params).text

    def usage_days(
        self, *, by: str = "project", month: str | None = None, project: str | None = None
    ) -> dict[str, Any]:
        """Return what was billed day by day."""
        return dict(self._http.get("/api/v1/usage/days", by=by, month=month, project=project))

    def job_cost(self, job: str) -> dict[str, Any]:
        """Return what a job has used so far (`amounts`), and its cost in `currency`."""
        return dict(self._http.get(f"/api/v1/usage/jobs/{quote(job, safe='')}"))

    def waste(self, *, month: str | None = None, project: str | None = None) -> list[dict[str, Any]]:
        """Return what was paid for within a month and brought nothing: `kind`, `subject`, `amounts` and `advice` of each finding."""
        return list(self._http.get("/api/v1/usage/waste", month=month, project=project)["findings"])

    def capacity(self) -> dict[str, Any]:
        """Return who uses the machine now: `tiers`, jobs that run (`running`) and that wait (`waiting`) with the reason, and workers
        that are warm (`warm`) with the reason."""
        return dict(self._http.get("/api/v1/capacity"))

    def prices(self) -> dict[str, Any]:
        """Return all prices: of `tiers`, an hour, and of `resources`, for what runs on a tier without one."""
        return dict(self._http.get("/api/v1/prices"))

    def set_prices(self, **prices: float) -> dict[str, Any]:
        """Change prices of resources: cpu_hour, memory_gib_hour, gpu_hour, disk_gib_month. Those that are not given stay."""
        return dict(self._http.send("PATCH", "/api/v1/prices", prices))

    def budgets(self) -> list[dict[str, Any]]:
        """Return the budgets that the token may see, with what was spent of each this month."""
        return list(self._http.get("/api/v1/budgets")["budgets"])

    def budget(self, project: str) -> dict[str, Any]:
        """Return the budget of a project, or of the installation (`*`)."""
        return dict(self._http.get(_budget(project)))

    def set_budget(
        self, project: str, amount: float, *, thresholds: list[int] | None = None, stops: str = "nothing"
    ) -> dict[str, Any]:
        """Set what a month of a project, or of the installation (`*`), may cost. `thresholds`: percentages at which people hear of it,
        [50, 80, 100] unless given. `stops="jobs"`: no job begins once it is spent."""
        body: dict[str, Any] = {"amount": amount, "stops": stops}
        if thresholds is not None:
            body["thresholds"] = thresholds
        return dict(self._http.send("PUT", _budget(project), body))

    def remove_budget(self, project: str) -> None:
        """Remove a budget."""
        self._http.send("DELETE", _budget(project))


def _budget(project: str) -> str:
    return f"/api/v1/budgets/{quote(project, safe='')}"
