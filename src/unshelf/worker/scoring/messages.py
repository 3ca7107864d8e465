"""Messages between the processes of a scoring: JSON, a line each, over pipes."""

import json
import os
from typing import Any


def send_message(descriptor: int, message: "dict[str, Any]") -> None:
    """Send a message. Raises BrokenPipeError."""
    data = json.dumps(message).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


def read_message(descriptor: int) -> "dict[str, Any] | None":
    """Wait for the next message; None: the other side has ended. One message is on its way at a time."""
    line = b""
    while not line.endswith(b"\n"):
        part = os.read(descriptor, 1 << 16)
        if not part:
            return None
        line += part
    message: dict[str, Any] = json.loads(line)
    return message


class Inbox:
    """Messages that come in pieces, of which several may be there at once."""

    def __init__(self) -> None:
        self._rest = b""

    def take(self, data: bytes) -> "list[dict[str, Any]]":
        """The messages that are complete with this data."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        return [json.loads(line) for line in lines]
