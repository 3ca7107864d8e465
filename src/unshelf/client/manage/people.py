"""Methods for people: users, groups, their tokens, and programs that wait to be let in."""

from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods


class PeopleMethods(Methods):
    """Users, groups and personal tokens."""

    def invite_user(
        self,
        name: str,
        *,
        email: str = "",
        full_name: str = "",
        role: str | None = None,
        project: str | None = None,
        model: str | None = None,
    ) -> dict[str, Any]:
        """Make an account; `url` of the answer is the link by which its owner sets a password. `role`: on the model, the project,
        or, without both, the installation."""
        body = {"name": name, "email": email, "full_name": full_name, "role": role, "project": project, "model": model}
        return dict(self._http.send("POST", "/api/v1/users", body))

    def users(self, *, status: str | None = None) -> list[dict[str, Any]]:
        """Return users by name. `status`: invited, active or deactivated; None: all."""
        asked = {} if status is None else {"status": status}
        return self._list("/api/v1/users", "users", **asked)

    def user(self, name: str) -> dict[str, Any]:
        """Return a user."""
        return dict(self._http.get(_user(name)))

    def change_user(self, name: str, *, email: str | None = None, full_name: str | None = None) -> dict[str, Any]:
        """Change what a user is called and written to; None leaves it as it is."""
        return dict(self._http.send("PATCH", _user(name), {"email": email, "full_name": full_name}))

    def password_link(self, name: str) -> dict[str, Any]:
        """Make a new link by which a user sets a password: `url` of the answer."""
        return dict(self._http.send("POST", f"{_user(name)}/link"))

    def belongings(self, name: str) -> list[dict[str, Any]]:
        """Return what a user would leave behind."""
        return list(self._http.get(f"{_user(name)}/belongings")["belongings"])

    def deactivate_user(
        self, name: str, *, to: str | None = None, leave: bool = False, reason: str = ""
    ) -> list[dict[str, Any]]:
        """End all that a user may do, everywhere; return what they left behind, which `to` has now. `leave`: nobody has it.

        Raises Conflict when something needs an heir, and neither is given."""
        body = {"to": to, "leave": leave, "reason": reason}
        return list(self._http.send("POST", f"{_user(name)}/deactivate", body)["belongings"])

    def link_user(self, name: str, subject: str) -> dict[str, Any]:
        """Have a user log in with the identity provider from now on, which knows them by `subject`; their password and sessions
        end. Raises Conflict where another account has that subject."""
        return dict(self._http.send("PUT", f"{_user(name)}/provider", {"subject": subject}))

    def activate_user(self, name: str) -> dict[str, Any]:
        """Let a deactivated user in again; `url` of the answer is the link by which they set a password."""
        return dict(self._http.send("POST", f"{_user(name)}/activate"))

    def change_password(self, current: str, new: str, *, end_tokens: bool = False) -> None:
        """Change one's own password, which ends one's other sessions, and with `end_tokens` one's personal tokens."""
        self._http.send("PUT", "/api/v1/password", {"current": current, "new": new, "end_tokens": end_tokens})

    def create_group(self, name: str, *, description: str = "") -> dict[str, Any]:
        """Make an empty group."""
        return dict(self._http.send("POST", "/api/v1/groups", {"name": name, "description": description}))

    def groups(self) -> list[dict[str, Any]]:
        """Return groups by name."""
        return self._list("/api/v1/groups", "groups")

    def group(self, name: str) -> dict[str, Any]:
        """Return a group and its members."""
        return dict(self._http.get(_group(name)))

    def remove_group(self, name: str) -> None:
        """Remove a group; its members lose the roles that it had."""
        self._http.send("DELETE", _group(name))

    def add_group_member(self, group: str, user: str) -> None:
        """Put a user into a group."""
        self._http.send("PUT", f"{_group(group)}/members/{quote(user, safe='')}")

    def remove_group_member(self, group: str, user: str) -> None:
        """Take a user out of a group."""
        self._http.send("DELETE", f"{_group(group)}/members/{quote(user, safe='')}")

    def create_token(
        self,
        name: str,
        *,
        role: str | None = None,
        permissions: list[str] | None = None,
        projects: list[str] | None = None,
        models: list[str] | None = None,
        expires_in_seconds: float | None = None,
    ) -> dict[str, Any]:
        """Make a personal token; its `token` is shown in this answer and never again. It is good for what its owner may do, within
        a role or permissions, some projects, and models by glob patterns; None narrows nothing."""
        body = {
            "name": name, "role": role, "permissions": permissions, "projects": projects, "models": models,
            "expires_in_seconds": expires_in_seconds,
        }  # fmt: skip
        return dict(self._http.send("POST", "/api/v1/tokens", body))

    def tokens(self, *, user: str | None = None) -> list[dict[str, Any]]:
        """Return one's own personal tokens without their secrets, or those of another user."""
        asked = {} if user is None else {"user": user}
        return self._list("/api/v1/tokens", "tokens", **asked)

    def revoke_token(self, id: str) -> None:
        """Revoke a personal token, at once."""
        self._http.send("DELETE", f"/api/v1/tokens/{quote(id, safe='')}")

    def approve_device(self, code: str) -> dict[str, Any]:
        """Let the program in that shows this code."""
        return dict(self._http.send("POST", "/api/v1/device", {"user_code": code}))

    def login_link(self) -> dict[str, Any]:
        """Make a link that logs the embedded administrator in, once, on the server's own machine."""
        return dict(self._http.send("POST", "/api/v1/session/links"))


def _user(name: str) -> str:
    return f"/api/v1/users/{quote(name, safe='')}"


def _group(name: str) -> str:
    return f"/api/v1/groups/{quote(name, safe='')}"
