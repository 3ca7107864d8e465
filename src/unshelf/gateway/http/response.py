"""An answer as a value: sent to an HTTP caller, kept for a deferred one, or given back inside the platform."""

import msgspec


class Response(msgspec.Struct, frozen=True):
    """Status, headers (names in lower case, without those that frame the body) and body of an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
