"""Files of exported heads of the event log: a JSON value, or one a line."""

from importlib.util import find_spec
from pathlib import Path

import msgspec

from unshelf.cli.lazy import load
from unshelf.client.errors import UnshelfError
from unshelf.contracts.protocols.audit import AuditHead


def head_line(head: AuditHead) -> bytes:
    """The head as a line of such a file."""
    return msgspec.json.encode(head) + b"\n"


def read_head(path: Path | None, key: Path | None) -> AuditHead | None:
    """Return the last of a file's heads, whose signature `key` must verify; None for no file. Raises UnshelfError."""
    if path is None:
        if key is not None:
            raise UnshelfError("A key verifies a head.", code="usage", hint="Give the exported head: --head FILE.")
        return None
    try:
        heads = [msgspec.json.decode(line, type=AuditHead) for line in path.read_bytes().splitlines() if line.strip()]
        last = max(heads, key=lambda head: head.sequence)
    except (OSError, ValueError, msgspec.MsgspecError) as error:
        raise UnshelfError(
            f"{path} holds no heads: {error}", code="bad_head", hint="`unshelf audit head -o FILE` writes one."
        ) from None
    if key is not None:
        if find_spec("cryptography") is None:
            raise UnshelfError(
                "Signatures are verified with the package `cryptography`, which is not installed here.",
                code="extra_missing",
                hint="Run `pip install cryptography`.",
            )
        load("unshelf.client.manage.head_signatures:require_signature")(last, key)
    return last
