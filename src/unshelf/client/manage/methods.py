"""The base of classes that give the client the methods of one capability."""

from typing import Any
from urllib.parse import quote

from unshelf.client.http import Http


class Methods:
    """Methods that speak to the client's server."""

    _http: Http

    def _list(self, path: str, field: str, **asked: Any) -> list[dict[str, Any]]:
        """Return the items of all pages of a list."""
        answer = self._http.get(path, **asked)
        items = list(answer[field])
        while answer.get("next_cursor"):
            answer = self._http.get(path, **asked, cursor=answer["next_cursor"])
            items += answer[field]
        return items


def project_path(name: str) -> str:
    """Return the address of a project."""
    return f"/api/v1/projects/{quote(name, safe='')}"


def model_path(name: str) -> str:
    """Return the address of a model."""
    return f"/api/v1/models/{quote(name, safe='')}"
