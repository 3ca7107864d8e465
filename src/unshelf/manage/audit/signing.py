"""Signing heads of the event log with an operator's key."""

import base64
from pathlib import Path

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from unshelf.contracts.protocols.audit import AuditHead, signed_text


class BadSigningKey(ValueError):
    """A file holds no private key that heads can be signed with."""


class HeadSigner:
    """Signs with the key of a file, which is read once."""

    def __init__(self, path: Path) -> None:
        """Raises BadSigningKey."""
        self._key = read_signing_key(path)

    def signed(self, head: AuditHead) -> AuditHead:
        """The head with a signature, and with the key to verify it by."""
        public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return msgspec.structs.replace(
            head,
            key=base64.b64encode(public).decode(),
            signature=base64.b64encode(self._key.sign(signed_text(head))).decode(),
        )


def read_signing_key(path: Path) -> Ed25519PrivateKey:
    """Read an Ed25519 private key in PEM, without a password. Raises BadSigningKey."""
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise BadSigningKey(f"{path} can't be read as a private key in PEM without a password: {error}") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadSigningKey(f"{path} holds no Ed25519 key; make one: openssl genpkey -algorithm ed25519")
    return key
