"""Jobs of a server: run a script, follow it, read what it left."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec

from unshelf.client.deploy import Report, upload
from unshelf.client.errors import UnshelfError
from unshelf.client.http import Http
from unshelf.client.jobs.code import JobCode, read_code
from unshelf.client.jobs.function_code import FunctionCall, read_function
from unshelf.client.jobs.inputs import input_of
from unshelf.client.jobs.values import fetch_value
from unshelf.client.results import Event


@dataclass(frozen=True, kw_only=True)
class JobOptions:
    """How a job is run; what is left out is the server's to choose."""

    project: str = "default"
    name: str = ""
    tier: str | None = None
    """None: that of the folder's `unshelf.toml`, else `small`."""
    environment: str | None = None
    """A named environment or a hash; None: the packages that the folder asks for, else the server's default one."""
    variables: Mapping[str, str] = field(default_factory=dict)
    secrets: Sequence[str] = ()
    data: Sequence[str] = ()
    """Data that it reads: `data://NAME@VERSION`, `data://CONNECTION/PATH` or `NAME=data://…`, and what another job left, `NAME=job://ID/PATH`."""
    outputs: Sequence[str] = ()
    """`NAME=PATH`: what the program leaves at a path in its outputs folder becomes a version of the dataset NAME."""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    network: Sequence[str] = ()
    """Places that the program may connect to."""
    time_limit: float | None = None
    retries: int = 0
    priority: int = 0
    after: Sequence[str] = ()
    copies: int | None = None


@dataclass(frozen=True, kw_only=True)
class GitCode:
    """Code that stays in its repository: the server fetches it, by the project's network rules."""

    url: str
    ref: str = ""
    """A branch, tag or commit; empty: the default branch."""
    folder: str = ""
    """The folder in it that the program is started in."""
    secret: str = ""
    """The project's secret with a token, or USER:PASSWORD."""


def read_git(text: str, *, folder: str = "", secret: str = "") -> GitCode:
    """Read `URL` or `URL@REF`. Raises UnshelfError."""
    scheme, separator, rest = text.partition("://")
    if not separator:
        raise UnshelfError(
            f"{text!r} is no address of a repository.", hint="Write https://HOST/PATH.git[@REF].", code="invalid_input"
        )
    host, slash, path = rest.partition("/")
    path, _, ref = path.partition("@")
    return GitCode(url=f"{scheme}://{host}{slash}{path}", ref=ref, folder=folder, secret=secret)


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
        code = read_code(Path(script), None if folder is None else Path(folder), alone=alone)
        return self._submit(code, arguments, options or JobOptions(), report)

    def call(
        self,
        target: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        options: JobOptions | None = None,
        folder: str | Path | None = None,
        values: Mapping[str, str] | None = None,
        report: Report | None = None,
    ) -> str:
        """Send the function `FILE.py:NAME` with its folder and have it called with these arguments; returns the id of the job.

        Arguments are JSON values, data frames, arrays and files; `values`: argument → reference to the value of another job, such as
        `job://ID/value`. Of the data among the options, what has the name of an argument is given as a path. Raises UnshelfError."""
        chosen = options or JobOptions()
        references = [f"{name}={reference}" for name, reference in (values or {}).items()]
        wanted = FunctionCall(target=target, arguments=arguments or {}, values=values or {}, data=chosen.data)
        with read_function(wanted, None if folder is None else Path(folder)) as (code, command, plain):
            known = replace(
                chosen, data=[*chosen.data, *references], parameters={**plain, **chosen.parameters},
                name=chosen.name or target.rpartition(":")[2],
            )  # fmt: skip
            return self._submit(code, command, known, report)[0]

    def value(self, job: str, folder: str | Path | None = None) -> Any:
        """Wait for the end of a job that is a function, and return its value. Nothing is unpickled.

        Files are fetched into `folder`, a temporary one unless given, and returned as paths there. Raises UnshelfError where the job
        did not succeed or left no value."""
        return fetch_value(self.wait(job), lambda path: self.file(job, path), None if folder is None else Path(folder))

    def _submit(self, code: JobCode, arguments: Sequence[str], chosen: JobOptions, report: Report | None) -> list[str]:
        tell = report or _say_nothing
        for note in code.notes:
            tell(Event(step="bundle", state="info", detail=note))
        upload(self._http, code.contents, tell, project=chosen.project)
        return list(self._http.send("POST", "/api/v1/jobs", _body(code, arguments, chosen))["ids"])

    def run_git(
        self, source: GitCode, script: str, arguments: Sequence[str] = (), *, options: JobOptions | None = None
    ) -> list[str]:
        """Have a script of a repository run; returns the ids of the jobs. The commit is recorded. Raises UnshelfError."""
        chosen = options or JobOptions()
        body = _body(JobCode(contents=[], script=script), arguments, chosen)
        del body["files"]
        body["git"] = {"url": source.url, "ref": source.ref, "folder": source.folder, "secret": source.secret}
        return list(self._http.send("POST", "/api/v1/jobs", body)["ids"])

    def git_refs(self, url: str, *, project: str = "default", secret: str = "") -> dict[str, Any]:
        """Return the branches and tags of a repository, and its default branch."""
        body = {"url": url, "project": project, "secret": secret}
        return dict(self._http.send("POST", "/api/v1/jobs/git/refs", body))

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
        "project": chosen.project, "name": chosen.name, "tier": chosen.tier or code.tier or "small", "command": [code.script, *arguments],
        "files": [msgspec.to_builtins(content.entry) for content in code.contents], "variables": {**code.variables, **chosen.variables},
        "secrets": list(chosen.secrets), "inputs": [input_of(each) for each in chosen.data],
        "outputs": [_output(each) for each in chosen.outputs],
        "parameters": dict(chosen.parameters), "retries": chosen.retries, "priority": chosen.priority,
        "after": list(chosen.after), "copies": chosen.copies, "network": {"allow": list(chosen.network)},
        "key": secrets.token_hex(16),
    }  # fmt: skip
    if chosen.time_limit is not None:
        body["time_limit"] = chosen.time_limit
    return body | ({"environment": chosen.environment} if chosen.environment is not None else dict(code.environment))


def _output(text: str) -> dict[str, str]:
    """Read `NAME=PATH`."""
    name, equals, path = text.partition("=")
    if not equals or not path:
        raise UnshelfError(
            f"{text!r} is no output.", code="invalid_input", hint="Write NAME=PATH, or NAME=. for all files."
        )
    return {"name": name.removeprefix("data://"), "path": path}


def _path(job: str) -> str:
    return f"/api/v1/jobs/{quote(job, safe='')}"


def _say_nothing(event: Event) -> None:
    """Ignore the event: no progress was asked for."""
