"""Code in a git repository: the address, what is wanted of it, and the commit that it was found to be."""

import re
from urllib.parse import urlsplit

import msgspec

from unshelf.contracts.errors import InvalidInput
from unshelf.contracts.network.grants import address_of, host_of, place_of, read_grant

_PORTS = {"http": 80, "https": 443}
_REF = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./+@#=-]{0,249}")
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_MOST_CHARACTERS = 1000


class GitSource(msgspec.Struct, frozen=True, kw_only=True):
    """A place in a git repository."""

    url: str
    """`https://…` or `http://…`, without credentials."""
    ref: str = ""
    """A branch, a tag or a commit; empty: the default branch."""
    folder: str = ""
    """The folder in it that the program is started in; empty: all of it."""
    secret: str = ""
    """The project's secret with a token, or USER:PASSWORD, for the repository; empty: it is public."""
    commit: str = ""
    """The commit that the ref was found to be; empty: it was not looked for yet."""
    notes: list[str] = []
    """Sentences on what of the commit was left out."""


def check_git(source: GitSource) -> None:
    """Raise InvalidInput for what is no place in a repository, or would send a credential in the clear."""
    url = source.url
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname or ""
        host_of(f"[{host}]" if ":" in host else host)
    except ValueError:
        raise InvalidInput(
            f"{url[:120]!a} is no address of a repository.", hint="Write https://HOST/PATH.git."
        ) from None
    if (
        parts.scheme not in _PORTS
        or len(url) > _MOST_CHARACTERS
        or not url.isascii()
        or re.search(r"[\s\x00-\x1f]", url)
    ):
        raise InvalidInput(
            f"{url[:120]!a} can't be fetched from.",
            hint="Write https://HOST/PATH.git; ssh, files of this machine and other protocols are not taken.",
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise InvalidInput(
            "The address of a repository has no credentials, query or fragment.",
            hint="Keep a token as a secret of the project, and name that: --git-secret NAME.",
        )
    if source.secret and parts.scheme == "http" and not _is_own(host):
        raise InvalidInput("A secret is not sent in the clear.", hint="Use the https:// address of the repository.")
    if port == 0:
        raise InvalidInput(f"{url[:120]!a} has no port that can be spoken to.")
    if source.ref and _REF.fullmatch(source.ref) is None:
        raise InvalidInput(f"{source.ref[:80]!a} is no branch, tag or commit.")
    if source.folder and not _is_folder(source.folder):
        raise InvalidInput(f"{source.folder[:80]!a} is no folder in a repository.", hint="Write it as PATH/TO/FOLDER.")


def place_in(source: GitSource) -> str:
    """Return the place that has to be granted for it, `HOST:PORT`. Raises InvalidInput."""
    parts = urlsplit(source.url)
    return str(read_grant(place_of(parts.hostname or "", parts.port or _PORTS[parts.scheme])))


def is_commit(ref: str) -> bool:
    """Whether a ref is the whole name of a commit, which means the same for ever."""
    return _COMMIT.fullmatch(ref) is not None


def _is_own(host: str) -> bool:
    """Whether a host is this machine, where nothing is in the clear for others."""
    address = address_of(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _is_folder(text: str) -> bool:
    return len(text) <= _MOST_CHARACTERS and all(
        part not in ("", ".", "..") and not re.search(r"[\\\x00-\x1f]", part) for part in text.split("/")
    )
