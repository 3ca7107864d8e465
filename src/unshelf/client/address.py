"""Where the server is and which token opens it: from arguments, the environment, or the home folder on this machine."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from unshelf.client.errors import Unauthenticated, UnshelfError

DEFAULT_URL = "http://127.0.0.1:8000"
TOKEN_FILE = "admin-token"  # noqa: S105 - the name of a file
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def find_url(url: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """The server's address without a final slash: `url`, else UNSHELF_URL, else http://127.0.0.1:8000."""
    found = (url or environment.get("UNSHELF_URL") or DEFAULT_URL).rstrip("/")
    parts = urlsplit(found)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UnshelfError(
            f"{found!r} is no address of a server.",
            hint="Give one like http://127.0.0.1:8000, in UNSHELF_URL.",
            code="invalid_url",
        )
    return found


def is_loopback(url: str) -> bool:
    """Whether `url` names this very machine."""
    return (urlsplit(url).hostname or "") in _LOOPBACK


def home_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """UNSHELF_HOME, else ~/.unshelf."""
    return Path(environment.get("UNSHELF_HOME") or "~/.unshelf").expanduser()


def find_token(url: str, token: str | None = None, environment: Mapping[str, str] = os.environ) -> str:
    """`token`, else UNSHELF_TOKEN, else the administrator's token of the home folder on this machine.

    The file is used for a server on this machine only: a token of ours is never sent to a stranger's address.
    Raises Unauthenticated when there is none."""
    found = token or environment.get("UNSHELF_TOKEN")
    if found:
        return found.strip()
    path = home_folder(environment) / TOKEN_FILE
    if not is_loopback(url):
        raise Unauthenticated(
            f"No token for {url}.", hint="Set UNSHELF_TOKEN to a key made with `unshelf keys create` on that server."
        )
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise Unauthenticated(
            f"No token: UNSHELF_TOKEN is not set and {path} is not there.",
            hint="Start a server with `unshelf up` (it writes that file), or set UNSHELF_TOKEN or UNSHELF_HOME.",
        ) from None
    except OSError as error:
        raise Unauthenticated(f"The token file can't be read: {error}.", hint="Set UNSHELF_TOKEN instead.") from error
