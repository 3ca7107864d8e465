"""Pipelines of a server: keep them, run them, follow what they do."""

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from unshelf.client.bundling.files import BundleSource
from unshelf.client.deploy import Report, upload
from unshelf.client.errors import UnshelfError
from unshelf.client.http import Http
from unshelf.client.results import Event

_PIPELINES, _RUNS = "/api/v1/pipelines", "/api/v1/pipeline-runs"
_LOOK_SECONDS = 0.5
Facts = list[dict[str, Any]]
"""Items of a list, as the API answers them."""


@dataclass(frozen=True, kw_only=True)
class PipelineCode:
    """A pipeline to send."""

    definition: Mapping[str, Any]
    contents: Sequence[BundleSource]
    notes: Sequence[str] = ()
    """Decisions for people to see."""


class PipelinesClient:
    """Keeps pipelines and runs them."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def keep(self, code: PipelineCode, report: Report | None = None) -> dict[str, Any]:
        """Send a pipeline with its files, and keep it as its name's next version unless the latest is the same."""
        tell = report or _say_nothing
        for note in code.notes:
            tell(Event(step="bundle", state="info", detail=note))
        upload(self._http, list(code.contents), tell, project=str(code.definition["project"]))
        files = [msgspec.to_builtins(each.entry) for each in code.contents]
        return dict(self._http.send("POST", _PIPELINES, {**code.definition, "files": files}))

    def list(self, *, project: str | None = None, name: str | None = None) -> Facts:
        """Return the pipelines that the token may see, by name, with their last runs."""
        asked = {key: value for key, value in (("project", project), ("name", name)) if value is not None}
        return [dict(each) for each in self._http.get(_PIPELINES, limit=1000, **asked)["pipelines"]]

    def find(self, text: str, *, project: str | None = None) -> dict[str, Any]:
        """Return a pipeline by its id or its name. Raises UnshelfError where there is none, or more than one."""
        named = self.list(project=project, name=text) if text.isidentifier() else []
        if len(named) > 1:
            raise UnshelfError(
                f"{len(named)} projects have a pipeline {text!r}.",
                code="invalid_input",
                hint="Name its project, or give its id.",
            )
        return named[0] if named else self.show(text)

    def show(self, pipeline: str, *, version: int | None = None) -> dict[str, Any]:
        """Return a pipeline by its id, with a version, the latest unless one is given."""
        asked = {} if version is None else {"version": version}
        return dict(self._http.get(f"{_PIPELINES}/{quote(pipeline, safe='')}", **asked))

    def delete(self, pipeline: str) -> None:
        """Delete a pipeline that does not run, with its runs."""
        self._http.send("DELETE", f"{_PIPELINES}/{quote(pipeline, safe='')}")

    def begin(
        self, pipeline: str, parameters: Mapping[str, Any] | None = None, *, version: int | None = None, fresh: bool = False,
        parent: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Begin a run of a pipeline by its id, and return it."""
        body = {
            "parameters": dict(parameters or {}), "version": version, "fresh": fresh, "parent": parent, "key": secrets.token_hex(16)
        }  # fmt: skip
        return dict(self._http.send("POST", f"{_PIPELINES}/{quote(pipeline, safe='')}/runs", body))

    def runs(self, *, limit: int = 50, **wanted: str) -> Facts:
        """Return the last runs that the token may see. `wanted`: `project`, `pipeline` (an id), `state`."""
        return [dict(each) for each in self._http.get(_RUNS, limit=limit, **wanted)["runs"]]

    def run(self, id: str) -> dict[str, Any]:
        """Return a run with its steps."""
        return dict(self._http.get(f"{_RUNS}/{quote(id, safe='')}"))

    def cancel(self, id: str) -> dict[str, Any]:
        """Cancel a run as a whole."""
        return dict(self._http.send("POST", f"{_RUNS}/{quote(id, safe='')}/cancel"))

    def resume(self, id: str) -> dict[str, Any]:
        """Have a run go on from what failed, was rejected or was cancelled."""
        return dict(self._http.send("POST", f"{_RUNS}/{quote(id, safe='')}/resume"))

    def wait(self, id: str, watch: Callable[[dict[str, Any]], None] = lambda _: None) -> dict[str, Any]:
        """Wait for the end of a run, and return it. `watch` is called with each state of it."""
        shown = None
        while True:
            run = self.run(id)
            if run != shown:
                watch(run)
                shown = run
            if run["state"] != "running":
                return run
            time.sleep(_LOOK_SECONDS)


def _say_nothing(event: Event) -> None:
    """Ignore the event: no progress was asked for."""
