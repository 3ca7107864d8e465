"""Methods for projects: what they are, their notes, and the models in them."""

from typing import Any
from urllib.parse import quote

from unshelf.client.manage.methods import Methods, model_path, project_path


class ProjectMethods(Methods):
    """Projects, their notes, and the places of models."""

    def projects(self, *, archived: bool = False) -> list[dict[str, Any]]:
        """Return the projects that the token may see, by name; `archived`: those in place of the open ones."""
        return self._list("/api/v1/projects", "projects", archived=str(archived).lower())

    def project(self, name: str) -> dict[str, Any]:
        """Return a project."""
        return dict(self._http.get(project_path(name)))

    def create_project(
        self, name: str, *, title: str = "", description: str = "", priority: str = "normal"
    ) -> dict[str, Any]:
        """Begin a project, and own it. `priority`: low, normal, high or urgent."""
        body = {"name": name, "title": title, "description": description, "priority": priority}
        return dict(self._http.send("POST", "/api/v1/projects", body))

    def change_project(
        self, name: str, *, title: str | None = None, description: str | None = None, priority: str | None = None
    ) -> dict[str, Any]:
        """Change what is given of a project, and leave the rest as it is."""
        given = {"title": title, "description": description, "priority": priority}
        body = {field: value for field, value in given.items() if value is not None}
        return dict(self._http.send("PATCH", project_path(name), body))

    def archive_project(self, name: str, *, reason: str = "") -> dict[str, Any]:
        """Archive a project: nothing new is deployed in it, and its models go on serving."""
        return dict(self._http.send("POST", f"{project_path(name)}/archive", {"reason": reason}))

    def restore_project(self, name: str, *, reason: str = "") -> dict[str, Any]:
        """Open an archived project again."""
        return dict(self._http.send("POST", f"{project_path(name)}/restore", {"reason": reason}))

    def notes(self, project: str) -> list[dict[str, Any]]:
        """Return the notes of a project, the newest first."""
        return self._list(f"{project_path(project)}/notes", "notes")

    def write_note(self, project: str, text: str) -> dict[str, Any]:
        """Write a note, in Markdown."""
        return dict(self._http.send("POST", f"{project_path(project)}/notes", {"text": text}))

    def edit_note(self, project: str, id: str, text: str) -> dict[str, Any]:
        """Give a note another text; the one before is kept."""
        return dict(self._http.send("PUT", f"{project_path(project)}/notes/{quote(id, safe='')}", {"text": text}))

    def note_texts(self, project: str, id: str) -> list[dict[str, Any]]:
        """Return all texts that a note had, the present one last."""
        return list(self._http.get(f"{project_path(project)}/notes/{quote(id, safe='')}/texts")["texts"])

    def move_model(self, name: str, project: str, *, reason: str = "") -> dict[str, Any]:
        """Give a model to another project, with its history."""
        return dict(self._http.send("PUT", f"{model_path(name)}/project", {"project": project, "reason": reason}))

    def set_visibility(self, name: str, visibility: str, *, reason: str = "") -> dict[str, Any]:
        """Say who sees a model beside its project: `private`, `internal` or `public`."""
        body = {"visibility": visibility, "reason": reason}
        return dict(self._http.send("PUT", f"{model_path(name)}/visibility", body))
