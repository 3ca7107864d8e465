"""Sealing: values encrypted with a key of the home folder, so that a copy of the database, or of a cache, tells nothing.

The key file has a key a line: its id, a space, 256 bits in URL-safe base64. The first one seals; the others still open what was
sealed with them. It is made at the first use, mode 0600. Without it, what was sealed is lost."""

import base64
import contextlib
import hmac
import os
import secrets
import tempfile
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12


class SealBroken(Exception):
    """A value can't be opened: its key is gone, or it is not what was sealed. The message never has the value."""


class BadKeyFile(SealBroken):
    """The key file holds something else than keys."""


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A value that only holders of the key can read."""

    key_id: str
    """The key that it was sealed with."""
    content: bytes


class Sealer:
    """Seals and opens values with the keys of a file, which is read at each use: a key may be added while processes run."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def seal(self, value: bytes, *, about: str) -> Sealed:
        """Encrypt a value. `about` names what it belongs to, and has to be said again to open it. Raises BadKeyFile, OSError."""
        if not self.path.exists():
            self._make()
        key_id, key = next(iter(self._keys().items()))
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return Sealed(key_id=key_id, content=nonce + AESGCM(key).encrypt(nonce, value, about.encode()))

    def open(self, sealed: Sealed, *, about: str) -> bytes:
        """Decrypt a value. Raises SealBroken."""
        key = self._keys().get(sealed.key_id)
        if key is None:
            raise SealBroken(f"the key {sealed.key_id} is not in {self.path}")
        nonce, content = sealed.content[:_NONCE_BYTES], sealed.content[_NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, content, about.encode())
        except (InvalidTag, ValueError) as error:
            raise SealBroken("it is not what was sealed") from error

    def fingerprint(self, value: bytes, *, about: str) -> str:
        """Return a keyed hash of a value, by which a change is noticed and nothing else is learned. Raises BadKeyFile, OSError."""
        if not self.path.exists():
            self._make()
        key = next(iter(self._keys().values()))
        return hmac.digest(key, about.encode() + b"\0" + value, "sha256").hex()

    def key_ids(self) -> list[str]:
        """List the ids of the keys, the one that seals first; empty: no key was ever needed, or they are gone. Raises BadKeyFile."""
        return list(self._keys())

    def _keys(self) -> dict[str, bytes]:
        try:
            lines = self.path.read_text().splitlines()
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise BadKeyFile(f"{self.path} can't be read: {error}") from error
        found: dict[str, bytes] = {}
        for line in filter(None, map(str.strip, lines)):
            key_id, _, text = line.partition(" ")
            try:
                key = base64.b64decode(text, altchars=b"-_", validate=True)
            except ValueError:
                key = b""
            if len(key) != _KEY_BYTES or key_id in found:
                raise BadKeyFile(f"{self.path} must hold a key a line, an id and 32 bytes in base64")
            found[key_id] = key
        if not found:
            raise BadKeyFile(f"{self.path} is empty: bring it back from a backup, or delete it")
        with contextlib.suppress(OSError):
            self.path.chmod(0o600)
        return found

    def _make(self) -> None:
        """Make the file with a first key; of several processes that do so at once, one wins."""
        key = base64.urlsafe_b64encode(secrets.token_bytes(_KEY_BYTES)).decode()
        descriptor, name = tempfile.mkstemp(dir=self.path.parent, prefix=f".{self.path.name}-")
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(f"{secrets.token_hex(4)} {key}\n")
                file.flush()
                os.fsync(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(name, self.path)
        finally:
            Path(name).unlink()
