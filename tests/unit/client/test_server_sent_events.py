"""Server-sent events are read by the standard."""

import pytest

from unshelf.client.server_sent_events import read_events


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_are_read_by_the_standard_however_they_are_cut(size: int) -> None:
    text = (
        ": a comment\r\n\r\nevent: output\r\ndata: 1\r\n\r\nid: 7\nretry: 10\ndata:two\ndata\ndata: lines \n\n"
        "event: empty\n\nevent: done\ndata: é\u2028x\n\ndata: cut short\n"
    ).encode()
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    assert list(read_events(pieces)) == [
        ("output", b"1"),
        ("message", b"two\n\nlines "),
        ("done", "é\u2028x".encode()),
    ]
