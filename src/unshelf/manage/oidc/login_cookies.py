"""The cookie of a login that has begun: sealed, for one browser, so that nothing is stored until somebody comes back."""

import base64
import hashlib
import re
import secrets

import msgspec

from unshelf.contracts.errors import InvalidInput
from unshelf.runtime.sealing import SealBroken, Sealed, Sealer

LOGIN_SECONDS = 600.0
"""How long somebody has to log in at the provider."""
_ABOUT = "oidc-login"
_MOST_CHARACTERS = 1000
_LOCAL_PATH = re.compile(r"/(?![/\\])[!-\[\]-~]*")
"""A path on this server, in characters that no browser takes for something else: no host, no backslash, no control character."""


class LoginUnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """A login that has begun."""

    state: str
    nonce: str
    verifier: str
    """The secret of PKCE, of which the provider got the SHA-256."""
    return_to: str
    """The path on this server to go to in the end."""
    expires: float
    """Seconds since 1970."""


def begin_login(return_to: str, *, at: float) -> LoginUnderWay:
    """Make the secrets of a login. Raises InvalidInput for anything but a path on this server."""
    if _LOCAL_PATH.fullmatch(return_to) is None or len(return_to) > _MOST_CHARACTERS:
        raise InvalidInput(
            "The parameter return_to is no path on this server.",
            hint="It begins with one slash, such as /models?stage=live.",
        )
    return LoginUnderWay(
        state=secrets.token_urlsafe(32), nonce=secrets.token_urlsafe(32), verifier=secrets.token_urlsafe(48),
        return_to=return_to, expires=at + LOGIN_SECONDS,
    )  # fmt: skip


def challenge_of(verifier: str) -> str:
    """Return the challenge that goes with the verifier of a login, by S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def cookie_name(state: str) -> str:
    """Return the name of the cookie of a login: each has its own, so that two tabs don't disturb one another."""
    return f"unshelf_login_{hashlib.sha256(state.encode(errors='replace')).hexdigest()[:16]}"


def seal_login(login: LoginUnderWay, sealer: Sealer) -> str:
    """Return the cookie's value."""
    sealed = sealer.seal(msgspec.json.encode(login), about=_ABOUT)
    return f"{sealed.key_id}.{base64.urlsafe_b64encode(sealed.content).rstrip(b'=').decode()}"


def open_login(cookie: str, state: str, sealer: Sealer, *, at: float) -> LoginUnderWay | None:
    """Return the login of a cookie; None unless this server made it, for this state, and it has not expired."""
    key_id, _, text = cookie.partition(".")
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        login = msgspec.json.decode(
            sealer.open(Sealed(key_id=key_id, content=content), about=_ABOUT), type=LoginUnderWay
        )
    except (SealBroken, ValueError, OSError, msgspec.DecodeError):
        return None
    is_its = secrets.compare_digest(login.state.encode(), state.encode(errors="replace"))
    return login if is_its and login.expires > at else None
