"""Methods for environments: by name and by hash."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from unshelf.client.deploy import Report, follow
from unshelf.client.environments.archive import unpack
from unshelf.client.environments.sources import read_source
from unshelf.client.manage.methods import Methods
from unshelf.client.results import Event

_NAMES = "/api/v1/environments/names"
_BUILDS = "/api/v1/environments/builds"


class EnvironmentMethods(Methods):
    """Environments: exact sets of packages, and names whose versions they are."""

    def environments(self) -> list[dict[str, Any]]:
        """Return the environments and the versions that use them."""
        return self._list("/api/v1/environments", "environments")

    def environment(self, ref: str) -> dict[str, Any]:
        """Return an environment with its packages, its names, and who uses it. `ref`: NAME, NAME:3, a hash, or a model's version."""
        return dict(self._http.get(_reference(ref)))

    def environment_lock(self, ref: str) -> str:
        """Return the pylock.toml of an environment."""
        return self._http.respond("GET", f"{_reference(ref)}/lock").text

    def compare_environments(self, before: str, after: str) -> dict[str, Any]:
        """Return which packages were added, removed and changed between two environments."""
        return dict(self._http.get(f"{_reference(before)}/diff/{quote(after, safe='')}"))

    def export_environment(self, ref: str, folder: str | Path) -> list[str]:
        """Write the lock, the requirements with hashes, and wheels of all packages into a folder, from which the environment is built
        again without a network; returns the paths of the files. Raises UnshelfError."""
        target = Path(folder)
        target.mkdir(parents=True, exist_ok=True)
        with self._http.stream(
            "GET", f"{_reference(ref)}/archive", body=b"", kind="", accept="application/x-tar"
        ) as answer:
            return unpack(answer.iter_bytes(), target)

    def named_environments(
        self,
        *,
        project: str | None = None,
        curated: bool | None = None,
        deprecated: bool | None = None,
        in_use: bool | None = None,
    ) -> list[dict[str, Any]]:
        """Return the named environments, each with its latest version; None: whether or not."""
        asked = {"curated": curated, "deprecated": deprecated, "in_use": in_use}
        flags = {name: str(value).lower() for name, value in asked.items() if value is not None}
        return self._list(_NAMES, "environments", project=project, **flags)

    def named_environment(self, name: str) -> dict[str, Any]:
        """Return a named environment with its versions."""
        return dict(self._http.get(f"{_NAMES}/{quote(name, safe='')}"))

    def build_environment(
        self,
        name: str,
        packages: Sequence[str] = (),
        *,
        path: str | Path | None = None,
        base: str = "",
        version: str = "",
        python: str = "",
        project: str | None = None,
        curated: bool = False,
        notes: str = "",
        report: Report | None = None,
    ) -> dict[str, Any]:
        """Make the next version of a named environment and wait for it; returns `{"reference", "environment"}`.

        From requirements (`packages`), or a file of requirements or a lock (`path`); `base`, another environment, or `version`, that
        of a model: what requirements are added to, or, without any, the environment itself. Raises DeployFailed, with the step, and
        UnshelfError."""
        tell = report or (lambda _event: None)
        source = read_source(packages, None if path is None else Path(path))
        for note in source.notes:
            tell(Event(step="bundle", state="info", detail=note))
        body = {
            "name": name, "requirements": source.requirements, "constraints": source.constraints, "lock": source.lock,
            "python": python or source.python, "file": source.file, "base": base, "version": version,
            "project": project, "curated": curated, "notes": notes,
        }  # fmt: skip
        build = self._http.send("POST", _BUILDS, body)["id"]
        try:
            end = follow(self._http, f"{_BUILDS}/{build}", tell)
        except KeyboardInterrupt:
            self.cancel_environment_build(build)
            raise
        return {"reference": end["reference"], "environment": end["environment"]}

    def environment_builds(self, name: str | None = None) -> list[dict[str, Any]]:
        """Return the latest builds, the newest first."""
        return list(self._http.get(_BUILDS, name=name)["builds"])

    def cancel_environment_build(self, id: str) -> dict[str, Any]:
        """End a running build; nothing of it stays."""
        return dict(self._http.send("POST", f"{_BUILDS}/{quote(id, safe='')}/cancel"))

    def change_environment(
        self, name: str, *, notes: str | None = None, is_default: bool | None = None
    ) -> dict[str, Any]:
        """Change the notes of a named environment, or whether it is taken where nobody names one; None leaves a thing as it is."""
        return dict(
            self._http.send("PATCH", f"{_NAMES}/{quote(name, safe='')}", {"notes": notes, "is_default": is_default})
        )

    def deprecate_environment(
        self, name: str, version: int | None = None, *, note: str = "", successor: str = "", withdrawn: bool = False
    ) -> dict[str, Any]:
        """Say that a version, or all of it, should not be used any more; `withdrawn`: take that back."""
        wanted = {"version": version, "note": note, "successor": successor, "withdrawn": withdrawn}
        return dict(self._http.send("PATCH", f"{_NAMES}/{quote(name, safe='')}", {"deprecation": wanted}))

    def restrict_environment(
        self, name: str, *, groups: Sequence[str] = (), projects: Sequence[str] = (), restricted: bool = True
    ) -> dict[str, Any]:
        """Say that only these groups and projects may use a curated environment; `restricted=False`: everybody may."""
        body = {"restricted": restricted, "groups": list(groups), "projects": list(projects)}
        return dict(self._http.send("PUT", f"{_NAMES}/{quote(name, safe='')}/access", body))

    def delete_environment(self, name: str, version: int | None = None) -> None:
        """Delete a version of a named environment, or all of it. What uses an environment keeps it."""
        suffix = "" if version is None else f"?version={version}"
        self._http.send("DELETE", f"{_NAMES}/{quote(name, safe='')}{suffix}")


def _reference(ref: str) -> str:
    return f"/api/v1/environments/{quote(ref, safe='')}"
