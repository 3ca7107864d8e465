"""HTTP to one server: its address, the token, retries of what may be repeated, and problems turned into exceptions."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec

from unshelf.client.errors import Unavailable, Unreachable, UnshelfError, from_problem, unreachable_hint
from unshelf.client.login.address import find_token, find_url, is_loopback

ATTEMPTS = 4
_PAUSE_SECONDS = 0.2
_LONGEST_PAUSE_SECONDS = 2.0
_IDEMPOTENT = frozenset({"GET", "PUT", "DELETE"})
_TIMEOUT = httpx.Timeout(connect=5.0, read=60.0, write=300.0, pool=5.0)
# The server ends a prediction at the model's own deadline (at most an hour) and a deploy step at its own; not the client.
_PATIENT = httpx.Timeout(connect=5.0, read=3700.0, write=300.0, pool=5.0)

PARAMS_HEADER = "Unshelf-Params"

Body = bytes | Callable[[], Iterable[bytes]]
"""A request's body; a callable is called again for each attempt."""


class Http:
    """A connection pool to one server. Safe to share between threads, after a fork, and pickled into other processes."""

    def __init__(self, url: str | None = None, token: str | None = None) -> None:
        """Raises UnshelfError for an impossible address and Unauthenticated when no token is found."""
        self._given_token = token
        self.url = find_url(url)
        self._token = find_token(self.url, token)
        self.is_publication_pending = False
        """Whether an answer said that its change is stored, but not in force at the gateways yet."""
        self._pool = self._new_pool()
        self._owner = os.getpid()

    def __reduce__(self) -> tuple[type["Http"], tuple[str, str | None]]:
        """Pickle the address, and the token only if one was given: else the other process finds its own."""
        return Http, (self.url, self._given_token)

    @property
    def _client(self) -> httpx.Client:
        """The pool of this process. A child after a fork gets its own: on a shared connection it would read its siblings' answers.

        The parent's pool is left alone there: closing it could end connections that the parent still uses."""
        if self._owner != os.getpid():
            self._pool, self._owner = self._new_pool(), os.getpid()
        return self._pool

    def _new_pool(self) -> httpx.Client:
        # A proxy has no business between this machine and itself, and plain http needs no certificates (20 ms to load).
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Bearer {self._token}"},
            timeout=_TIMEOUT,
            trust_env=not is_loopback(self.url),
            verify=self.url.startswith("https:"),
        )

    def close(self) -> None:
        """Close the connections."""
        if self._owner == os.getpid():
            self._pool.close()

    def get(self, path: str, **params: Any) -> Any:
        """Send a GET and return the JSON answer; parameters that are None are left out."""
        return self.call("GET", path, params={name: value for name, value in params.items() if value is not None})

    def send(self, method: str, path: str, body: Any = None) -> Any:
        """Send `body` as JSON and return the JSON answer (None for an empty one)."""
        return self.call(
            method, path, body=None if body is None else msgspec.json.encode(body), kind="application/json"
        )

    def call(
        self, method: str, path: str, *, body: Body | None = None, kind: str = "", params: dict[str, Any] | None = None
    ) -> Any:
        """Send a request and return the JSON answer, with retries where the method may be repeated. Raises UnshelfError."""
        return _decode(self.respond(method, path, body=body, kind=kind, params=params))

    def respond(
        self,
        method: str,
        path: str,
        *,
        body: Body | None = None,
        kind: str = "",
        size: int | None = None,
        params: dict[str, Any] | None = None,
        patient: bool = False,
        accept: str = "",
        prefer: str = "",
        unshelf_params: str = "",
    ) -> httpx.Response:
        """Send a request and return the whole answer, always a 2xx. `size`: the length of a body sent in pieces;
        `unshelf_params`: a prediction's parameters, where the body has no place for them. Raises UnshelfError."""
        headers = {"Content-Type": kind} if kind else {}
        if accept:
            headers["Accept"] = accept
        if prefer:
            headers["Prefer"] = prefer
        if unshelf_params:
            headers[PARAMS_HEADER] = unshelf_params
        if size is not None:
            headers["Content-Length"] = str(size)
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS or method not in _IDEMPOTENT
            try:
                response = self._client.request(
                    method,
                    path,
                    content=body() if callable(body) else body,
                    headers=headers,
                    params=params,
                    timeout=_PATIENT if patient else _TIMEOUT,
                )
            except httpx.HTTPError as error:
                if last or isinstance(error, httpx.ConnectError):
                    raise self._failure(error) from error
                time.sleep(_PAUSE_SECONDS * attempt)
                continue
            if response.is_success:
                if response.headers.get("X-Publication") == "pending":
                    self.is_publication_pending = True
                return response
            if last or response.status_code not in (502, 503):
                raise problem_of(response)
            time.sleep(_retry_after(response) or _PAUSE_SECONDS * attempt)
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def lines(self, path: str, **params: Any) -> Iterator[Iterator[Any]]:
        """Yield the values of a JSON-lines answer as they come. Raises UnshelfError, also when the stream breaks."""
        wanted = {name: value for name, value in params.items() if value is not None}
        try:
            with self._client.stream("GET", path, params=wanted, timeout=_PATIENT) as response:
                if not response.is_success:
                    response.read()
                    raise problem_of(response)
                yield (msgspec.json.decode(line) for line in response.iter_lines() if line)
        except httpx.HTTPError as error:
            raise self._failure(error) from error

    @contextmanager
    def stream(
        self, method: str, path: str, *, body: bytes, kind: str, accept: str, unshelf_params: str = ""
    ) -> Iterator[httpx.Response]:
        """Yield a 2xx answer whose body is read as it comes. Raises UnshelfError, also when it breaks off."""
        headers = {"Content-Type": kind, "Accept": accept}
        if unshelf_params:
            headers[PARAMS_HEADER] = unshelf_params
        try:
            with self._client.stream(method, path, content=body, headers=headers, timeout=_PATIENT) as response:
                if not response.is_success:
                    response.read()
                    raise problem_of(response)
                yield response
        except httpx.HTTPError as error:
            raise self._failure(error) from error

    def _failure(self, error: httpx.HTTPError) -> UnshelfError:
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return Unreachable(
                f"No server at {self.url}: {error}.",
                hint=unreachable_hint(error, "Start one with `unshelf up`, or set UNSHELF_URL to where one runs."),
            )
        if isinstance(error, httpx.TimeoutException):
            return Unavailable(
                f"{self.url} did not answer in time.", hint="Try again; `unshelf doctor` shows how it does."
            )
        return Unreachable(
            f"The connection to {self.url} broke: {str(error) or type(error).__name__}.",
            hint="Try again; if it goes on, look at what `unshelf up` prints.",
        )


def problem_of(response: httpx.Response) -> UnshelfError:
    """Return the exception for an error answer, whether or not its body is a problem+json."""
    try:
        problem = msgspec.json.decode(response.content, type=dict[str, Any])
    except msgspec.DecodeError:
        problem = {"title": f"The server answered {response.status_code} {response.reason_phrase}."}
    return from_problem(response.status_code, problem)


def _decode(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return msgspec.json.decode(response.content)
    except msgspec.DecodeError as error:
        raise UnshelfError(
            f"{response.request.url} answered something that is not JSON.",
            hint="Is UNSHELF_URL the address of an Unshelf server?",
            code="not_unshelf",
        ) from error


def _retry_after(response: httpx.Response) -> float | None:
    text = response.headers.get("Retry-After", "")
    return min(float(text), _LONGEST_PAUSE_SECONDS) if text.isdecimal() else None
