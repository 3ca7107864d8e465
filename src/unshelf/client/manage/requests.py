"""Methods for requests."""

from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods


class RequestMethods(Methods):
    """Requests: made, listed, decided, withdrawn."""

    def request_access(
        self, *, model: str | None = None, project: str | None = None, role: str = "caller", reason: str
    ) -> dict[str, Any]:
        """Ask an owner for a role on a model or a project."""
        body = {"kind": "access", "model": model, "project": project, "wanted": {"role": role}, "reason": reason}
        return dict(self._http.send("POST", "/api/v1/requests", body))

    def requests(self, *, whose: str = "all", state: str | None = None) -> list[dict[str, Any]]:
        """Return requests, the newest first. `whose`: mine, to_decide or all; `state`: open, granted, refused, withdrawn."""
        return self._list("/api/v1/requests", "requests", whose=whose, **({} if state is None else {"state": state}))

    def grant_request(self, id: str, *, expires_in_seconds: float | None = None, reason: str = "") -> dict[str, Any]:
        """Grant a request, until then or until it is taken away."""
        body = {"expires_in_seconds": expires_in_seconds, "reason": reason}
        return dict(self._http.send("POST", f"{_request(id)}/grant", body))

    def refuse_request(self, id: str, *, reason: str) -> dict[str, Any]:
        """Refuse a request, and say why."""
        return dict(self._http.send("POST", f"{_request(id)}/refuse", {"reason": reason}))

    def request_token(self, id: str, *, name: str = "") -> dict[str, Any]:
        """Make a token of one's own granted request; its `token` is shown in this answer and never again. It is good for what was
        granted alone, until the access ends."""
        return dict(self._http.send("POST", f"{_request(id)}/token", {"name": name}))

    def withdraw_request(self, id: str) -> dict[str, Any]:
        """Take one's own request back."""
        return dict(self._http.send("POST", f"{_request(id)}/withdraw"))


def _request(id: str) -> str:
    return f"/api/v1/requests/{quote(id, safe='')}"
