"""Methods for secrets of models and projects."""

from typing import Any
from urllib.parse import quote

from unshelf.client.errors import UnshelfError
from unshelf.client.manage.methods import Methods, model_path, project_path
from unshelf.contracts.references import InvalidReference, parse_reference


class SecretMethods(Methods):
    """Secrets: set, listed without their values, deleted."""

    def set_secret(self, model: str, name: str, value: str) -> dict[str, Any]:
        """Set a secret of a model, which need not exist yet: its programs get the value as the environment variable `name`.

        Nobody can read the value again. `replicas` of the answer: the running workers, each of which is replaced."""
        return dict(self._http.send("PUT", _of_model(model, name), {"value": value}))

    def set_project_secret(self, project: str, name: str, value: str) -> dict[str, Any]:
        """Set a secret of a project, as `set_secret`: all its models get it, except those with one of their own of that name."""
        return dict(self._http.send("PUT", _of_project(project, name), {"value": value}))

    def secrets(self, model: str | None = None, *, project: str | None = None) -> list[dict[str, Any]]:
        """Return the secrets of a model, of a project, or all that the token may manage, without their values."""
        if model is not None:
            return self._list(_of_model(model), "secrets")
        return self._list("/api/v1/secrets" if project is None else _of_project(project), "secrets")

    def delete_secret(self, model: str, name: str) -> None:
        """Delete a secret of a model."""
        self._http.send("DELETE", _of_model(model, name))

    def delete_project_secret(self, project: str, name: str) -> None:
        """Delete a secret of a project."""
        self._http.send("DELETE", _of_project(project, name))


def _of_model(model: str, name: str | None = None) -> str:
    try:
        parse_reference(model)
    except InvalidReference as error:
        raise UnshelfError(f"{error}.", code="invalid_reference", hint="Write the name of a model.") from error
    return _secrets(model_path(model), name)


def _of_project(project: str, name: str | None = None) -> str:
    return _secrets(project_path(project), name)


def _secrets(path: str, name: str | None) -> str:
    return f"{path}/secrets" if name is None else f"{path}/secrets/{quote(name, safe='')}"
