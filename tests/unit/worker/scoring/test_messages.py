"""Messages come whole, however they are cut on their way."""

import os

from unshelf.worker.scoring.messages import Inbox, read_message, send_message


def test_a_message_is_read_as_it_was_sent_and_the_end_is_none() -> None:
    reading, writing = os.pipe()
    send_message(writing, {"chunk": 3, "text": "ä\n" * 1000})
    os.close(writing)
    assert read_message(reading) == {"chunk": 3, "text": "ä\n" * 1000}
    assert read_message(reading) is None
    os.close(reading)


def test_an_inbox_waits_for_the_rest_of_a_message() -> None:
    inbox = Inbox()
    assert inbox.take(b'{"a":1}\n{"b"') == [{"a": 1}]
    assert inbox.take(b":2}\n") == [{"b": 2}]
