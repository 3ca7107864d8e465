"""The client's methods on subjects: models, versions, projects, alerts, and whatever else can be tagged."""

from typing import Any
from urllib.parse import quote

from unshelf.client.errors import UnshelfError
from unshelf.client.manage.methods import Methods


class SubjectMethods(Methods):
    """Methods that act on a subject. `subject`: `NAME` (a model), `NAME:3` or `NAME@alias` (a version), else `KIND/NAME`."""

    def tag(self, subject: str, *tags: str) -> None:
        """Give a subject tags."""
        for tag in tags:
            self._http.send("PUT", f"{subject_path(subject)}/tags/{quote(tag, safe='')}")

    def untag(self, subject: str, *tags: str) -> None:
        """Take tags from a subject."""
        for tag in tags:
            self._http.send("DELETE", f"{subject_path(subject)}/tags/{quote(tag, safe='')}")

    def tags(self, *, kind: str | None = None, prefix: str = "") -> list[dict[str, Any]]:
        """Return the tags in use that the token may see, each with how many subjects have it."""
        return self._list("/api/v1/tags", "tags", kind=kind, prefix=prefix)

    def set_property(
        self, subject: str, name: str, value: bool | int | float | str, *, type: str | None = None
    ) -> dict[str, Any]:
        """Set a property of a subject. `type`: text, number, boolean, date or link; else the one that the value has in Python."""
        path = f"{subject_path(subject)}/properties/{quote(name, safe='')}"
        return dict(self._http.send("PUT", path, {"value": value, "type": type}))

    def remove_property(self, subject: str, name: str) -> None:
        """Remove a property of a subject."""
        self._http.send("DELETE", f"{subject_path(subject)}/properties/{quote(name, safe='')}")

    def subject(self, subject: str) -> dict[str, Any]:
        """Return a subject with its tags and properties."""
        return dict(self._http.get(subject_path(subject)))

    def tagged(
        self, *tags: str, properties: dict[str, str | None] | None = None, kind: str | None = None
    ) -> list[dict[str, Any]]:
        """Return the subjects with all these tags and properties that the token may see. A property without a value: any value."""
        conditions = [name if value is None else f"{name}={value}" for name, value in (properties or {}).items()]
        return self._list("/api/v1/subjects", "subjects", tag=list(tags), property=conditions, kind=kind)

    def search(self, query: str, *, limit: int = 20, cursor: str | None = None) -> dict[str, Any]:
        """Search everything that the token may see: `results`, `total`, `is_exact`, `facets`, `next_cursor`. `query`: words and
        filters, as `drift kind:model project:risk tag:gold`."""
        return dict(self._http.get("/api/v1/search", q=query, limit=limit, cursor=cursor))

    def rebuild_search(self) -> dict[str, Any]:
        """Have the search index made anew in the background."""
        return dict(self._http.send("POST", "/api/v1/search/rebuild"))

    def comments(self, subject: str) -> list[dict[str, Any]]:
        """Return the comments on a subject, the oldest first."""
        return self._list(f"{subject_path(subject)}/comments", "comments")

    def comment(self, subject: str, text: str) -> dict[str, Any]:
        """Comment on a subject. `text`: Markdown; `@name` mentions a user."""
        return dict(self._http.send("POST", f"{subject_path(subject)}/comments", {"text": text}))

    def edit_comment(self, subject: str, id: str, text: str) -> dict[str, Any]:
        """Give one's own comment another text."""
        return dict(self._http.send("PUT", f"{subject_path(subject)}/comments/{quote(id, safe='')}", {"text": text}))

    def delete_comment(self, subject: str, id: str) -> None:
        """Delete a comment."""
        self._http.send("DELETE", f"{subject_path(subject)}/comments/{quote(id, safe='')}")

    def watches(self) -> list[dict[str, Any]]:
        """Return what the token's owner watches."""
        return self._list("/api/v1/watches", "watches")

    def watch(self, subject: str, *, muted: bool = False) -> dict[str, Any]:
        """Follow a subject, or, `muted`, hear nothing of it."""
        return dict(self._http.send("PUT", f"{subject_path(subject)}/watch", {"muted": muted}))

    def unwatch(self, subject: str) -> None:
        """End a watch."""
        self._http.send("DELETE", f"{subject_path(subject)}/watch")

    def activity(self, subject: str | None = None, *, limit: int = 100) -> list[dict[str, Any]]:
        """Return what happened to a subject, or to all that the token may see, newest first."""
        path = "/api/v1/activity" if subject is None else f"{subject_path(subject)}/activity"
        return list(self._http.get(path, limit=limit)["events"])


def subject_path(subject: str) -> str:
    """Return the path of a subject. Raises UnshelfError for a text that can name none, before any request is sent."""
    kind, separator, name = subject.partition("/")
    if not separator:
        kind, name = ("version" if ":" in subject or "@" in subject else "model"), subject
    if not kind or not name or "/" in name or name in (".", ".."):
        raise UnshelfError(
            f"{subject[:80]!a} names nothing.", code="invalid_reference",
            hint="Write NAME for a model, NAME:3 or NAME@champion for a version, and KIND/NAME for anything else: project/risk.",
        )  # fmt: skip
    return f"/api/v1/subjects/{quote(kind, safe='')}/{quote(name, safe=':@')}"
