"""The head of the event log, as it is exported, signed and held against the log later."""

import msgspec


class AuditHead(msgspec.Struct, frozen=True, kw_only=True):
    """The last event of the log at a moment. Kept elsewhere, it proves later that everything up to it is unchanged and still there."""

    sequence: int
    """The last event's place in the chain; 0: the log is empty."""
    hash: str
    """The last event's hash, which follows from all events up to it."""
    time: str
    """The moment of the export, in ISO 8601 and UTC."""
    key: str = ""
    """The public key that the signature is good for: its 32 bytes in base64. Empty: the head is not signed."""
    signature: str = ""
    """The Ed25519 signature of `signed_text`, in base64. Empty: the head is not signed."""


def signed_text(head: AuditHead) -> bytes:
    """The bytes that an operator's key signs."""
    return f"unshelf audit head 1\n{head.sequence}\n{head.hash}\n{head.time}\n".encode()
