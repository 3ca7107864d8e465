"""Server-sent events, as the WHATWG's HTML standard has them: lines `field: value`, and an empty line that ends an event."""

from collections.abc import Iterable, Iterator


def read_events(pieces: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the name and the data of each whole event in a stream that comes in pieces; comments and other fields are passed over."""
    name, data = "message", []
    for line in _lines(pieces):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode()
        elif field == b"data":
            data.append(value)
        elif not line:
            if data:
                yield name, b"\n".join(data)
            name, data = "message", []


def _lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the lines, without their ends. What follows the last line end is no line."""
    parts: list[bytes] = []
    for piece in pieces:
        first, *others = piece.split(b"\n")
        parts.append(first)
        for other in others:
            yield b"".join(parts).removesuffix(b"\r")
            parts = [other]
