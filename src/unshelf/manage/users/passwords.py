"""Passwords: the rules for new ones, and their argon2 hashes."""

import secrets
import threading
import unicodedata

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

from unshelf.contracts.errors import InvalidInput

LEAST_CHARACTERS = 12
MOST_CHARACTERS = 1024
_AT_ONCE = 2
"""Hashes computed at a time: each takes 64 MiB."""


def check_password(password: str, *, name: str, email: str = "") -> None:
    """Raise InvalidInput for a password that is too easy to guess, or too long."""
    if len(password) < LEAST_CHARACTERS:
        raise InvalidInput(
            f"A password has at least {LEAST_CHARACTERS} characters.", hint="A few words in a row are easy to remember."
        )
    if len(password) > MOST_CHARACTERS:
        raise InvalidInput(f"A password has at most {MOST_CHARACTERS} characters.")
    if password.casefold() in (name.casefold(), email.casefold()):
        raise InvalidInput("The login name and the e-mail address are no passwords.")
    if len(set(password)) < 4:
        raise InvalidInput("A password has at least four different characters.")


class Passwords:
    """Hashes and verifies passwords. Each takes some 50 ms of a core, which is what keeps stolen hashes from being guessed."""

    def __init__(self) -> None:
        self._hash = PasswordHash((Argon2Hasher(),))
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._nobodys = ""

    def hash(self, password: str) -> str:
        """Return the hash of a password, with its salt and parameters."""
        with self._turns:
            return self._hash.hash(_normal(password))

    def verify(self, password: str, hashed: str | None) -> bool:
        """Whether a password has this hash. Without one it takes as long, so that nobody learns from the time which names there are."""
        with self._turns:
            try:
                is_right = self._hash.verify(_normal(password), self._nobody() if hashed is None else hashed)
            except UnknownHashError:
                return False
        return is_right and hashed is not None

    def _nobody(self) -> str:
        """The hash of a password that nobody knows."""
        with self._lock:
            if not self._nobodys:
                self._nobodys = self._hash.hash(secrets.token_urlsafe(32))
            return self._nobodys


def _normal(password: str) -> str:
    """The password in one form, whichever way a keyboard composes its accents; cut where no password is that long."""
    return unicodedata.normalize("NFC", password[: MOST_CHARACTERS + 1])
