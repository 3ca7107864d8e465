"""The private door of a gateway: control asks for predictions over a unix socket in the run folder that only our user may open.

Frames of `runtime.messages`: a DoorRequest, then its DoorOutcome; a connection carries one request after another. Who comes
through the door was authorized by control; the gateway records `actor` in place of an API key and holds nobody to limits."""

from typing import Literal

import msgspec

from unshelf.contracts.records import InternalPurpose

_DOOR_PREFIX, _DOOR_SUFFIX = "door-", ".sock"
DOOR_SOCKETS = f"{_DOOR_PREFIX}*{_DOOR_SUFFIX}"
"""A pattern of the doors' file names in the run folder: each gateway has one."""


def door_socket(gateway: int) -> str:
    """The file name of a gateway's door."""
    return f"{_DOOR_PREFIX}{gateway}{_DOOR_SUFFIX}"


class DoorRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A prediction that the platform itself asks for."""

    actor: str
    """The API key's id or the actor's label on whose behalf it is asked for: the `key` of its record."""
    reference: str
    purpose: InternalPurpose
    protocol: Literal["native", "mlflow", "v2", "arrow"] = "native"
    content_type: str = "application/json"
    body: bytes
    json_length: int = 0
    """v2 with binary tensors: the length of the JSON part of the body."""
    arrow_answer: bool = False
    """arrow: whether the answer is wanted as an Arrow stream too."""
    timeout: float | None = None
    """Seconds; None: the version's own."""
    traceparent: str = ""
    params: bytes = b""
    """The JSON of parameters that go beside the body."""


class DoorOutcome(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The recorded outcome, and the answer that a caller would have got."""

    id: str
    model: str = ""
    version: int = 0
    """0: refused before a version was chosen."""
    status: int
    code: str = ""
    """The problem's code; empty for 200."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
