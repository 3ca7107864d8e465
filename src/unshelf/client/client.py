"""The client: everything a server does, as methods."""

import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import quote

from unshelf.client import asking, deferred, deploying
from unshelf.client.answers import Answer, Deployed, Event
from unshelf.client.bundle import Bundle, Wishes, bundle_model
from unshelf.client.deferred import Deferred
from unshelf.client.deploying import Report
from unshelf.client.errors import InvalidModel, UnshelfError
from unshelf.client.folder import bundle_path
from unshelf.client.http import Http
from unshelf.client.streaming import Stream
from unshelf.contracts.references import NAME_RULE, InvalidReference, is_name, parse_reference


class Client:
    """Speaks to one server. Safe to share between threads; close it, or use it in a `with`.

    Methods return what the API answers as plain dicts and lists, and raise subclasses of UnshelfError."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        """`url`: else UNSHELF_URL, else http://127.0.0.1:8000. `token`: else UNSHELF_TOKEN, else this machine's admin-token."""
        self._http = Http(url, token)

    @property
    def url(self) -> str:
        """The server's address."""
        return self._http.url

    def close(self) -> None:
        """Hang up."""
        self._http.close()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # Predictions

    def predict(self, ref: str, rows: Any) -> Any:
        """One output a row. `rows`: a list, a NumPy array, a pandas or polars DataFrame, a dict of columns or tensors.

        A pyarrow Table is answered with a pyarrow Table of one column an output."""
        return self.answer(ref, rows).outputs

    def answer(self, ref: str, rows: Any, *, as_rows: bool = False) -> Answer:
        """Like `predict`, with the prediction's id, the version that answered, and the server's timings.

        `as_rows`: a list of outputs also for a pyarrow Table."""
        return asking.ask(self._http, f"{_model(ref, api='')}/predict", rows, as_rows=as_rows)

    def submit(self, ref: str, rows: Any, *, as_rows: bool = False) -> Deferred:
        """Have rows predicted later, however long it takes: returns at once, with a handle to what comes of it.

        Rows as for `answer`. It outlives this process and the server's; `reopen` finds it again by the handle's `url`."""
        return deferred.submit(self._http, f"{_model(ref, api='')}/predict", rows, as_rows=as_rows)

    def reopen(self, where: str, id: str | None = None) -> Deferred:
        """The handle of a submitted prediction: by its `url`, or by the model's name and its `id`."""
        return deferred.reopen(self._http, where, id)

    def stream(self, ref: str, rows: Any) -> Stream:
        """The outputs of a model that yields, each as it comes; of any other model, all of them as the only one.

        Leaving the stream early ends the prediction."""
        return Stream(self._http, f"{_model(ref, api='')}/predict", rows)

    def predictions(
        self, ref: str, *, tail: int = 20, follow: bool = False, status: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """The last `tail` recorded predictions, oldest first, and with `follow` those to come, for as long as it is asked."""
        flag = "true" if follow else "false"
        with self._http.lines(f"{_model(ref)}/predictions", tail=tail, follow=flag, status=status) as lines:
            yield from lines

    def query(self, sql: str, *, model: str | None = None) -> dict[str, Any]:
        """Ask the recorded predictions by one `select` from `predictions`: `columns`, `rows`, `truncated`, `seconds`."""
        return dict(self._http.send("POST", "/api/v1/predictions/query", {"sql": sql, "model": model}))

    # Deploying

    def deploy(
        self,
        model: Any,
        *,
        name: str | None = None,
        wishes: Wishes | None = None,
        release: bool | None = None,
        alias: str | None = None,
        report: Report | None = None,
    ) -> Deployed:
        """Bundle, send and deploy a model, or the path of a folder or file; returns when the version answers.

        `release`: True makes it live, False only registers it, None does as the policy says (a first version is live).
        Raises InvalidModel for what can't be bundled and DeployFailed, which names the step, when the server can't use it."""
        tell = report or _say_nothing
        wanted = wishes or Wishes()
        recorder = _Recorder(tell)
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="unshelf-") as staging:
            recorder(Event(step="bundle", state="started"))
            bundle = _bundle(model, wanted, Path(staging))
            chosen = _name_for(bundle, name, model)
            for note in bundle.notes:
                recorder(Event(step="bundle", state="info", detail=note))
            told = f"{len(bundle.contents)} files, {deploying.human_size(bundle.size)}"
            recorder(Event(step="bundle", state="done", detail=told, seconds=time.monotonic() - began))
            deploy_id = deploying.start(
                self._http, chosen, bundle.manifest, bundle.contents, recorder, release=release, alias=alias,
                limits=bundle.limits,
            )  # fmt: skip
        end = deploying.follow(self._http, deploy_id, recorder)
        live = bool(end["live"])
        return Deployed(
            reference=end["reference"],
            name=chosen,
            version=int(end["version"]),
            live=live,
            url=f"{self.url}/models/{chosen if live else end['reference']}/predict",
            deploy_id=deploy_id,
            seconds=time.monotonic() - began,
            steps=recorder.seconds,
            notes=bundle.notes,
            example=bundle.example,
        )

    def deploy_state(self, deploy_id: str) -> dict[str, Any]:
        """How a deploy goes or went."""
        return dict(self._http.get(f"/api/v1/deploys/{quote(deploy_id, safe='')}"))

    # Models

    def models(self) -> list[dict[str, Any]]:
        """All models that the token may see."""
        return list(self._http.get("/api/v1/models")["models"])

    def show(self, ref: str) -> dict[str, Any]:
        """A model, and the version that the reference names (NAME: the released one, else the latest)."""
        return dict(self._http.get(_model(ref)))

    def remove(self, ref: str) -> None:
        """Remove a version (`NAME:3`) or a model with all its versions (`NAME`). Numbers are never given again."""
        self._http.send("DELETE", _model(ref))

    def release(self, name: str, version: int, *, percent: float = 100) -> Any:
        """Give a version this share of the traffic that comes by name; the rest stays with the present ones, scaled."""
        return self._http.send("PUT", f"{_model(name)}/release", {"version": version, "percent": percent})

    def rollback(self, name: str) -> Any:
        """Go back to the release before this one."""
        return self._http.send("POST", f"{_model(name)}/rollback")

    def pause(self, ref: str) -> None:
        """Answer 503 in place of predictions, until it is resumed."""
        self._http.send("POST", f"{_model(ref)}/pause")

    def resume(self, ref: str) -> None:
        """End a pause."""
        self._http.send("POST", f"{_model(ref)}/resume")

    def alias(self, name: str, alias: str, version: int) -> None:
        """Point `NAME@ALIAS` at a version."""
        self._http.send("PUT", f"{_model(name)}/aliases/{quote(alias, safe='')}", {"version": version})

    def remove_alias(self, name: str, alias: str) -> None:
        """Forget an alias."""
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
        models: list[str] | None = None,
        expires_in_seconds: float | None = None,
        limits: dict[str, float] | None = None,
    ) -> dict[str, Any]:
        """Make an API key; its `token` is shown in this answer and never again. `models`: glob patterns, None for all.
        `limits`: `rate`, `burst`, `concurrency`."""
        body: dict[str, Any] = {
            "name": name, "role": role, "models": models, "expires_in_seconds": expires_in_seconds,
        }  # fmt: skip
        if limits is not None:
            body["limits"] = limits
        return dict(self._http.send("POST", "/api/v1/keys", body))

    def keys(self) -> list[dict[str, Any]]:
        """All keys, without their tokens."""
        return list(self._http.get("/api/v1/keys")["keys"])

    def revoke_key(self, id: str) -> None:
        """End a key now. Revoking one that is revoked is a no-op."""
        self._http.send("DELETE", f"/api/v1/keys/{quote(id, safe='')}")

    # The server

    def status(self) -> dict[str, Any]:
        """Version, uptime and counts."""
        return dict(self._http.get("/api/v1/status"))

    def whoami(self) -> dict[str, Any]:
        """The key that the token belongs to."""
        return dict(self._http.get("/api/v1/whoami"))

    def machine(self) -> dict[str, Any]:
        """The machine's facts and the replicas that run on it."""
        return dict(self._http.get("/api/v1/machine"))

    def audit(self, *, limit: int = 100) -> list[dict[str, Any]]:
        """Who did what, newest first."""
        return list(self._http.get("/api/v1/audit", limit=limit)["events"])

    def alerts(self, *, state: str = "open", model: str | None = None, limit: int = 100) -> list[dict[str, Any]]:
        """Detected problems, newest first: of one model, or all that concern the key. `state`: open, resolved or all."""
        asked = {"state": state, "limit": limit} | ({} if model is None else {"model": model})
        return list(self._http.get("/api/v1/alerts", **asked)["alerts"])

    def environments(self) -> list[dict[str, Any]]:
        """The environments and the versions that use them."""
        return list(self._http.get("/api/v1/environments")["environments"])

    def environment_lock(self, hash: str) -> str:
        """The pylock.toml of an environment."""
        return self._http.respond("GET", f"/api/v1/environments/{quote(hash, safe='')}/lock").text


class _Recorder:
    """Passes events on and keeps how long each step took."""

    def __init__(self, report: Callable[[Event], None]) -> None:
        self._report = report
        self.seconds: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        if event.state == "done" and event.seconds is not None:
            self.seconds[event.step] = round(event.seconds, 4)
        self._report(event)


def _model(ref: str, *, api: str = "/api/v1") -> str:
    """The path of a reference; a wrong one is told here, before a request is made of it."""
    try:
        parse_reference(ref)
    except InvalidReference as error:
        raise UnshelfError(f"{error}.", code="invalid_reference", hint="Write NAME, NAME:3 or NAME@alias.") from error
    return f"{api}/models/{quote(ref, safe=':@')}"


def _bundle(model: Any, wishes: Wishes, staging: Path) -> Bundle:
    if isinstance(model, str | Path):
        return bundle_path(Path(model), wishes)
    return bundle_model(model, wishes, staging)


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
    """For those who want no progress."""
