"""Methods for the network of models, and for the web pages that may call them."""

from collections.abc import Sequence
from typing import Any

from unshelf.client.manage.methods import Methods, model_path


class NetworkMethods(Methods):
    """Networks: the places that the code of a model's versions may reach, and the origins of web pages that may call it."""

    def network(self, ref: str) -> dict[str, Any]:
        """Return what the version that a reference names may reach, and what it was refused; for a name alone, each of the model's."""
        return dict(self._http.get(f"{model_path(ref)}/network"))

    def change_network(
        self,
        ref: str,
        *,
        allow: Sequence[str] = (),
        remove: Sequence[str] = (),
        access: str | None = None,
        reason: str = "",
    ) -> dict[str, Any]:
        """Grant places (`HOST:PORT`, `*.DOMAIN:PORT`) or take them away; `access`: "full" or "none". Workers are replaced at once."""
        body = {"allow": list(allow), "remove": list(remove), "access": access, "reason": reason}
        return dict(self._http.send("PATCH", f"{model_path(ref)}/network", body))

    def origins(self, name: str) -> dict[str, Any]:
        """Return the origins of the web pages whose scripts may call a model from a browser."""
        return dict(self._http.get(f"{model_path(name)}/origins"))

    def change_origins(
        self, name: str, *, allow: Sequence[str] = (), remove: Sequence[str] = (), reason: str = ""
    ) -> dict[str, Any]:
        """Allow origins of web pages (`https://app.example.org`), or take them away."""
        body = {"allow": list(allow), "remove": list(remove), "reason": reason}
        return dict(self._http.send("PATCH", f"{model_path(name)}/origins", body))
