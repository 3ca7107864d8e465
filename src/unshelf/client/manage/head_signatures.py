"""Verification of signed heads of the event log. Needs the package `cryptography`: import it by name."""

import base64
import binascii
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from unshelf.client.errors import UnshelfError
from unshelf.contracts.protocols.audit import AuditHead, signed_text


def require_signature(head: AuditHead, key_file: Path) -> None:
    """Raise UnshelfError unless the key of the file (PEM) signed the head."""
    key = _read(key_file)
    if not head.signature:
        raise UnshelfError(
            "The head is not signed.",
            code="bad_signature",
            hint="UNSHELF_AUDIT_KEY has the server sign heads; take another head, or leave out --key.",
        )
    try:
        key.verify(base64.b64decode(head.signature, validate=True), signed_text(head))
    except (InvalidSignature, binascii.Error, ValueError):
        raise UnshelfError(
            f"The head of event {head.sequence} was not signed with the key in {key_file}, or it was changed since.",
            code="bad_signature",
            hint="Ask the operator for the public key, and for the head as it was exported.",
        ) from None


def _read(path: Path) -> Ed25519PublicKey:
    try:
        key = load_pem_public_key(path.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm) as error:
        raise UnshelfError(f"The file {path} can't be read as a public key in PEM: {error}", code="bad_key") from None
    if not isinstance(key, Ed25519PublicKey):
        raise UnshelfError(
            f"The file {path} holds no Ed25519 key.",
            code="bad_key",
            hint="The command `openssl pkey -in PRIVATE -pubout` writes the public one.",
        )
    return key
