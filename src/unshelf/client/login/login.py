"""Logging in: with a password, or by a code that somebody types who is logged in elsewhere; either way a personal token is kept."""

import socket
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec

from unshelf.client.errors import Unreachable, from_problem, unreachable_hint
from unshelf.client.login.address import find_url, is_loopback
from unshelf.client.login.contexts import LoginContext, save_context

TOKEN_SECONDS = 90 * 86_400
"""How long the token is good for that logging in makes."""
ShowCode = Callable[[str, str], None]
"""Called with the address and the code that somebody types there."""


class Login(msgspec.Struct, frozen=True, kw_only=True):
    """A login that went well."""

    url: str
    user: str
    context: str
    kept_in: str
    """`keyring`, or the file that holds the token."""


def login(
    url: str | None = None,
    *,
    name: str | None = None,
    password: str | None = None,
    show_code: ShowCode | None = None,
    context: str | None = None,
) -> Login:
    """Log in, and keep a personal token for the server: commands and clients of this user find it from then on.

    With `name` and `password`; without them by a code, which `show_code` shows (it is printed unless given), and which somebody
    types who is logged in elsewhere. `context`: the name to keep the login under; unless given, the server's host.
    Raises Unauthenticated for a wrong name or password, TooManyRequests after too many of these, Unreachable."""
    found = find_url(url)
    with _client(found) as client:
        if name is not None and password is not None:
            token, user = _by_password(client, name, password)
        else:
            token, user = _by_code(client, show_code or _print_code)
    chosen = context or urlsplit(found).hostname or "server"
    kept_in = save_context(chosen, LoginContext(url=found, user=user, token=token))
    return Login(url=found, user=user, context=chosen, kept_in=kept_in)


def set_password(url: str, password: str) -> None:
    """Set the password of an account by the link of an invitation or a reset. Raises NotFound for a link that is no good any more."""
    address, _, secret = url.partition("#")
    parts = urlsplit(address)
    with _client(f"{parts.scheme}://{parts.netloc}" if parts.netloc else find_url()) as client:
        _send(client, "POST", "/api/v1/password/link", {"link": secret or url, "password": password})


def token_by_password(url: str, name: str, password: str, *, seconds: float) -> str:
    """Return a personal token that is good for so long, and keep it nowhere. Raises as `login`."""
    with _client(url) as client:
        return _by_password(client, name, password, seconds=seconds)[0]


def _by_password(client: httpx.Client, name: str, password: str, *, seconds: float = TOKEN_SECONDS) -> tuple[str, str]:
    session = _send(client, "POST", "/api/v1/session", {"name": name, "password": password})
    client.headers["X-Unshelf-CSRF"] = session["csrf_token"]  # the cookie is in the client already
    wanted = {"name": _device_name(), "expires_in_seconds": seconds}
    try:
        token = _send(client, "POST", "/api/v1/tokens", wanted)["token"]
    finally:
        _send(client, "DELETE", "/api/v1/session")
    return token, session["actor"]


def _by_code(client: httpx.Client, show_code: ShowCode) -> tuple[str, str]:
    begun = _send(client, "POST", "/api/v1/device/codes", {"name": _device_name()})
    show_code(begun["url"], begun["user_code"])
    while True:
        given = _send(client, "POST", "/api/v1/device/token", {"device_code": begun["device_code"]})["token"]
        if given is not None:
            break
        time.sleep(begun["interval_seconds"])
    client.headers["Authorization"] = f"Bearer {given['token']}"
    return given["token"], _send(client, "GET", "/api/v1/whoami")["name"]


def _client(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, timeout=60, trust_env=not is_loopback(url), verify=url.startswith("https:"))


def _send(client: httpx.Client, method: str, path: str, body: Any = None) -> Any:
    try:
        answer = client.request(method, path, json=body)
    except httpx.TransportError as error:
        raise Unreachable(
            f"No server answers at {client.base_url}: {error}.",
            hint=unreachable_hint(error, "Is the address right, and the server up?"),
        ) from error
    if answer.is_error:
        raise from_problem(answer.status_code, _problem(answer))
    return answer.json() if answer.content else None


def _problem(answer: httpx.Response) -> dict[str, Any]:
    try:
        return dict(answer.json())
    except ValueError:  # no server of ours
        return {}


def _device_name() -> str:
    return f"unshelf on {socket.gethostname()}"[:100]


def _print_code(url: str, code: str) -> None:
    print(f"Open {url} where you are logged in, or run `unshelf tokens approve {code}` there. The code: {code}")  # noqa: T201
