"""Methods for roles and their holders."""

from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods, model_path, project_path


class RoleMethods(Methods):
    """Roles, and who has which where."""

    def roles(self) -> list[dict[str, Any]]:
        """Return all roles with their permissions."""
        return list(self._http.get("/api/v1/roles")["roles"])

    def members(self, *, project: str | None = None, model: str | None = None) -> list[dict[str, Any]]:
        """Return who has which role on a project, on a model alone, or, without either, on the whole installation."""
        return list(self._http.get(_members(project, model))["members"])

    def grant_role(
        self,
        name: str,
        role: str,
        *,
        kind: str = "user",
        project: str | None = None,
        model: str | None = None,
        expires_in_seconds: float | None = None,
        reason: str = "",
    ) -> dict[str, Any]:
        """Grant a role to a user, or with `kind="group"` to a group: on a project, a model, or the whole installation."""
        body = {
            "kind": kind, "name": name, "role": role, "expires_in_seconds": expires_in_seconds, "reason": reason,
        }  # fmt: skip
        return dict(self._http.send("POST", _members(project, model), body))

    def revoke_role(self, id: str) -> None:
        """Take a role away, by the id that `members` shows."""
        self._http.send("DELETE", f"/api/v1/members/{quote(id, safe='')}")


def _members(project: str | None, model: str | None) -> str:
    if project is not None and model is not None:
        raise ValueError("name a project or a model, not both")
    if project is not None:
        return f"{project_path(project)}/members"
    return "/api/v1/members" if model is None else f"{model_path(model)}/members"
