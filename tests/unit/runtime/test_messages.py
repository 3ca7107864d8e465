"""Framed messages: whole on both kinds of sockets, however they are cut, and never larger than allowed."""

import asyncio
import socket
import struct
from collections.abc import Iterator

import msgspec
import pytest

from unshelf.contracts.protocols.host import Ack, Describe, ToHost, Wake
from unshelf.runtime.messages import MAX_MESSAGE_BYTES, MessageReader, MessageTooLarge, frame_message

_reader: MessageReader[ToHost] = MessageReader(ToHost)
WAKE = Wake(id=7, model="iris", version=3)
DESCRIBE = Describe(id=8)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.settimeout(60)
        yield ours, theirs


def read(data: bytes) -> list[ToHost]:
    async def go() -> list[ToHost]:
        stream = asyncio.StreamReader()
        stream.feed_data(data)
        stream.feed_eof()
        found = []
        while not stream.at_eof():
            found.append(await _reader.read(stream))
        return found

    return asyncio.run(go())


def test_a_frame_is_a_little_endian_length_and_messagepack() -> None:
    payload = msgspec.msgpack.encode(WAKE)
    assert frame_message(WAKE) == struct.pack("<I", len(payload)) + payload


def test_messages_arrive_in_order_on_a_stream() -> None:
    assert read(frame_message(WAKE) + frame_message(DESCRIBE)) == [WAKE, DESCRIBE]


def test_messages_arrive_in_order_on_a_socket(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    theirs.sendall(frame_message(WAKE) + frame_message(DESCRIBE))
    assert [_reader.receive(ours), _reader.receive(ours)] == [WAKE, DESCRIBE]


@pytest.mark.parametrize("sent", [0, 2, 4, 9])
def test_the_end_of_the_sender_is_an_end_of_file(pair: tuple[socket.socket, socket.socket], sent: int) -> None:
    ours, theirs = pair
    theirs.sendall(frame_message(WAKE)[:sent])
    theirs.close()
    with pytest.raises(EOFError):
        _reader.receive(ours)
    if sent:
        with pytest.raises(EOFError):
            read(frame_message(WAKE)[:sent])


def test_a_frame_that_is_too_large_is_refused_before_it_is_read(pair: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = pair
    head = struct.pack("<I", MAX_MESSAGE_BYTES + 1)
    theirs.sendall(head)
    with pytest.raises(MessageTooLarge, match=str(MAX_MESSAGE_BYTES + 1)):
        _reader.receive(ours)
    with pytest.raises(MessageTooLarge):
        read(head)


def test_a_message_of_another_shape_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        read(frame_message(Ack(id=1)))
