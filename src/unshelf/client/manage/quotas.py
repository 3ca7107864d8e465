"""Methods for tiers and quotas."""

from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods, project_path


class QuotaMethods(Methods):
    """Tiers: their prices, and who may use them. Quotas: how much of the machine projects and people may use."""

    def tiers(self, *, project: str | None = None) -> list[dict[str, Any]]:
        """Return the tiers, with hardware, price, and whether the token may use them (`may_use`), in a project or at all."""
        return list(self._http.get("/api/v1/tiers", project=project)["tiers"])

    def set_tier(
        self,
        name: str,
        *,
        price: float | None = None,
        currency: str = "",
        restricted: bool = False,
        reason: str = "",
    ) -> dict[str, Any]:
        """Set what a replica of a tier costs an hour, and whether it takes a right to use it."""
        body = {"price": price, "currency": currency, "restricted": restricted, "reason": reason}
        return dict(self._http.send("PUT", _tier(name), body))

    def tier_rights(self, name: str) -> list[dict[str, Any]]:
        """Return who has a right to a tier."""
        return list(self._http.get(f"{_tier(name)}/rights")["rights"])

    def grant_tier(
        self,
        tier: str,
        name: str,
        *,
        kind: str = "user",
        expires_in_seconds: float | None = None,
        reason: str = "",
    ) -> dict[str, Any]:
        """Give the right to a tier. `kind`: user, group, role or project; `name`: that of the user, group, role or project."""
        body = {"kind": kind, "name": name, "expires_in_seconds": expires_in_seconds, "reason": reason}
        return dict(self._http.send("POST", f"{_tier(tier)}/rights", body))

    def revoke_tier(self, tier: str, id: str) -> None:
        """Take a right away, by the id that `tier_rights` shows."""
        self._http.send("DELETE", f"{_tier(tier)}/rights/{quote(id, safe='')}")

    def quotas(self) -> list[dict[str, Any]]:
        """Return the quotas that were set, with what is used of each."""
        return list(self._http.get("/api/v1/quotas")["quotas"])

    def own_quota(self) -> dict[str, Any] | None:
        """Return the quota of the token's owner with what is used of it; None for a key that nobody answers for."""
        found: dict[str, Any] | None = self._http.get("/api/v1/quotas/mine")["quota"]
        return found

    def project_quota(self, project: str) -> dict[str, Any]:
        """Return the quota of a project (`limits`: None, where there is none), with what is used of it."""
        return dict(self._http.get(f"{project_path(project)}/quota"))

    def set_quota(
        self,
        *,
        project: str | None = None,
        user: str | None = None,
        cores: float | None = None,
        memory_bytes: int | None = None,
        gpus: int | None = None,
        disk_bytes: int | None = None,
        replicas: int | None = None,
    ) -> dict[str, Any]:
        """Set the quota of a project, a user, or, without either, the installation. `*`: each that has none of its own."""
        limits = {
            "cores": cores, "memory_bytes": memory_bytes, "gpus": gpus, "disk_bytes": disk_bytes, "replicas": replicas,
        }  # fmt: skip
        return dict(self._http.send("PUT", _quota(project, user), limits))

    def remove_quota(self, *, project: str | None = None, user: str | None = None) -> None:
        """Remove the quota of a project, a user, or, without either, the installation."""
        self._http.send("DELETE", _quota(project, user))

    def request_tier(self, tier: str, *, reason: str) -> dict[str, Any]:
        """Ask for the right to a tier."""
        body = {"kind": "tier", "wanted": {"tier": tier}, "reason": reason}
        return dict(self._http.send("POST", "/api/v1/requests", body))

    def request_quota(self, project: str, *, reason: str, **wanted: float) -> dict[str, Any]:
        """Ask for a larger quota of a project. `wanted`: the limits as they shall be, named as those of `set_quota`."""
        body = {"kind": "quota", "project": project, "wanted": wanted, "reason": reason}
        return dict(self._http.send("POST", "/api/v1/requests", body))


def _tier(name: str) -> str:
    return f"/api/v1/tiers/{quote(name, safe='')}"


def _quota(project: str | None, user: str | None) -> str:
    if project is not None and user is not None:
        raise ValueError("name a project or a user, not both")
    if project is not None:
        return f"/api/v1/quotas/project/{quote(project, safe='')}"
    return "/api/v1/quotas/installation/*" if user is None else f"/api/v1/quotas/user/{quote(user, safe='')}"
