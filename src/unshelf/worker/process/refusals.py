"""Refused connections in the model's own words: an error says what grants the connection, and the host hears of it.

The walls are the host's (docs/concepts/sandbox.md), and hold for what never comes by here: what a model's native code connects to."""

import errno
import socket
import time
from collections.abc import Callable
from typing import Any

_REFUSED = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EADDRNOTAVAIL, errno.ECONNREFUSED, errno.EACCES})
NOT_GRANTED = "is not granted to this model"
_AGAIN_SECONDS = 60.0
_MOST_TOLD = 100
_ADDRESS_PARTS = 2


def explain_refusals(granted: "list[str]", model: str, tell: Callable[[str], None]) -> None:
    """Have Python's sockets say what grants a connection that failed, and `tell` of its place, at most once a minute for each."""
    refusals = _Refusals(granted, model, tell)
    resolve, connect, connect_ex = socket.getaddrinfo, socket.socket.connect, socket.socket.connect_ex

    def getaddrinfo(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        try:
            found = resolve(host, port, *more, **named)
        except OSError as error:
            refusals.explain(error, host, port)
            raise
        refusals.remember(host, [str(place[0]) for *_, place in found])
        return found

    def connect_and_explain(self: socket.socket, address: Any, /) -> None:
        try:
            connect(self, address)
        except OSError as error:
            if error.errno in _REFUSED and _is_internet(address):
                refusals.explain(error, *address[:_ADDRESS_PARTS])
            raise

    def connect_ex_and_tell(self: socket.socket, address: Any, /) -> int:
        number = connect_ex(self, address)
        if number in _REFUSED and _is_internet(address):
            refusals.explain(None, *address[:_ADDRESS_PARTS])
        return number

    socket.getaddrinfo = getaddrinfo
    socket.socket.connect = connect_and_explain  # type: ignore[method-assign, assignment]
    socket.socket.connect_ex = connect_ex_and_tell  # type: ignore[method-assign, assignment]


class _Refusals:
    def __init__(self, granted: "list[str]", model: str, tell: Callable[[str], None]) -> None:
        self._granted = granted
        self._model = model
        self._tell = tell
        self._told: dict[str, float] = {}
        self._names: dict[str, str] = {}
        """Address → the name that was last resolved to it."""

    def remember(self, host: Any, addresses: "list[str]") -> None:
        """Note which name these addresses stand for."""
        if len(self._names) >= _MOST_TOLD:
            self._names.clear()
        self._names.update(dict.fromkeys(addresses, _text(host)))

    def explain(self, error: "OSError | None", host: Any, port: Any) -> None:
        """Add to an error what grants this place; a granted place has failed for other reasons."""
        host = self._names.get(_text(host), _text(host))
        host = f"[{host}]" if ":" in host else host
        place = f"{host.lower()}:{port}" if port else host.lower()
        if place in self._granted:
            return
        wildcard = next((grant for grant in self._granted if grant.startswith("*.") and place.endswith(grant[1:])), "")
        if wildcard:
            reason = f"{place} is granted by {wildcard} to programs that use the proxy in HTTPS_PROXY"
        else:
            reason = (
                f'{place} {NOT_GRANTED}: [network] allow = ["{place}"] in unshelf.toml grants it, '
                f"or `unshelf network {self._model} --allow {place}`"
            )
            self._tell_of(place)
        if error is not None and reason not in str(error.strerror):
            error.strerror = f"{error.strerror} ({reason})"

    def _tell_of(self, place: str) -> None:
        now = time.monotonic()
        if now - self._told.get(place, -_AGAIN_SECONDS) < _AGAIN_SECONDS:
            return
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told[place] = now
        self._tell(place)


def _text(host: Any) -> str:
    return host.decode("latin-1") if isinstance(host, bytes) else str(host)


def _is_internet(address: Any) -> bool:
    return isinstance(address, tuple) and len(address) >= _ADDRESS_PARTS
