"""The installation's keys in a backup: sealed with a passphrase, so that who finds the backup can open no secret."""

import hashlib
import secrets
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from unshelf.contracts.errors import UnshelfError
from unshelf.contracts.home import Home
from unshelf.manage.backups.store.manifest import KeyState
from unshelf.runtime.durable import replace_file

_SALT_BYTES = 16
_NONCE_BYTES = 12
_COST = 2**15
_MEMORY_BYTES = 64 << 20
_ABOUT = b"unshelf backup keys"


class WrongPassphrase(UnshelfError):
    """The passphrase does not open the keys of a backup, or there is none."""

    code = "wrong_passphrase"


def key_state(choice: KeyState, passphrase: str) -> KeyState:
    """Return how keys are kept. Raises WrongPassphrase where they should be sealed and there is no passphrase."""
    if choice == "sealed" and not passphrase:
        raise WrongPassphrase(
            "A backup holds the keys of this installation's secrets, and no passphrase is given to seal them with.",
            hint="Set UNSHELF_BACKUP_PASSPHRASE, or choose `without` (secrets must then be set again after a restore) or `plain` "
            "(readers of the backup can then open all secrets).",
        )
    return choice


def pack_keys(home: Home, state: KeyState, passphrase: str) -> bytes | None:
    """Return the key files of a home folder as they go into a backup; None: they stay out."""
    if state == "without":
        return None
    found = {path.name: path.read_text() for path in (home.secrets_key, home.admin_token) if path.is_file()}
    plain = msgspec.json.encode(found)
    if state == "plain":
        return plain
    salt, nonce = secrets.token_bytes(_SALT_BYTES), secrets.token_bytes(_NONCE_BYTES)
    return salt + nonce + AESGCM(_key(passphrase, salt)).encrypt(nonce, plain, _ABOUT)


def unpack_keys(home: Home, content: bytes, state: KeyState, passphrase: str) -> None:
    """Write the key files into a home folder, for its owner alone. Raises WrongPassphrase."""
    for name, text in opened_keys(content, state, passphrase).items():
        if name in (home.secrets_key.name, home.admin_token.name):
            replace_file(home.folder / Path(name).name, text.encode())


def opened_keys(content: bytes, state: KeyState, passphrase: str) -> dict[str, str]:
    """Return the key files by name. Raises WrongPassphrase."""
    plain = content if state == "plain" else _opened(content, passphrase)
    return msgspec.json.decode(plain, type=dict[str, str])


def _opened(content: bytes, passphrase: str) -> bytes:
    if not passphrase:
        raise WrongPassphrase(
            "The keys in this backup are sealed, and no passphrase is given.",
            hint="Set UNSHELF_BACKUP_PASSPHRASE, or restore without them: --key without.",
        )
    salt, rest = content[:_SALT_BYTES], content[_SALT_BYTES:]
    nonce, sealed = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
    try:
        return AESGCM(_key(passphrase, salt)).decrypt(nonce, sealed, _ABOUT)
    except (InvalidTag, ValueError):
        raise WrongPassphrase(
            "The passphrase is not the one that this backup's keys were sealed with.",
            hint="Set UNSHELF_BACKUP_PASSPHRASE as it was then, or restore without the keys: --key without.",
        ) from None


def _key(passphrase: str, salt: bytes) -> bytes:
    return hashlib.scrypt(passphrase.encode(), salt=salt, n=_COST, r=8, p=1, maxmem=_MEMORY_BYTES, dklen=32)
