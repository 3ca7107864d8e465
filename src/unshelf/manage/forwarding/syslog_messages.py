"""Events as messages of RFC 5424, whose text is JSON in ASCII."""

import json
import re
from datetime import UTC

from unshelf.foundation.events.event import LoggedEvent
from unshelf.foundation.events.stream import plain_event

MOST_DATAGRAM_BYTES = 8192
"""The longest message in one datagram: what RFC 5424 asks receivers to take."""
MOST_BYTES = 65_536
"""The longest message on a stream."""
_LOG_AUDIT = 13 << 3
_NOTICE = 5
_INFORMATIONAL = 6
_NOT_PRINTABLE = re.compile(r"[^!-~]")
_MOST_HOST = 255
_MOST_ID = 32


def message_of(event: LoggedEvent, host: str, *, most_bytes: int = MOST_BYTES) -> bytes:
    """Return an event as a message. One that is too long goes without its values; its hash says which event it is."""
    verb = event.action.rpartition(".")[2]
    severity = _NOTICE if verb in ("refused", "failed", "limited") else _INFORMATIONAL
    time = event.time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    head = f"<{_LOG_AUDIT | severity}>1 {time} {_word(host, _MOST_HOST)} unshelf - {_word(event.action, _MOST_ID)} - ".encode()
    facts = {name: value for name, value in plain_event(event).items() if name != "detail"}
    facts["time"] = event.time.isoformat()
    message = head + _encoded(facts)
    if len(message) > most_bytes:
        message = head + _encoded({**facts, "before": None, "after": None, "reason": event.reason[:500], "cut": True})
    return message


def _encoded(facts: dict[str, object]) -> bytes:
    return json.dumps(facts, separators=(",", ":")).encode()


def _word(text: str, most: int) -> str:
    return _NOT_PRINTABLE.sub("_", text)[:most] or "-"
