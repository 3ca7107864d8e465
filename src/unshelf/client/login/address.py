"""Address and token of the server: from arguments, the environment, or the home folder of the server that runs on this machine."""

import fcntl
import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from unshelf.client.errors import Unauthenticated, UnshelfError
from unshelf.client.login.contexts import current_context, token_for
from unshelf.contracts.home import HOME_VARIABLE, Home, home_folder

DEFAULT_URL = "http://127.0.0.1:8000"
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def find_url(url: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Return the server's address without a final slash.

    `url`, else UNSHELF_URL, else the address of the server that runs on the folder that UNSHELF_HOME names, else that of the server
    that somebody has logged in to, else that of the server that runs on ~/.unshelf, else http://127.0.0.1:8000.
    `localhost` becomes the numeric address of that server when the port is its own: a name may lead elsewhere.
    Raises UnshelfError for anything but an http address."""
    running = running_url(Home(home_folder(environment)))
    found = (url or environment.get("UNSHELF_URL") or _usual_url(running, environment)).rstrip("/")
    parts = urlsplit(found)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnshelfError(
            f"{found!r} is no address of a server.",
            hint="Give one like http://127.0.0.1:8000, in UNSHELF_URL.",
            code="invalid_url",
        )
    if running and parts.hostname == "localhost" and _origin(found)[2] == _origin(running)[2] and not parts.path:
        return running
    return found


def _usual_url(running: str | None, environment: Mapping[str, str]) -> str:
    if running and environment.get(HOME_VARIABLE):
        return running
    context = current_context(environment)
    return context.url if context is not None else running or DEFAULT_URL


def is_loopback(url: str) -> bool:
    """Return whether `url` names this very machine."""
    return (urlsplit(url).hostname or "") in _LOOPBACK


def running_url(home: Home) -> str | None:
    """Return the address that the server of `home` listens on; None while none runs there.

    The server holds a lock on its home folder for as long as it owns the listening socket. A file without that lock was
    left by a server that was killed, and its port may be anyone's by now."""
    try:
        address = home.address.read_text(encoding="ascii").strip()
        lock = os.open(home.lock, os.O_RDONLY | os.O_CLOEXEC)
    except (OSError, UnicodeDecodeError):
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return address or None
    except OSError:
        return None  # a file system without locks: nothing proves that the address is still the server's
    finally:
        os.close(lock)
    return None


def find_token(url: str, token: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """Return `token`, else UNSHELF_TOKEN, else the token that logging in to `url` has kept, else the administrator's token of the home
    folder on this machine.

    The file is used only for the address that the home folder's own server listens on: another program that has taken a port
    of this machine never receives it. Raises Unauthenticated when there is no token for `url`."""
    found = token or environment.get("UNSHELF_TOKEN")
    if found:
        return found.strip()
    kept = token_for(url, environment)
    if kept:
        return kept
    home = Home(home_folder(environment))
    if not is_loopback(url):
        raise Unauthenticated(
            f"No token for {url}.",
            hint=f"Log in (`unshelf login {url}`), or set UNSHELF_TOKEN to a key of that server.",
        )
    running = running_url(home)
    if running is None or _origin(url) != _origin(running):
        where = f"its server listens on {running}" if running else "no server runs on it"
        raise Unauthenticated(
            f"No token for {url}: UNSHELF_TOKEN is not set, and the token of {home.folder} is for its own server only ({where}).",
            hint="Start a server with `unshelf up`, name its home folder in UNSHELF_HOME, or set UNSHELF_TOKEN.",
        )
    path = home.admin_token
    try:
        return path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise Unauthenticated(
            f"The token file {path} can't be read: {error}.", hint="Set UNSHELF_TOKEN instead."
        ) from error


def _origin(url: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
