"""Predictions that are answered later: a handle to ask how they stand, to wait for them and to cancel them."""

import time
from typing import Any
from urllib.parse import quote, urlsplit

import httpx

from unshelf.client import predict as asking
from unshelf.client.data.data_types import kind_of
from unshelf.client.errors import NotFinished, UnshelfError, from_problem
from unshelf.client.http import Http
from unshelf.client.results import Answer

FINISHED = frozenset({"succeeded", "failed", "cancelled"})
_FIRST_PAUSE = 0.05
_LONGEST_PAUSE = 2.0


class Deferred:
    """A prediction that was accepted to be answered later. It lives on the server: this is only a way to it."""

    def __init__(self, http: Http, path: str, answered: httpx.Response | None = None) -> None:
        self._http = http
        self._path = path
        self._answered = answered

    @property
    def url(self) -> str:
        """Where it is found again, also by another process: `Client.reopen(url)`. Empty when it was answered at once."""
        return f"{self._http.url}{self._path}" if self._path else ""

    @property
    def id(self) -> str:
        """The prediction's id; empty when it was answered at once."""
        return self._path.rpartition("/")[2]

    def status(self) -> dict[str, Any]:
        """How it stands: `status` (queued, running, succeeded, failed, cancelled), times, and once it is finished
        `prediction_id` with `outputs` or `problem`. Raises NotFound when it is kept no longer."""
        if self._answered is not None:
            answer = asking.answer_of(self._answered)
            return {
                "id": "", "model": answer.model, "version": answer.version, "status": "succeeded",
                "prediction_id": answer.id, "outputs": answer.outputs,
            }  # fmt: skip
        return dict(self._http.get(self._path))

    def result(self, timeout: float | None = None) -> Any:
        """Return the outputs, as `Client.predict` gives them; waits for them, at most `timeout` seconds.

        Raises what `Client.predict` would have raised, `code="cancelled"` when it was cancelled, and NotFinished when
        `timeout` is over: it goes on meanwhile."""
        return self.answer(timeout).outputs

    def answer(self, timeout: float | None = None) -> Answer:
        """Like `result`, with the prediction's id, the version that answered, and the server's timings."""
        found = self.wait(timeout)
        if "problem" in found:
            raise from_problem(found["problem"]["status"], found["problem"])
        return asking.answer_of(self._answered or self._http.respond("GET", f"{self._path}/answer"))

    def wait(self, timeout: float | None = None) -> dict[str, Any]:
        """Return the status once it is finished. Raises NotFinished after `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        pause = _FIRST_PAUSE
        while True:
            found = self.status()
            if found["status"] in FINISHED:
                return found
            left = pause if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise NotFinished(
                    f"After {timeout:g} seconds the prediction is still {found['status']}.",
                    hint="It goes on: ask for its result again later, or cancel it.", id=self.id,
                )  # fmt: skip
            time.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)

    def cancel(self) -> bool:
        """End it, or, when it is finished, have its answer kept no longer; whether it was ended before it was finished."""
        if self._answered is not None:
            return False
        answer = self._http.call("DELETE", self._path)
        return answer is not None and answer["status"] not in ("succeeded", "failed")

    def __repr__(self) -> str:
        return f"<Deferred {self.url or 'answered at once'}>"


def submit(http: Http, path: str, rows: Any, params: asking.Params | None, *, as_rows: bool) -> Deferred:
    """Have rows predicted later. Raises UnshelfError for what can be refused at once."""
    if kind_of(rows) == "arrow_table":
        response = asking.post_table(http, path, rows, params, as_rows=as_rows, prefer="respond-async")
    else:
        response = asking.post_rows(http, path, rows, params, prefer="respond-async")
    if response.status_code != httpx.codes.ACCEPTED:
        return Deferred(http, "", response)  # the server does not keep what this model's owner has redacted
    return Deferred(http, response.headers["Location"])


def reopen(http: Http, where: str, id: str | None = None) -> Deferred:
    """Return the handle of what was submitted before: by its address, or by a model's name and the id."""
    if id is not None:
        return Deferred(http, f"/models/{quote(where, safe='')}/predictions/{quote(id, safe='')}")
    parts = urlsplit(where)
    if (parts.scheme and f"{parts.scheme}://{parts.netloc}" != http.url) or "/predictions/" not in parts.path:
        raise UnshelfError(
            f"{where[:200]!r} is no address of a deferred prediction at {http.url}.", code="invalid_url",
            hint="It looks like /models/NAME/predictions/ID.",
        )  # fmt: skip
    return Deferred(http, parts.path)
