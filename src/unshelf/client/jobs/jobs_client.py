"""Jobs of a server: run a script, follow it, read what it left."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from unshelf.client.deploy import Report, upload
from unshelf.client.errors import UnshelfError
from unshelf.client.http import Http
from unshelf.client.jobs.code import JobCode, read_code
from unshelf.client.results import Event

_NOT_IN_VARIABLES = re.compile(r"[^A-Z0-9]+")


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """How a job is run; what is left out is the server's to choose."""

    project: str = "default"
    name: str = ""
    tier: str = "small"
    environment: str | None = None
    """A named environment or a hash; None: the packages that the folder asks for, else the server's default one."""
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    data: Sequence[str] = ()
    """References to datasets, `data://NAME@VERSION`, or `VARIABLE=data://…`."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    network: Sequence[str] = ()
    """Places that the program may connect to."""
    time_limit: float | None = None
    retries: int = 0
    priority: int = 0
    after: Sequence[str] = ()
    copies: int | None = None


class JobsClient:
    """Runs jobs and tells of them."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def run(
        self,
        script: str | Path,
        arguments: Sequence[str] = (),
        *,
        options: JobOptions | None = None,
        folder: str | Path | None = None,
        alone: bool = False,
        report: Report | None = None,
    ) -> list[str]:
        """Send a script with its folder and have it run; returns the ids of the jobs, one unless `copies` are wanted.

        `alone`: the script is sent without what lies beside it. Raises UnshelfError."""
        chosen = options or JobOptions()
        code = read_code(Path(script), None if folder is None else Path(folder), alone=alone)
        tell = report or _say_nothing
        for note in code.notes:
            tell(Event(step="bundle", state="info", detail=note))
        upload(self._http, code.contents, tell, project=chosen.project)
        return list(self._http.send("POST", "/api/v1/jobs", _body(code, arguments, chosen))["ids"])

    def recent(self, *, limit: int = 50, **wanted: Any) -> list[dict[str, Any]]:
        """Return the last jobs that the token may see. `wanted`: `project`, `state`, `tier`, `array`, `by`."""
        return list(self._http.get("/api/v1/jobs", limit=limit, **wanted)["jobs"])

    def show(self, job: str) -> dict[str, Any]:
        """Return a job with its attempts."""
        return dict(self._http.get(_path(job)))

    def events(self, job: str, *, output: bool = True) -> Iterator[dict[str, Any]]:
        """Yield what happens to a job, from its beginning to its end."""
        with self._http.lines(f"{_path(job)}/events", output=str(output).lower()) as lines:
            yield from lines

    def wait(self, job: str) -> dict[str, Any]:
        """Wait for the end of a job and return it."""
        for _ in self.events(job, output=False):
            pass
        return self.show(job)

    def output(self, job: str, *, attempt: int | None = None) -> str:
        """Return what a job printed so far."""
        asked = "" if attempt is None else f"?attempt={attempt}"
        return self._http.respond("GET", f"{_path(job)}/output{asked}").text

    def file(self, job: str, path: str) -> bytes:
        """Return a file that a job left."""
        return bytes(self._http.respond("GET", f"{_path(job)}/files?path={quote(path, safe='')}").content)

    def download(self, job: str, folder: str | Path, paths: Sequence[str] | None = None) -> list[Path]:
        """Fetch the files that a job left, or some of them, into a folder; returns where they are."""
        root = Path(folder)
        runs = self.show(job)["runs"]
        present = [file["path"] for file in runs[-1]["files"]] if runs else []
        found = []
        for path in present if paths is None else paths:
            place = root / path
            if not place.resolve().is_relative_to(root.resolve()):
                raise UnshelfError(f"{path!r} leads out of the folder.", code="invalid_input")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(self.file(job, path))
            found.append(place)
        return found

    def cancel(self, job: str) -> dict[str, Any]:
        """End a job."""
        return dict(self._http.send("POST", f"{_path(job)}/cancel"))

    def retry(self, job: str) -> dict[str, Any]:
        """Try a job once more that did not succeed."""
        return dict(self._http.send("POST", f"{_path(job)}/retry"))

    def clone(self, job: str, **changes: Any) -> str:
        """Run a changed copy of a job, and return its id. `changes`: as the API takes them, such as `tier` and `parameters`."""
        return str(self._http.send("POST", f"{_path(job)}/clone", changes)["ids"][0])


def _body(code: JobCode, arguments: Sequence[str], chosen: JobOptions) -> dict[str, Any]:
    body: dict[str, Any] = {
        "project": chosen.project, "name": chosen.name, "tier": chosen.tier, "command": [code.script, *arguments],
        "files": [msgspec.to_builtins(content.entry) for content in code.contents], "variables": dict(chosen.variables),
        "secrets": list(chosen.secrets), "inputs": [_input(each) for each in chosen.data],
        "parameters": dict(chosen.parameters), "retries": chosen.retries, "priority": chosen.priority,
        "after": list(chosen.after), "copies": chosen.copies, "network": {"allow": list(chosen.network)},
        "key": secrets.token_hex(16),
    }  # fmt: skip
    if chosen.time_limit is not None:
        body["time_limit"] = chosen.time_limit
    return body | ({"environment": chosen.environment} if chosen.environment is not None else dict(code.environment))


def _input(text: str) -> dict[str, str]:
    """Read `data://NAME@3` or `VARIABLE=data://NAME@3`."""
    variable, equals, reference = text.partition("=")
    if not equals:
        reference = text
        name = reference.partition("://")[2].partition("@")[0].partition("/")[0]
        variable = _NOT_IN_VARIABLES.sub("_", name.upper()).strip("_")
    return {"reference": reference, "variable": f"UNSHELF_DATA_{variable.removeprefix('UNSHELF_DATA_')}"}


def _path(job: str) -> str:
    return f"/api/v1/jobs/{quote(job, safe='')}"


def _say_nothing(event: Event) -> None:
    """Ignore the event: no progress was asked for."""
