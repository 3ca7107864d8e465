"""Callers that ask without end, each in the way of some client, and keep what they heard."""

import threading
from collections.abc import Callable
from typing import Any, Protocol

import httpx

_PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.02


class Served(Protocol):
    """A server that callers can be let loose on."""

    @property
    def url(self) -> str:
        """The address it is reached at."""

    def key(self, **request: Any) -> str:
        """Return the token of a new API key."""


class SteadyLoad:
    """Asks one model from several threads, on kept connections and on new ones."""

    def __init__(
        self,
        platform: Served,
        model: str,
        rows: dict[str, Any],
        *,
        kept: int = 2,
        fresh: int = 1,
        until_stop: bool = False,
    ) -> None:
        """`kept`: callers that keep their connection; `fresh`: those that make one for each request.

        `until_stop`: the server is stopped meanwhile, so that a refusal in the documented way is no failure: 503 with Retry-After, or a
        connection that is not made, or closed before an answer begins. Whether what was refused was done all the same, its records tell."""
        self.answered: list[str] = []
        """The ids of the predictions that were answered."""
        self.failed: list[str] = []
        """The answers of others, and errors of connections."""
        self.refused: list[str] = []
        """Refusals of a server that is stopped."""
        self._until_stop = until_stop
        self._path, self._rows = f"{platform.url}/models/{model}/predict", rows
        self._headers = {"Authorization": f"Bearer {platform.key(models=[model])}"}
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._keep_asking) for _ in range(kept)]
        self._threads += [threading.Thread(target=self._ask_anew) for _ in range(fresh)]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Ask no more, and wait for the last answers."""
        self._ended.set()
        for thread in self._threads:
            thread.join(_PATIENCE_SECONDS)

    def _keep_asking(self) -> None:
        with httpx.Client(timeout=_PATIENCE_SECONDS) as client:
            while not self._ended.is_set():
                self._ask(client.post)

    def _ask_anew(self) -> None:
        while not self._ended.is_set():
            self._ask(httpx.post, timeout=_PATIENCE_SECONDS)

    def _ask(self, post: Callable[..., httpx.Response], **options: Any) -> None:
        try:
            answer = post(self._path, json=self._rows, headers=self._headers, **options)
        except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError) as error:
            self._refuse(repr(error))
            return
        except httpx.TransportError as error:
            self.failed.append(repr(error))
            return
        if answer.status_code == 200:
            self.answered.append(answer.json()["id"])
        elif answer.status_code == 503 and "retry-after" in answer.headers:
            self._refuse(f"503 {answer.text}")
        else:
            self.failed.append(f"{answer.status_code} {answer.text}")

    def _refuse(self, how: str) -> None:
        (self.refused if self._until_stop else self.failed).append(how)
        self._ended.wait(_PAUSE_SECONDS if self._until_stop else 0)
