"""Protocols: one file a wire format, each turning a body into checked inputs and an answer back into a body."""

from typing import Any, Protocol

from ..inputs.request_inputs import RequestInputs
from ..outputs import BatchOutputs


class WireProtocol(Protocol):
    """One of the ways in which callers write requests."""

    def read(self, body: bytes, header: int) -> tuple[RequestInputs, Any]:
        """The body's inputs, and what `write` needs to know about the request. Raises Refused (400, 415, 422)."""

    def write(self, prediction: BatchOutputs, start: int, stop: int, context: Any) -> tuple[bytes, int]:
        """The answer's payload for the request whose rows are `start` to `stop` of the batch, and the bytes of its JSON
        part when binary data follows it (else 0). Raises Refused (500) for an answer that can't be written."""
