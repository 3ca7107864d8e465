"""Client of one server: its whole API as methods."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from unshelf.client import deferred
from unshelf.client import deploy as deploying
from unshelf.client import predict as asking
from unshelf.client.bundling.bundle import Bundle, DeployOptions, bundle_model
from unshelf.client.bundling.folder import bundle_path
from unshelf.client.datasets.data_client import DataClient
from unshelf.client.datasets.deploy_data import data_of, with_recipe, with_rows
from unshelf.client.deferred import Deferred
from unshelf.client.deploy import Report
from unshelf.client.environments.chosen import with_environment
from unshelf.client.errors import InvalidModel, UnshelfError
from unshelf.client.http import Http
from unshelf.client.jobs.jobs_client import JobsClient
from unshelf.client.predict import Params
from unshelf.client.results import Answer, Deployed, Event
from unshelf.client.server_methods import ServerMethods
from unshelf.client.streaming import Stream
from unshelf.contracts.protocols.host import NOTE
from unshelf.contracts.references import NAME_RULE, InvalidReference, is_name, parse_reference


class Client(ServerMethods):
    """Speaks to one server. Safe to share between threads and processes (after a fork, or pickled); close it, or use it in a `with`.

    Methods return what the API answers as plain dicts and lists, and raise subclasses of UnshelfError."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        """`url`: else UNSHELF_URL, else http://127.0.0.1:8000. `token`: else UNSHELF_TOKEN, else this machine's admin-token."""
        self._http = Http(url, token)

    def __reduce__(self) -> tuple[Any, tuple[Http]]:
        """Pickle by address; see Http."""
        return _client_of, (self._http,)

    @property
    def url(self) -> str:
        """The server's address."""
        return self._http.url

    @property
    def is_publication_pending(self) -> bool:
        """Whether the server answered a change of this client with `X-Publication: pending`: stored, in force later."""
        return self._http.is_publication_pending

    @property
    def data(self) -> DataClient:
        """Datasets, and rows of whatever `data://` leads to."""
        return DataClient(self._http)

    @property
    def jobs(self) -> JobsClient:
        """Programs that run once on a tier of the server."""
        return JobsClient(self._http)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # Predictions

    def predict(self, ref: str, rows: Any, params: Params | None = None) -> Any:
        """Return one output per row. `rows`: a list, a NumPy array, a pandas or polars DataFrame, a dict of columns or tensors.
        `params`: values of the model's parameters, by name; those left out have their defaults.

        A pyarrow Table is answered with a pyarrow Table that has one column per output."""
        return self.answer(ref, rows, params).outputs

    def answer(self, ref: str, rows: Any, params: Params | None = None, *, as_rows: bool = False) -> Answer:
        """Predict, and return the outputs with the prediction's id, the version that answered, and the server's timings.

        `as_rows`: a list of outputs also for a pyarrow Table."""
        return asking.ask(self._http, f"{_model(ref, api='')}/predict", rows, params, as_rows=as_rows)

    def submit(self, ref: str, rows: Any, params: Params | None = None, *, as_rows: bool = False) -> Deferred:
        """Submit rows to be predicted later, however long it takes; return a handle at once.

        Rows and parameters as for `answer`. The prediction outlives this process and the server's; `reopen` finds it again by the
        handle's `url`."""
        return deferred.submit(self._http, f"{_model(ref, api='')}/predict", rows, params, as_rows=as_rows)

    def reopen(self, where: str, id: str | None = None) -> Deferred:
        """Return the handle of a submitted prediction, by its `url` or by the model's name and its `id`."""
        return deferred.reopen(self._http, where, id)

    def stream(self, ref: str, rows: Any, params: Params | None = None) -> Stream:
        """Stream the outputs of a model as it yields them; any other model gives all its outputs as one.

        Leaving the stream early ends the prediction."""
        return Stream(self._http, f"{_model(ref, api='')}/predict", rows, params)

    def predictions(
        self, ref: str, *, tail: int = 20, follow: bool = False, status: int | None = None, id: str | None = None,
        since: str | None = None,
    ) -> Iterator[dict[str, Any]]:  # fmt: skip
        """Yield the last `tail` recorded predictions, oldest first; with `follow`, also those to come. `id`: the one with this id.
        `since`: none from before, as `10m` or as ISO 8601."""
        asked = {"tail": tail, "follow": str(follow).lower(), "status": status, "id": id, "since": since}
        with self._http.lines(f"{_model(ref)}/predictions", **asked) as lines:
            yield from lines

    def output(
        self, ref: str, *, tail: int = 100, follow: bool = False, since: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the last `tail` lines that the model's programs wrote (`time`, `version`, `replica`, `text`), oldest first; with
        `follow`, also those to come. `since` as for `predictions`."""
        asked = {"tail": tail, "follow": str(follow).lower(), "since": since}
        with self._http.lines(f"{_model(ref)}/output", **asked) as lines:
            yield from lines

    def query(self, sql: str, *, model: str | None = None) -> dict[str, Any]:
        """Query the recorded predictions by one `select` from `predictions`: `columns`, `rows`, `truncated`, `seconds`."""
        return dict(self._http.send("POST", "/api/v1/predictions/query", {"sql": sql, "model": model}))

    # Deploying

    def deploy(
        self,
        model: Any,
        *,
        name: str | None = None,
        options: DeployOptions | None = None,
        release: bool | None = None,
        alias: str | None = None,
        project: str | None = None,
        report: Report | None = None,
        dry_run: bool = False,
        begun: Callable[[str], None] | None = None,
    ) -> Deployed:
        """Bundle, send and deploy a model, or the path of a folder or file; return when the version answers.

        `project`: the project that a new model belongs to, else what its unshelf.toml says, else `default`.
        `release`: True makes it live, False only registers it, None makes only a model's first version live. `dry_run`: end after
        the check, and register nothing. `begun` is called with the deploy's id once the server has taken it on: from then on it
        goes on without this client, unless `cancel_deploy` ends it.
        Raises InvalidModel when the model can't be bundled and DeployFailed, which names the step, when the server can't use it."""
        tell = report or _say_nothing
        recorder = _Recorder(tell)
        began = time.monotonic()
        given = with_recipe(model, options or DeployOptions())
        with tempfile.TemporaryDirectory(prefix="unshelf-") as staging, tempfile.TemporaryDirectory() as own:
            recorder(Event(step="bundle", state="started"))
            read, table = with_rows(self._http, model, given)
            bundle = _bundle(model, read, Path(staging))
            if read.environment is not None:
                bundle = with_environment(self._http, bundle, read.environment)
            data = data_of(self._http, given, read.baseline if table is None else table, bundle, Path(own))
            bundle.notes.extend(data.notes)
            chosen = _name_for(bundle, name, model)
            for note in bundle.notes:
                recorder(Event(step="bundle", state="info", detail=note))
            summary = f"{len(bundle.contents)} files, {deploying.human_size(bundle.size)}"
            recorder(Event(step="bundle", state="done", detail=summary, seconds=time.monotonic() - began))
            deploy_id = deploying.start(
                self._http, chosen, bundle.manifest, [*bundle.contents, *data.contents], recorder, release=release, alias=alias,
                limits=bundle.limits, dry_run=dry_run, project=project or bundle.project, data=data.fields,
            )  # fmt: skip
        if begun is not None:
            begun(deploy_id)
        end = deploying.follow(self._http, f"/api/v1/deploys/{deploy_id}", recorder)
        return self._deployed(
            chosen, end, deploy_id=deploy_id, seconds=time.monotonic() - began, steps=recorder.seconds,
            notes=[*bundle.notes, *recorder.notes], example=bundle.example,
        )  # fmt: skip

    def attach(self, deploy_id: str, *, report: Report | None = None) -> Deployed:
        """Follow a deploy from its first step to its end, as `deploy` does; also one that is over, or that another began.

        Raises NotFound and DeployFailed."""
        before = self.deploy_state(deploy_id)
        recorder = _Recorder(report or _say_nothing)
        end = deploying.follow(self._http, f"/api/v1/deploys/{deploy_id}", recorder)
        after = self.deploy_state(deploy_id)
        seconds = deploying.seconds_between(after["created_at"], after["ended_at"])
        return self._deployed(
            before["name"], end, deploy_id=deploy_id, seconds=seconds, steps=recorder.seconds, notes=recorder.notes
        )

    def deploys(
        self, *, state: str = "all", model: str | None = None, limit: int | None = None
    ) -> list[dict[str, Any]]:
        """Return deploys, the newest first. `state`: running, ended or all; `limit`: the most that are returned, else all."""
        asked = {"state": state, "model": model}
        if limit is not None:
            return list(self._http.get("/api/v1/deploys", **asked, limit=limit)["deploys"])
        return self._list("/api/v1/deploys", "deploys", **asked)

    def deploy_state(self, deploy_id: str) -> dict[str, Any]:
        """Return the state of a deploy."""
        return dict(self._http.get(f"/api/v1/deploys/{quote(deploy_id, safe='')}"))

    def cancel_deploy(self, deploy_id: str) -> dict[str, Any]:
        """End a running deploy and undo what it has done; return its state. `attach` waits until that is done. Raises Conflict
        when it is over, or its version released."""
        return dict(self._http.send("POST", f"/api/v1/deploys/{quote(deploy_id, safe='')}/cancel"))

    def _deployed(self, name: str, end: dict[str, Any], **more: Any) -> Deployed:
        live, found = bool(end["live"]), end.get("found")
        reference = name if found is not None else end["reference"]
        url = f"{self.url}/models/{name if live else reference}/predict"
        version = int(end["version"] or 0)
        return Deployed(reference=reference, name=name, version=version, live=live, url=url, found=found, **more)

    # Models

    def models(self, project: str | None = None) -> list[dict[str, Any]]:
        """Return all models that the token may see, or those of a project."""
        return self._list("/api/v1/models", "models", **({} if project is None else {"project": project}))

    def show(self, ref: str) -> dict[str, Any]:
        """Return a model, and the version that the reference names (NAME: the released one, else the latest)."""
        return dict(self._http.get(_model(ref)))

    def remove(self, ref: str) -> None:
        """Remove a version (`NAME:3`) or a model with all its versions (`NAME`). Numbers are never given again."""
        self._http.send("DELETE", _model(ref))

    def release(self, name: str, version: int, *, percent: float = 100) -> Any:
        """Give a version this share of the traffic that comes by name; the present versions keep the rest, in proportion."""
        return self._http.send("PUT", f"{_model(name)}/release", {"version": version, "percent": percent})

    def rollback(self, name: str) -> Any:
        """Go back to the release before this one."""
        return self._http.send("POST", f"{_model(name)}/rollback")

    def pause(self, ref: str) -> None:
        """Pause a model or version: it answers 503 in place of predictions until it is resumed."""
        self._http.send("POST", f"{_model(ref)}/pause")

    def resume(self, ref: str) -> None:
        """End a pause."""
        self._http.send("POST", f"{_model(ref)}/resume")

    def alias(self, name: str, alias: str, version: int) -> None:
        """Point `NAME@ALIAS` at a version."""
        self._http.send("PUT", f"{_model(name)}/aliases/{quote(alias, safe='')}", {"version": version})

    def remove_alias(self, name: str, alias: str) -> None:
        """Remove an alias."""
        self._http.send("DELETE", f"{_model(name)}/aliases/{quote(alias, safe='')}")

    def limit(self, name: str, limits: dict[str, float] | None) -> None:
        """Limit how much may be asked of a model by all callers together: `rate`, `burst`, `concurrency`. None: no limits."""
        path = f"{_model(name)}/limits"
        self._http.send("DELETE", path) if limits is None else self._http.send("PUT", path, limits)

    # Keys

    def create_key(
        self,
        name: str,
        *,
        role: str = "predict",
        project: str | None = None,
        models: list[str] | None = None,
        expires_in_seconds: float | None = None,
        limits: dict[str, float] | None = None,
    ) -> dict[str, Any]:
        """Make an API key; its `token` is shown in this answer and never again. `models`: glob patterns, None for all of
        `project`, or of all projects. `limits`: `rate`, `burst`, `concurrency`."""
        body: dict[str, Any] = {
            "name": name, "role": role, "models": models, "expires_in_seconds": expires_in_seconds,
        }  # fmt: skip
        if limits is not None:
            body["limits"] = limits
        if project is not None:
            body["project"] = project
        return dict(self._http.send("POST", "/api/v1/keys", body))

    def keys(self) -> list[dict[str, Any]]:
        """Return all keys, without their tokens."""
        return self._list("/api/v1/keys", "keys")

    def revoke_key(self, id: str) -> None:
        """Revoke a key, at once. Revoking one that is revoked is a no-op."""
        self._http.send("DELETE", f"/api/v1/keys/{quote(id, safe='')}")

    # The server

    def status(self) -> dict[str, Any]:
        """Return the server's version, uptime and counts."""
        return dict(self._http.get("/api/v1/status"))

    def whoami(self) -> dict[str, Any]:
        """Return the user or the key that the token belongs to."""
        return dict(self._http.get("/api/v1/whoami"))

    def machine(self) -> dict[str, Any]:
        """Return the machine's facts and the replicas that run on it."""
        return dict(self._http.get("/api/v1/machine"))


def _client_of(http: Http) -> Client:
    client = Client.__new__(Client)
    client._http = http
    return client


class _Recorder:
    """Passes events on and keeps the seconds of each step, and the server's notes."""

    def __init__(self, report: Callable[[Event], None]) -> None:
        self._report = report
        self.seconds: dict[str, float] = {}
        self.notes: list[str] = []

    def __call__(self, event: Event) -> None:
        if event.state == "info" and event.detail.startswith(NOTE):
            self.notes.append(event.detail.removeprefix(NOTE))
        if event.state == "done" and event.seconds is not None:
            self.seconds[event.step] = round(event.seconds, 4)
        self._report(event)


def _model(ref: str, *, api: str = "/api/v1") -> str:
    """Return the path of a reference. Raises UnshelfError for an invalid one, before any request is sent."""
    try:
        parse_reference(ref)
    except InvalidReference as error:
        raise UnshelfError(f"{error}.", code="invalid_reference", hint="Write NAME, NAME:3 or NAME@alias.") from error
    return f"{api}/models/{quote(ref, safe=':@')}"


def _bundle(model: Any, options: DeployOptions, staging: Path) -> Bundle:
    if isinstance(model, str | Path):
        return bundle_path(Path(model), options)
    return bundle_model(model, options, staging)


def _name_for(bundle: Bundle, name: str | None, model: Any) -> str:
    chosen = name or bundle.name
    if chosen is None and isinstance(model, str | Path):
        path = Path(model).resolve()
        chosen = (path.name if path.is_dir() else path.stem).lower().replace(" ", "-").replace("_", "-")
    if chosen is None:
        raise InvalidModel("The model needs a name.", hint='Give name="…": it becomes part of its address.')
    if not is_name(chosen):
        raise InvalidModel(
            f"{chosen!r} can't be a model's name: {NAME_RULE}.", hint="Give another with name= or --name."
        )
    return chosen


def _say_nothing(event: Event) -> None:
    """Ignore the event: no progress was asked for."""
