"""Methods for goals of projects."""

from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods, project_path


class GoalMethods(Methods):
    """Goals, what is tied to them, and their values."""

    def goals(self, project: str, *, closed: bool = False) -> list[dict[str, Any]]:
        """Return a project's goals with their latest values and what is missing; `closed`: the closed ones."""
        return self._list(_goals(project), "goals", closed=str(closed).lower())

    def goal(self, project: str, id: str) -> dict[str, Any]:
        """Return a goal."""
        return dict(self._http.get(_goal(project, id)))

    def set_goal(self, project: str, title: str, **fields: Any) -> dict[str, Any]:
        """Set a goal. `fields`: `description`, `owner`, `due` (an ISO date), `metric`, `direction` (at_least or at_most), `target`,
        `worth`."""
        return dict(self._http.send("POST", _goals(project), {"title": title, **fields}))

    def change_goal(self, project: str, id: str, **fields: Any) -> dict[str, Any]:
        """Change fields of a goal, as in `set_goal`; `closed=True` closes it."""
        return dict(self._http.send("PATCH", _goal(project, id), fields))

    def tie_goal(self, project: str, id: str, name: str, *, kind: str = "version") -> dict[str, Any]:
        """Tie a version (`NAME:3`) to a goal, or with `kind="release"` a model's releases."""
        return dict(self._http.send("POST", f"{_goal(project, id)}/ties", {"kind": kind, "name": name}))

    def untie_goal(self, project: str, id: str, name: str, *, kind: str = "version") -> dict[str, Any]:
        """Untie something from a goal."""
        asked = f"kind={quote(kind, safe='')}&name={quote(name, safe='')}"
        return dict(self._http.send("DELETE", f"{_goal(project, id)}/ties?{asked}"))

    def note_value(self, project: str, id: str, value: float, source: str) -> dict[str, Any]:
        """Note a value of a goal's metric, and where it comes from."""
        return dict(self._http.send("POST", f"{_goal(project, id)}/values", {"value": value, "source": source}))

    def goal_values(self, project: str, id: str) -> list[dict[str, Any]]:
        """Return all known values of a goal's metric, the oldest first."""
        return list(self._http.get(f"{_goal(project, id)}/values")["values"])


def _goals(project: str) -> str:
    return f"{project_path(project)}/goals"


def _goal(project: str, id: str) -> str:
    return f"{_goals(project)}/{quote(id, safe='')}"
