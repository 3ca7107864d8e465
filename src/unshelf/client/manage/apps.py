"""Methods for apps of models, and for scenarios."""

from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods, model_path


class AppMethods(Methods):
    """Apps, their versions, and named inputs of models."""

    def apps(self, *, project: str | None = None, model: str | None = None) -> list[dict[str, Any]]:
        """Return the apps that one may use: all, or those on the models of a project, or on one model."""
        asked = {name: value for name, value in (("project", project), ("model", model)) if value is not None}
        return self._list("/api/v1/apps", "apps", **asked)

    def app(self, name: str) -> dict[str, Any]:
        """Return an app with its form."""
        return dict(self._http.get(_app(name)))

    def save_app(self, name: str, definition: dict[str, Any]) -> dict[str, Any]:
        """Make an app, or a new version of it; the definition has the fields of docs/concepts/apps.md."""
        return dict(self._http.send("PUT", _app(name), definition))

    def app_versions(self, name: str) -> list[dict[str, Any]]:
        """Return an app's versions with their definitions, the newest first."""
        return self._list(f"{_app(name)}/versions", "versions")

    def restore_app(self, name: str, version: int) -> dict[str, Any]:
        """Go back to a version of an app."""
        return dict(self._http.send("POST", f"{_app(name)}/restore", {"version": version}))

    def ask_app(self, name: str, **inputs: Any) -> dict[str, Any]:
        """Ask an app; what is left out is as its form begins."""
        return dict(self._http.send("POST", f"{_app(name)}/ask", {"inputs": inputs}))

    def delete_app(self, name: str) -> None:
        """Delete an app with its versions and tokens."""
        self._http.send("DELETE", _app(name))

    def scenarios(self, model: str) -> list[dict[str, Any]]:
        """Return one's own scenarios of a model and those that are shared."""
        return self._list(f"{model_path(model)}/scenarios", "scenarios")

    def save_scenario(self, model: str, name: str, inputs: Any, **fields: Any) -> dict[str, Any]:
        """Save a scenario. `fields`: `note`, `params`, `shared`."""
        body = {"name": name, "inputs": inputs, **fields}
        return dict(self._http.send("POST", f"{model_path(model)}/scenarios", body))


def _app(name: str) -> str:
    return f"/api/v1/apps/{quote(name, safe='')}"
